"""Cases about the rules: thresholds, weights, predictions, labels, segments."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from tests.corpus.behaviour.cases.catalog import Case, Pair
from tests.corpus.behaviour.cases.tables import backed, logged, made, table

ROWS, WINDOW = 2000, 600


def several(moves: tuple[float, ...], seed: int = 100, rows: int = WINDOW) -> Pair:
    """Return normal columns a, b, c …, each moved by its own amount."""

    def side(start: int, rows: int, moved: tuple[float, ...]) -> pa.Table:
        columns = {
            chr(97 + place): made("normal", start + place, rows, move)
            for place, move in enumerate(moved)
        }
        return table(**columns)

    still = (0.0,) * len(moves)
    return side(seed, ROWS, still), logged(side(seed + 50, rows, moves))


def rules() -> Iterator[Case]:
    """Thresholds, significances, shares, critical columns and weights."""
    moved = partial(several, (0.35, 0.12, 0.0, 0.0, 0.0))
    for value in (0.01, 0.05, 0.1, 0.2, 0.34, 0.36, 0.5, 2.0):
        yield Case(f"rules: threshold {value}", moved, {"threshold": value})
    for value in (0.001, 0.01, 0.2, 0.9):
        yield Case(f"rules: significance {value}", moved, {"significance": value})
    for percent in (1, 20, 21, 40, 41, 100):
        yield Case(f"rules: {percent} % of columns", moved, {"percent": percent})
    for least in (1, 599, 600, 601, 2001):
        yield Case(f"rules: at least {least} rows", moved, {"minimum": least})
    sets: dict[str, dict[str, Any]] = {
        "critical a": {"a": {"critical": True}},
        "critical c": {"c": {"critical": True}},
        "critical b, sharp": {"b": {"critical": True, "threshold": 0.05}},
        "all critical": {name: {"critical": True} for name in "abcde"},
        "critical nowhere": {"nowhere": {"critical": True}},
        "a blunt": {"a": {"threshold": 0.9}},
        "a heavy": {"a": {"weight": 5.0}},
        "a light": {"a": {"weight": 0.1}},
        "c heavy": {"c": {"weight": 9.0}},
        "thirds": {name: {"weight": 1 / 3} for name in "abc"},
        "light and critical": {"a": {"weight": 0.1, "critical": True}},
    }
    for what, chosen in sets.items():
        for move in (0.35, 0.09):
            name = f"rules: {what}, a moved by {move:g}"
            data = partial(several, (move, 0.12, 0.0, 0.0, 0.0))
            yield Case(name, data, {"rules": chosen})
    for many in (1, 3, 10, 40):
        for moving in sorted({0, 1, many // 3 + 1}):
            moves = (0.4,) * moving + (0.0,) * (many - moving)
            name = f"rules: {moving} of {many} columns moved"
            yield Case(name, partial(several, moves, 150))


def borderline() -> Iterator[Case]:
    """Moves around the threshold, seen by many rows: what has hardly passed."""
    critical = {"rules": {"a": {"critical": True}}}
    for move in (0.06, 0.08, 0.085, 0.09, 0.095, 0.1, 0.11, 0.13):
        moves = (move, move, move)
        name = f"borderline: moved by {move:g}"
        yield Case(name, partial(several, moves, 160, 6000))
        alone = partial(several, (move, 0.0, 0.0), 160, 6000)
        yield Case(f"{name}, critical", alone, critical)


def shared_mood() -> Iterator[Case]:
    """Autocorrelated columns, alone and with others that confirm them."""

    def sides(rho: str, moves: tuple[float, ...]) -> Pair:
        before = table(**{f"m{i}": made(rho, 300 + i, ROWS) for i in range(len(moves))})
        after = table(
            **{f"m{i}": made(rho, 330 + i, WINDOW, m) for i, m in enumerate(moves)}
        )
        return before, logged(after)

    critical = {"rules": {"m0": {"critical": True}}}
    for hundredths in range(24, 40):
        shape, data = f"ar {hundredths / 100:g}", partial(sides, moves=(0.3, 0.0, 0.0))
        yield Case(f"moods: {shape}", partial(data, shape))
    for rho in ("ar 0.5", "ar 0.95", "grouped", "seasonal", "walk"):
        for moves in ((0.3, 0.0, 0.0), (0.6, 0.6, 0.6), (3.0, 3.0, 0.0)):
            name = f"moods: {rho}, moved by {moves}"
            yield Case(name, partial(sides, rho, moves))
            yield Case(f"{name}, critical", partial(sides, rho, moves), critical)


def predictions() -> Iterator[Case]:
    """The prediction column drifts, as a number or as a category."""

    def scored(shape: str, moved: float, also: float = 0.0) -> Pair:
        before = backed(200, ROWS, x=made("normal", 200, ROWS))
        after = backed(201, WINDOW, x=made("normal", 201, WINDOW, also))
        before = before.append_column("score", pa.array(made(shape, 202, ROWS)))
        made_after = made(shape, 203, WINDOW, moved)
        return before, logged(after.append_column("score", pa.array(made_after)))

    for shape in ("normal", "three", "booleans", "ar 0.95"):
        for moved, also in ((0.0, 0.0), (0.6, 0.0), (0.0, 0.6), (0.6, 0.6)):
            name = f"predictions: {shape} moved by {moved:g}, x by {also:g}"
            yield Case(
                name, partial(scored, shape, moved, also), {"prediction": "score"}
            )
    missing = {"prediction": "nowhere"}
    yield Case("predictions: no such column", partial(scored, "normal", 0.0), missing)


BOUNDS = {
    "RocAuc": {"minimum": 0.8},
    "Accuracy": {"minimum": 0.8},
    "MeanAbsoluteError": {"maximum": 0.8},
    "RootMeanSquaredError": {"maximum": 1.0},
}


def labeled(metric: str, error: float, known: float = 1.0, rows: int = 1500) -> Pair:
    """Return a log with scores and labels, wrong by so much and so far known."""
    random = np.random.default_rng(int(error * 100) + len(metric))
    before, after = several((0.0, 0.0, 0.0), 220, rows)
    truth = random.normal(size=rows)
    noisy = truth + random.normal(0, error, rows)
    labels: Any = truth if metric.endswith("Error") else (truth > 0).astype(int)
    scores: Any = (noisy > 0).astype(int) if metric == "Accuracy" else noisy
    gone = random.random(rows) >= known
    after = after.append_column("score", pa.array(scores))
    after = after.append_column("label", pa.array(labels, mask=gone))
    return before, after


def performance() -> Iterator[Case]:
    """Every metric, good and bad, with and without a bound, with few labels."""
    for metric, bound in BOUNDS.items():
        for error in (0.1, 1.0, 3.0):
            for limit in ({}, bound):
                asked = scoring(metric, **limit)
                name = f"performance: {metric}, error {error:g}, {limit or 'no bound'}"
                yield Case(name, partial(labeled, metric, error), asked)
        for known in (0.0, 0.05, 0.5):
            name = f"performance: {metric}, {known:.0%} labelled"
            data = partial(labeled, metric, 3.0, known)
            yield Case(name, data, scoring(metric, **bound))
    bound = BOUNDS["Accuracy"]
    for least in (10, 1500, 1501):
        asked = scoring("Accuracy", minimum_rows=least, **bound)
        data = partial(labeled, "Accuracy", 3.0)
        yield Case(f"performance: at least {least} rows", data, asked)
    for delay, days in ((86400, 1.0), (86400, 2.0), (172800, 4.0)):
        asked = scoring("Accuracy", delay_seconds=delay, **bound)
        data = partial(days_labeled, 4.0)
        name = f"performance: labels after {delay} s, day {days:g}"
        yield Case(name, data, {**asked, "interim": True}, days=days)


def days_labeled(days: float) -> Pair:
    """Return a log of several days, which turns bad after two."""
    before, good = labeled("Accuracy", 0.1, rows=1000)
    _, bad = labeled("Accuracy", 3.0, rows=1000)
    rows = pa.concat_tables([good, bad])
    return before, logged(rows.drop_columns(["at"]), days)


def scoring(metric: str, **more: Any) -> dict[str, Any]:
    """Return what asks for a performance."""
    rule = {"metric": metric, "minimum_rows": 100, "delay_seconds": 0, **more}
    return {"prediction": "score", "label": "label", "performance": rule}


def performance_trouble() -> Iterator[Case]:
    """Labels and scores that cannot be used, and bad answers to broken data."""
    odd: dict[str, tuple[str, Any]] = {
        "one class": ("RocAuc", lambda n: [1] * n),
        "three classes": ("RocAuc", lambda n: [i % 3 for i in range(n)]),
        "texts": ("MeanAbsoluteError", lambda n: ["x"] * n),
        "NaN": ("MeanAbsoluteError", lambda n: [float("nan")] * n),
        "all right": ("Accuracy", lambda n: None),
    }
    for what, (metric, make) in odd.items():

        def data(metric: str = metric, make: Any = make) -> Pair:
            before, after = labeled(metric, 3.0)
            values = make(len(after)) or after["score"]
            index = after.schema.get_field_index("label")
            return before, after.set_column(index, "label", pa.array(values))

        yield Case(f"performance: labels are {what}", data, scoring(metric))

    def alike() -> Pair:
        before, after = labeled("MeanAbsoluteError", 0.1)
        walk = made("ar 0.95", 270, len(after)) * 3
        index = after.schema.get_field_index("label")
        return before, after.set_column(index, "label", pa.array(walk))

    bound = {"maximum": 0.8, "minimum_rows": 1000}
    asked = scoring("MeanAbsoluteError", **bound)
    yield Case("performance: rows resemble each other", alike, asked)

    def nulls(column: str) -> Pair:
        before, after = labeled("Accuracy", 3.0)
        index = after.schema.get_field_index(column)
        values = [None if i % 2 else v for i, v in enumerate(after[column].to_pylist())]
        return before, after.set_column(index, column, pa.array(values))

    asked = scoring("Accuracy", minimum=0.8)
    for column in ("a", "score", "label"):
        yield Case(f"performance: {column} is half null", partial(nulls, column), asked)
    for column in ("label", "score"):

        def gone(column: str = column) -> Pair:
            before, after = labeled("Accuracy", 3.0)
            return before, after.drop_columns([column])

        yield Case(f"performance: {column} is missing", gone, asked)


def by_country(shifted: str = "", half: str = "", rows: int = 4000) -> Pair:
    """Return columns by country and shop; x moves in one country, one is halved."""

    def side(seed: int, rows: int, shifted: str) -> pa.Table:
        random = np.random.default_rng(seed)
        countries = random.choice(
            ["DE", "FR", "IT", "x' --", "ÅL"], rows, p=[0.4, 0.3, 0.15, 0.05, 0.1]
        )
        move = (countries == shifted).astype(float)
        x = random.normal(size=rows) + move
        more = backed(seed, rows, x=x)
        shops = random.integers(0, 4, rows)
        return more.append_column("country", pa.array(countries)).append_column(
            "shop", pa.array(shops)
        )

    after = side(251, rows, shifted)
    if half:
        keep = [
            name != half or place % 40 == 0
            for place, name in enumerate(after["country"].to_pylist())
        ]
        after = after.filter(pa.array(keep))
    return side(250, 6000, ""), logged(after)


def segments() -> Iterator[Case]:
    """A drift of one segment, of all, of none; segments that are few or gone."""
    rule = {"column": "country", "minimum_rows": 100, "maximum": 20}
    sets: dict[str, tuple[dict[str, Any], Any]] = {
        "none moved": (rule, {}),
        "DE moved": (rule, {"shifted": "DE"}),
        "a small one moved": (rule, {"shifted": "ÅL"}),
        "an odd one moved": (rule, {"shifted": "x' --"}),
        "one is nearly gone": (rule, {"half": "IT"}),
        "the two largest": ({**rule, "maximum": 2}, {"shifted": "ÅL"}),
        "at least 500 rows": ({**rule, "minimum_rows": 500}, {"shifted": "IT"}),
        "by whole numbers": ({**rule, "column": "shop"}, {}),
        "by no column": ({**rule, "column": "nowhere"}, {}),
        "by a float": ({**rule, "column": "x"}, {}),
        "few rows": (rule, {"rows": 80}),
    }
    for what, (chosen, changes) in sets.items():
        data = partial(by_country, **changes)
        yield Case(f"segments: {what}", data, {"segments": chosen})
        asked = {"segments": chosen, "rules": {"x": {"critical": True}}}
        yield Case(f"segments: {what}, x critical", data, asked, "duckdb")
    for what in ("none moved", "DE moved", "by whole numbers"):
        chosen, changes = sets[what]
        name, data = f"segments: {what}, again", partial(by_country, **changes)
        yield Case(name, data, {"segments": chosen}, again=True)


def rule_cases() -> Iterator[Case]:
    """All of these."""
    parts = (
        rules,
        borderline,
        shared_mood,
        predictions,
        performance,
        performance_trouble,
    )
    for cases in (*parts, segments):
        yield from cases()
