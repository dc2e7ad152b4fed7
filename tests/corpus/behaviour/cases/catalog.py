"""What one check of the corpus is: data, where it lies, and what is asked of it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tests.corpus.behaviour.adapter import checked
from tests.corpus.behaviour.canonical import without
from tests.corpus.behaviour.cases.tables import DAY, START, digest

Pair = tuple[pa.Table, pa.Table]
Data = Callable[[], Pair]
APART = {"at", "label", "score", "model", "version", "country", "shop"}
"""Columns of the logs that are no features."""


@dataclass(frozen=True)
class Case:
    """One check: `data` makes the reference and the log's rows.

    `place`: file, folders, hive, delta, duckdb, or none. `asked`: see
    `adapter.request_json`; `features` are all columns of the reference by default.
    `days`: how long after the first window's start it is asked. `again`: once more,
    with the profile that the first time left.
    """

    name: str
    data: Data
    asked: Mapping[str, Any] = field(default_factory=dict)
    place: str = "file"
    days: float = 1.0
    again: bool = False

    def on(self, place: str) -> Case:
        """Return the same case with its log elsewhere."""
        name = f"{self.name} [{place}]"
        return Case(name, self.data, self.asked, place, self.days, self.again)


def played(case: Case) -> dict[str, Any]:
    """Return the result of a case; it runs in a folder of its own."""
    reference, rows = case.data()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        pq.write_table(reference, root / "reference.parquet")
        asked = asked_of(case, reference, stored(case.place, rows, root), root)
        now = START + case.days * DAY
        environment = _environment(case, root)
        found: dict[str, Any] = checked(asked, now, environment)
        if case.again:
            (root / "reference.parquet").unlink()
            pinned = {**asked, "sha256": found["answer"]["referenceSha256"]}
            found["again"] = checked(pinned, now, environment)
        return {"data": digest(reference, rows), **without(found, folder, "<dir>")}


def asked_of(
    case: Case, reference: pa.Table, place: Mapping[str, str], root: Path
) -> dict[str, Any]:
    """Return all that is asked, with the log at `place` and files in `root`."""
    asked = {
        "features": [name for name in reference.column_names if name not in APART],
        "reference": str(root / "reference.parquet"),
        "anchor": START.isoformat(),
        **place,
        **case.asked,
    }
    return {key: _placed(item, root) for key, item in asked.items()}


def _environment(case: Case, root: Path) -> dict[str, str]:
    return {"DRIFTCHECK_PROFILES": str(root / "kept")} if case.again else {}


def _placed(item: Any, root: Path) -> Any:
    return item.replace("<dir>", str(root)) if isinstance(item, str) else item


def stored(place: str, rows: pa.Table, root: Path) -> dict[str, str]:
    """Write the log; return what a request says of where it is."""
    if place == "duckdb":
        with duckdb.connect(str(root / "log.duckdb")) as connection:
            connection.register("given", rows)
            connection.execute("CREATE TABLE log AS SELECT * FROM given")
        return {"log": "DuckDB", "uri": str(root / "log.duckdb")}
    if place == "file":
        pq.write_table(rows, root / "log.parquet")
        return {"log": "Files", "uri": str(root / "log.parquet")}
    (root / "log").mkdir()
    if place == "delta":
        _delta(rows, root / "log")
    elif place != "none":
        _by_day(place, rows, root / "log")
    return {"log": "Files", "uri": str(root / "log")}


def _by_day(place: str, rows: pa.Table, root: Path) -> None:
    days = pc.strftime(rows["at"], format="%Y-%m-%d")
    for day in sorted(set(days.to_pylist())):
        date = datetime.fromisoformat(day)
        name = (
            f"date={day}" if place == "folders" else f"year={date:%Y}/month={date:%m}"
        )
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        part = rows.filter(pc.equal(days, day))
        half = len(part) // 2
        pq.write_table(part.slice(0, half), folder / f"{date.day}-a.parquet")
        pq.write_table(part.slice(half), folder / f"{date.day}-b.parquet")


def _delta(rows: pa.Table, root: Path) -> None:
    """Write a table in which one file took the place of another."""
    (root / "_delta_log").mkdir()
    pq.write_table(rows.slice(0, len(rows) // 4), root / "replaced.parquet")
    pq.write_table(rows, root / "live.parquet")
    versions = (
        [{"add": {"path": "replaced.parquet"}}],
        [{"remove": {"path": "replaced.parquet"}}, {"add": {"path": "live.parquet"}}],
    )
    for version, actions in enumerate(versions):
        text = "\n".join(json.dumps(action) for action in actions)
        (root / "_delta_log" / f"{version:020}.json").write_text(text)
