"""Columns and tables, made by seed: the data that the checks of the corpus judge."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

START = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
Values = Any
Shape = Callable[[np.random.Generator, int, float], Values]


def ar(rho: float) -> Shape:
    """Return the shape of a first-order autoregressive series of unit deviation."""

    def shape(random: np.random.Generator, rows: int, moved: float) -> Values:
        noise = random.normal(size=rows) * (1 - rho**2) ** 0.5
        noise[0] = random.normal()
        for place in range(1, rows):
            noise[place] += rho * noise[place - 1]
        return noise + moved

    return shape


def seasonal(random: np.random.Generator, rows: int, moved: float) -> Values:
    """Return noise on a daily wave, of which a window sees only a part."""
    wave = np.sin(np.arange(rows) * 2 * np.pi / 250)
    return 2 * wave + random.normal(size=rows) + moved


def grouped(random: np.random.Generator, rows: int, moved: float) -> Values:
    """Return values that lie in groups of a hundred, each with a level of its own."""
    levels = random.normal(0, 2, rows // 100 + 1)
    return np.repeat(levels, 100)[:rows] + random.normal(size=rows) + moved


def outlier(random: np.random.Generator, rows: int, moved: float) -> Values:
    """Return a normal sample with one absurd value."""
    values = random.normal(moved, 1, rows)
    values[rows // 2] = 1e12
    return values


NUMBERS: Mapping[str, Shape] = {
    "normal": lambda r, n, m: r.normal(m, 1, n),
    "lognormal": lambda r, n, m: r.lognormal(m, 1, n),
    "cauchy": lambda r, n, m: r.standard_cauchy(n) + m,
    "uniform": lambda r, n, m: r.uniform(m, 1 + m, n),
    "ties": lambda r, n, m: np.round(r.normal(m, 1, n), 1),
    "counts": lambda r, n, m: r.poisson(2 + 2 * m, n),
    "tiny": lambda r, n, m: r.normal(m, 1, n) * 1e-9,
    "offset": lambda r, n, m: r.normal(m, 1, n) + 1e5,
    "outlier": outlier,
    "mixture": lambda r, n, m: (
        np.where(r.random(n) < 0.3 + m / 4, 5.0, 0.0) + r.normal(size=n)
    ),
    "sorted": lambda r, n, m: np.sort(r.normal(m, 1, n)),
    "ar 0.5": ar(0.5),
    "ar 0.95": ar(0.95),
    "seasonal": seasonal,
    "grouped": grouped,
    "walk": lambda r, n, m: np.cumsum(r.normal(size=n)) + m,
}


def choice(names: list[Any], skew: float, moves: int = 1) -> Shape:
    """Return categories of falling share; `moved` goes from the first to a later."""

    def shape(random: np.random.Generator, rows: int, moved: float) -> Values:
        share = np.exp(-skew * np.arange(len(names)))
        share /= share.sum()
        share[moves] += share[0] * moved
        share[0] *= 1 - moved
        return np.array(names)[random.choice(len(names), rows, p=share)]

    return shape


CATEGORIES: Mapping[str, Shape] = {
    "three": choice(["a", "b", "c"], 0.2),
    "skewed": choice(["a", "b", "c", "d", "e"], 1.2),
    "rare": choice(["a", "b", "c", "d"], 2.5, moves=3),
    "many": choice([f"item {i}" for i in range(150)], 0.01),
    "booleans": choice([True, False], 0.7),
    "digits": choice(["1", "2", "3"], 0.5),
    "odd": choice(["", " ", "null", "ÅL", "x'; DROP TABLE t --", "NaN"], 0.3),
}


def made(shape: str, seed: int, rows: int, moved: float = 0.0) -> Values:
    """Return a column of a named shape."""
    make = NUMBERS.get(shape) or CATEGORIES.get(shape) or ar(float(shape[3:]))
    return make(np.random.default_rng(seed), rows, moved)


def times(rows: int, days: float = 1.0, start: datetime = START) -> pa.Array:
    """Return moments evenly spread, in order."""
    step = days * DAY / max(rows, 1)
    found = [start + step * place for place in range(rows)]
    return pa.array(found, pa.timestamp("us", "UTC"))


def table(**columns: Values) -> pa.Table:
    """Return a table of these columns."""
    return pa.table({name: pa.array(values) for name, values in columns.items()})


def logged(rows: pa.Table, days: float = 1.0, start: datetime = START) -> pa.Table:
    """Return the rows with their times first, in the column `at`."""
    return rows.add_column(0, "at", times(len(rows), days, start))


def backed(seed: int, rows: int, **columns: Values) -> pa.Table:
    """Return these columns and two normal ones that never move."""
    quiet = {
        "quiet": made("normal", seed + 1000, rows),
        "calm": made("uniform", seed + 2000, rows),
    }
    return table(**columns, **quiet)


def digest(*tables: pa.Table) -> int:
    """Return a number of seven digits that tells what the tables hold."""
    found = hashlib.sha256()
    for one in tables:
        for name in one.column_names:
            column = one[name]
            found.update(f"{name} {column.type} {column.null_count}".encode())
            if pa.types.is_floating(column.type) and not column.null_count:
                found.update(column.to_numpy().tobytes())
            elif pa.types.is_timestamp(column.type):
                found.update(column.cast(pa.int64()).to_numpy().tobytes())
            else:
                found.update(str(column.to_pylist()).encode())
    return int(found.hexdigest(), 16) % 10**7
