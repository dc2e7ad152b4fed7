"""Cases about where rows lie and which windows are due: logs, windows, profiles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from tests.corpus.behaviour.cases.catalog import Case, Pair
from tests.corpus.behaviour.cases.columns import pair
from tests.corpus.behaviour.cases.rules import labeled, several
from tests.corpus.behaviour.cases.tables import (
    DAY,
    START,
    backed,
    logged,
    made,
    table,
)

PLACES = ("file", "folders", "hive", "delta", "duckdb")


def days(count: int, turn: int, each: int = 300) -> Pair:
    """Return a log of several days, of which those from `turn` on are moved."""
    before, _ = pair("normal", 0.0, 400)
    sides = [
        backed(410 + day, each, x=made("normal", 430 + day, each, float(day >= turn)))
        for day in range(count)
    ]
    return before, logged(pa.concat_tables(sides), float(count))


def windows() -> Iterator[Case]:
    """Counting windows, interim ones, lags, and what was judged before."""
    for count in (1, 2, 3, 5, 10):
        name, data = f"windows: the last {count}", partial(days, 6, 3)
        yield Case(name, data, {"count": count}, days=6.0)
    for moment in (0.0, 0.5, 1.0, 1.5, 3.25, 6.0, 9.0):
        data = partial(days, 6, 3)
        asked: dict[str, Any] = {"count": 3, "interim": True}
        yield Case(f"windows: interim, day {moment:g}", data, asked, days=moment)
    for through in (1, 3, 4, 6):
        asked = {"count": 5, "through": (START + through * DAY).isoformat()}
        name = f"windows: judged through day {through}"
        yield Case(name, partial(days, 6, 3), asked, days=6.0)
    for lag in (1, 300, 86400):
        asked = {"count": 3, "lag": lag, "interim": True}
        yield Case(f"windows: {lag} s late", partial(days, 6, 3), asked, days=4.0)
    for length in (3600, 21600, 172800):
        asked = {"count": 4, "window": length, "interim": True, "minimum": 50}
        yield Case(f"windows: of {length} s", partial(days, 6, 3), asked, days=6.0)

    def gap() -> Pair:
        before, rows = days(6, 3)
        return before, pa.concat_tables([rows.slice(0, 600), rows.slice(1200)])

    for place in PLACES:
        yield Case("windows: a gap", gap, {"count": 6}, place, 6.0).on(place)


def logs() -> Iterator[Case]:
    """The same rows from wherever they lie give the same verdict."""
    for place in PLACES:
        for turn in (1, 9):
            data = partial(days, 3, turn)
            yield Case(f"logs: turned at {turn}", data, {}, place, 3.0).on(place)
    yield Case("logs: an empty folder", partial(days, 1, 0), {}, "none")
    gone = {"uri": "<dir>/nowhere"}
    yield Case("logs: no such folder", partial(days, 1, 0), gone)
    yield Case("logs: no such database", partial(days, 1, 0), gone, "duckdb")
    yield Case("logs: no such table", partial(days, 1, 0), {"table": "t"}, "duckdb")
    yield Case("logs: no such schema", partial(days, 1, 0), {"schema": "s"}, "duckdb")
    wrong = {"uri": "<dir>/reference.parquet"}
    yield Case("logs: no database at all", partial(days, 1, 0), wrong, "duckdb")
    yield Case("logs: no time column", partial(days, 1, 0), {"time": "then"})
    yield Case("logs: no time", partial(days, 1, 0), {"time": "x"})
    yield Case("logs: no time column", partial(days, 1, 0), {"time": "t"}).on("duckdb")

    def large(moved: float) -> Pair:
        before, _ = pair("normal", 0.0, 440)
        rows = 120_000
        return before, logged(backed(441, rows, x=made("normal", 442, rows, moved)))

    yield Case("logs: a sample of many rows", partial(large, 0.15))
    yield Case("logs: a sample of many", partial(large, 0.0), {}, "duckdb")


def filters() -> Iterator[Case]:
    """One log of several models; times without a zone."""

    def shared() -> Pair:
        before, rows = pair("normal", 0.0, 450, 1200)
        which = np.arange(1200) % 2
        x = np.array(rows["x"]) + which
        index = rows.schema.get_field_index("x")
        rows = rows.set_column(index, "x", pa.array(x))
        rows = rows.append_column("model", pa.array(np.where(which, "new", "old")))
        return before, rows.append_column("version", pa.array(which))

    sets: tuple[dict[str, str], ...] = (
        {"model": "new"},
        {"model": "old"},
        {"version": "1"},
        {"model": "old", "version": "0"},
        {"model": "old", "version": "1"},
        {"version": "one"},
        {"nowhere": "x"},
        {"model": "x' OR 1=1 --"},
    )
    for chosen in sets:
        for place in ("file", "duckdb"):
            case = Case(f"filters: {chosen}", shared, {"filters": chosen})
            yield case.on(place)

    def naive(hours: int) -> Pair:
        before, rows = days(2, 1)
        shift = rows["at"].cast(pa.int64()).to_numpy() + hours * 3_600_000_000
        at = pa.array(shift).cast(pa.timestamp("us"))
        return before, rows.set_column(0, "at", at)

    for zone, hours in (("UTC", 0), ("Europe/Berlin", 1), ("America/New_York", -5)):
        for place in ("file", "duckdb"):
            case = Case(f"zones: {zone}", partial(naive, hours), {"zone": zone})
            yield Case(case.name, case.data, case.asked, place, 2.0).on(place)
    yield Case("zones: unknown", partial(naive, 0), {"zone": "Mars/Base"})


def held() -> Iterator[Case]:
    """Features in one column of vectors or of JSON objects."""

    def wrapped(how: str, moved: float) -> Pair:
        before, rows = several((moved, 0.0, 0.0), 460)
        values = rows.select(["a", "b", "c"]).to_pylist()
        if how == "json":
            column: Any = pa.array([json.dumps(row) for row in values])
        elif how == "short":
            column = pa.array(
                [list(row.values())[: 2 + i % 2] for i, row in enumerate(values)]
            )
        elif how == "holes":
            column = pa.array(
                [
                    None if i % 5 == 0 else list(row.values())
                    for i, row in enumerate(values)
                ]
            )
        elif how == "broken":
            column = pa.array(
                ["{" if i % 3 == 0 else json.dumps(row) for i, row in enumerate(values)]
            )
        else:
            column = pa.array([list(row.values()) for row in values])
        return before, table(at=rows["at"], held=column)

    for how in ("vector", "short", "holes", "json", "broken"):
        shape = "Json" if how in ("json", "broken") else "Vector"
        for moved in (0.0, 0.5):
            asked = {"shape": shape, "holder": "held"}
            for place in ("file", "duckdb"):
                name = f"held: {how}, moved by {moved:g}"
                yield Case(name, partial(wrapped, how, moved), asked).on(place)
    longer = {"shape": "Vector", "holder": "held", "features": ["a", "b"]}
    for place in ("file", "duckdb"):
        name = "held: vectors that are longer"
        yield Case(name, partial(wrapped, "vector", 0.0), longer).on(place)
    missing = {"shape": "Vector", "holder": "nowhere"}
    yield Case("held: in no column", partial(wrapped, "vector", 0.0), missing)


def profiles() -> Iterator[Case]:
    """Large references that are reduced, and what is kept of them asked again."""

    def large(shape: str, moved: float) -> Pair:
        before = backed(470, 12_000, x=made(shape, 470, 12_000))
        return before, logged(backed(471, 800, x=made(shape, 471, 800, moved)))

    for shape in ("normal", "cauchy", "ties", "ar 0.95", "grouped", "three", "many"):
        for moved in (0.0, 0.5):
            name = f"profiles: {shape}, moved by {moved:g}"
            yield Case(name, partial(large, shape, moved), again=True)
    for error in (0.1, 3.0):
        asked = {
            "prediction": "score",
            "label": "label",
            "performance": {
                "metric": "Accuracy",
                "minimum_rows": 100,
                "delay_seconds": 0,
                "minimum": 0.8,
            },
        }
        data = partial(labeled, "Accuracy", error)
        yield Case(f"profiles: performance {error}", data, asked, again=True)


def references() -> Iterator[Case]:
    """References that are pinned as something else, gone, or no parquet at all."""
    data = partial(pair, "normal", 0.5, 480)
    for digest in ("0" * 64, "AB" * 32):
        yield Case(f"references: pinned as {digest[:4]}", data, {"sha256": digest})
    places = ("<dir>/nowhere.parquet", "<dir>", "models:/x/1", "http://127.0.0.1:9/r")
    for place in places:
        yield Case(f"references: at {place}", data, {"reference": place})
    yield Case(
        "references: no parquet", data, {"reference": "<dir>/log.duckdb"}, "duckdb"
    )
    yield Case("engines: Evidently, not installed", data, {"engine": "Evidently"})


def log_cases() -> Iterator[Case]:
    """All of these."""
    for cases in (windows, logs, filters, held, profiles, references):
        yield from cases()
