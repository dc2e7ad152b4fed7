"""Cases about what columns hold: shapes, moves, categories, broken data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from tests.corpus.behaviour.cases.catalog import Case, Pair
from tests.corpus.behaviour.cases.tables import (
    CATEGORIES,
    NUMBERS,
    backed,
    logged,
    made,
    table,
)

ROWS, WINDOW = 2000, 500
Change = Callable[[Any], Any]


def pair(shape: str, moved: float, seed: int, window: int = WINDOW) -> Pair:
    """Return a reference of a shape, and a window that moved."""
    before = backed(seed, ROWS, x=made(shape, seed, ROWS))
    after = backed(seed + 1, window, x=made(shape, seed + 1, window, moved))
    return before, logged(after)


def shapes() -> Iterator[Case]:
    """Every shape of numbers and categories, still and moved."""
    for place, shape in enumerate(NUMBERS):
        for moved in (0.0, 0.2, 1.0):
            name = f"numbers: {shape}, moved by {moved:g}"
            yield Case(name, partial(pair, shape, moved, 10 * place))
    for place, shape in enumerate(CATEGORIES):
        for moved in (0.0, 0.3, 0.9):
            name = f"categories: {shape}, {moved:.0%} of the first moved"
            yield Case(name, partial(pair, shape, moved, 500 + 10 * place))


def sizes() -> Iterator[Case]:
    """Windows of every size, and references that are too small."""
    for rows in (0, 1, 2, 20, 99, 100, 101, 200, 1000, 3000):
        for moved in (0.0, 0.5):
            name = f"sizes: {rows} rows, moved by {moved:g}"
            yield Case(name, partial(pair, "normal", moved, 40, rows))

    def small(rows: int) -> Pair:
        before, after = pair("normal", 0.5, 41)
        return before.slice(0, rows), after

    for rows in (0, 1, 50, 99, 100, 300):
        yield Case(f"sizes: a reference of {rows} rows", partial(small, rows))


def shuffled() -> Iterator[Case]:
    """The same values in another order: what order tells must be gone."""

    def mixed(shape: str, sides: tuple[bool, bool]) -> Pair:
        random = np.random.default_rng(7)
        before, after = (
            made(shape, seed, rows) for seed, rows in ((60, ROWS), (61, WINDOW))
        )
        before = random.permutation(before) if sides[0] else before
        after = random.permutation(after) if sides[1] else after
        return backed(60, ROWS, x=before), logged(backed(61, WINDOW, x=after))

    for shape in ("ar 0.95", "sorted", "grouped", "seasonal", "walk"):
        for sides in ((True, False), (False, True), (True, True)):
            which = ["reference"] * sides[0] + ["window"] * sides[1]
            name = f"shuffled: {shape}, {' and '.join(which)}"
            yield Case(name, partial(mixed, shape, sides))


def _nulls(share: float) -> Change:
    def change(values: Any) -> Any:
        gone = np.random.default_rng(3).random(len(values)) < share
        return pa.array(values, mask=gone)

    return change


def _filled(value: float, share: float) -> Change:
    def change(values: Any) -> Any:
        values = np.array(values, dtype=float)
        values[np.random.default_rng(4).random(len(values)) < share] = value
        return values

    return change


def _typed(kind: Any) -> Change:
    return lambda values: pa.array(np.array(values)).cast(kind, safe=False)


CHANGES: dict[str, Change] = {
    "1 % nulls": _nulls(0.01),
    "10 % nulls": _nulls(0.1),
    "60 % nulls": _nulls(0.6),
    "only nulls": _nulls(1.1),
    "5 % NaN": _filled(float("nan"), 0.05),
    "2 % infinite": _filled(float("inf"), 0.02),
    "40 % infinite": _filled(float("-inf"), 0.4),
    "a constant": _filled(7.0, 1.1),
    "nearly a constant": _filled(0.0, 0.98),
    "32-bit floats": _typed(pa.float32()),
    "integers": _typed(pa.int64()),
    "texts": _typed(pa.string()),
    "decimals": _typed(pa.decimal128(12, 3)),
    "booleans": lambda values: np.array(values) > 0,
    "timestamps": lambda values: pa.array(
        (np.array(values) * 1e6).astype(np.int64)
    ).cast(pa.timestamp("us")),
    "lists": lambda values: [[float(v)] for v in values],
    "words": lambda values: np.where(np.array(values) > 0, "up", "down"),
    "hundredfold": lambda values: np.array(values) * 100,
    "a tenth missing its sign": lambda values: np.where(
        np.random.default_rng(5).random(len(values)) < 0.1, -values - 9, values
    ),
}


def broken() -> Iterator[Case]:
    """A numeric column that changed on one side, the other, and both."""

    def changed(change: Change, sides: tuple[bool, bool]) -> Pair:
        before, after = made("normal", 70, ROWS), made("normal", 71, WINDOW)
        x = change(before) if sides[0] else before
        y = change(after) if sides[1] else after
        return backed(70, ROWS, x=x), logged(backed(71, WINDOW, x=y))

    where = {"reference": (True, False), "window": (False, True), "both": (True, True)}
    for what, change in CHANGES.items():
        for side, sides in where.items():
            yield Case(f"broken: {what}, {side}", partial(changed, change, sides))


def retyped() -> Iterator[Case]:
    """Categories that come back as something else, or not at all."""
    recoded: dict[str, Change] = {
        "as numbers": lambda v: np.array(v).astype(float),
        "as integers": lambda v: np.array(v).astype(int),
        "as 1.0": lambda v: [f"{x}.0" for x in v],
        "with blanks": lambda v: [f" {x} " for x in v],
        "unseen 0.6 %": lambda v: np.where(np.arange(len(v)) % 170 == 0, "new", v),
        "unseen 5 %": lambda v: np.where(np.arange(len(v)) % 20 == 0, "new", v),
        "all unseen": lambda v: [f"n{x}" for x in v],
        "a text each": lambda v: [f"{x}-{i}" for i, x in enumerate(v)],
        "dictionary": lambda v: pa.array(v).dictionary_encode(),
        "bytes": lambda v: [str(x).encode() for x in v],
        "30 % nulls": lambda v: [None if i % 10 < 3 else x for i, x in enumerate(v)],
    }

    def coded(change: Change) -> Pair:
        before, after = made("digits", 80, ROWS), made("digits", 81, WINDOW)
        return backed(80, ROWS, x=before), logged(backed(81, WINDOW, x=change(after)))

    for what, change in recoded.items():
        yield Case(f"retyped: categories {what}", partial(coded, change))


def columns() -> Iterator[Case]:
    """Columns that are missing, added, renamed, or that exist only in name."""

    def whole(drop: str = "", **more: Any) -> Pair:
        before, after = pair("normal", 0.0, 90)
        kept = after.drop_columns([drop]) if drop else after
        for name, values in more.items():
            kept = kept.append_column(name, pa.array(values))
        return before, kept

    yield Case("columns: one is missing", partial(whole, "x"))
    yield Case("columns: one is added", partial(whole, z=made("normal", 1, WINDOW)))
    renamed = partial(whole, "x", X=made("normal", 1, WINDOW))
    yield Case("columns: one is renamed", renamed)
    yield Case("columns: the time is missing", partial(whole, "at"))
    for names in (["x"], ["x", "quiet"], ["x", "nowhere"], ["nowhere"]):
        asked = {"features": names}
        yield Case(f"columns: only {' and '.join(names)} asked", whole, asked)

    def only(shape: str, moved: float) -> Pair:
        before, after = made(shape, 95, ROWS), made(shape, 96, WINDOW, moved)
        return table(x=before), logged(table(x=after))

    for shape in ("normal", "three", "ar 0.95", "grouped"):
        for moved in (0.1, 0.4):
            name = f"columns: {shape} alone, moved by {moved:g}"
            yield Case(name, partial(only, shape, moved))


def column_cases() -> Iterator[Case]:
    """All of these."""
    for cases in (shapes, sizes, shuffled, broken, retyped, columns):
        yield from cases()
