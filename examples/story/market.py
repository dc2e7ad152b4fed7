"""The story's data: daily prices of two stock indices, shipped by the package `arch`.

The model answers one question at the end of each trading day: how wide will
tomorrow's range (high to low, in percent of the close) be? Every feature is free
of the index's level, so both indices train one model. The opening gap is left out:
its convention changes within the data in 2007.

The price files are read without importing `arch`, whose other dependencies (SciPy,
statsmodels) are large, so that NumPy and the unpacked wheel are enough.
"""

import csv
import gzip
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt

FEATURES = (
    "range_today",
    "range_yesterday",
    "range_mean_5",
    "range_mean_22",
    "move_today",
    "move_mean_5",
    "return_5",
    "volume_ratio",
)
"""Percent, except `volume_ratio`: today's volume over its 22-day mean."""

INDICES = ("nasdaq", "sp500")
Floats = npt.NDArray[np.float64]

TABLE = "ml.index_range_inference_log"


@dataclass(frozen=True)
class Stretch:
    """Trading days from `first` up to, but without, `end`."""

    first: date
    end: date


TRAINING = Stretch(date(2004, 1, 1), date(2007, 1, 1))
# The model's world, half a year on.
CALM = Stretch(date(2007, 1, 1), date(2007, 7, 1))
# The first half year after the credit crisis reached the markets. The months between
# are left out, so that the turn falls on a day that a person can watch.
TURN = Stretch(date(2008, 1, 1), date(2008, 7, 1))
STRETCHES = {"calm": CALM, "changed": Stretch(TURN.first, date(2019, 1, 1))}
"""What is replayed, in this order."""


@dataclass(frozen=True)
class Row:
    """What the model sees for one index on one day, and what the next day showed.

    `label` is the next trading day's range in per cent; None on the last day.
    """

    index: str
    day: date
    features: tuple[float, ...]
    label: float | None

    @property
    def key(self) -> str:
        """The row's identity in the inference log."""
        return f"{self.index}-{self.day.isoformat()}"


def rows(stretch: Stretch) -> list[Row]:
    """Return all rows of both indices in a stretch, in the order of their days."""
    chosen = [
        row
        for index in INDICES
        for row in _rows_of(index)
        if stretch.first <= row.day < stretch.end
    ]
    return sorted(chosen, key=lambda row: (row.day, row.index))


def days(stretch: Stretch) -> list[tuple[Row, ...]]:
    """Return the rows of a stretch, grouped by day."""
    by_day = groupby(rows(stretch), key=lambda row: row.day)
    return [tuple(group) for _, group in by_day]


def _rows_of(index: str) -> Iterator[Row]:
    prices = _load(index)
    width = 100 * (prices.high - prices.low) / prices.close
    returns = 100 * np.diff(np.log(prices.close), prepend=np.nan)
    features = np.column_stack(
        (
            width,
            np.concatenate(([np.nan], width[:-1])),
            _trailing_mean(width, 5),
            _trailing_mean(width, 22),
            np.abs(returns),
            _trailing_mean(np.abs(returns), 5),
            5 * _trailing_mean(returns, 5),
            prices.volume / _trailing_mean(prices.volume, 22),
        )
    )
    labels = np.concatenate((width[1:], [np.nan]))
    for day, values, label in zip(prices.days, features, labels, strict=True):
        if not np.isnan(values).any():
            known = None if np.isnan(label) else float(label)
            yield Row(index, day, tuple(float(value) for value in values), known)


def _trailing_mean(values: Floats, days: int) -> Floats:
    """Return the mean of each day and the `days` - 1 days before it.

    NaN for the first days, which have too few before them.
    """
    means = np.lib.stride_tricks.sliding_window_view(values, days).mean(axis=1)
    return np.concatenate((np.full(days - 1, np.nan), means))


@dataclass(frozen=True)
class _Prices:
    """One index, oldest day first; every array has one value for each day."""

    days: tuple[date, ...]
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


def _load(index: str) -> _Prices:
    """Read `arch/data/INDEX/INDEX.csv.gz`; ModuleNotFoundError without `arch`."""
    package = importlib.util.find_spec("arch")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("the story's data come with the package arch")
    folder = Path(package.submodule_search_locations[0])
    with gzip.open(folder / "data" / index / f"{index}.csv.gz", "rt") as file:
        records = list(csv.DictReader(file))
    high, low, close, volume = (
        np.array([float(record[name]) for record in records])
        for name in ("High", "Low", "Close", "Volume")
    )
    return _Prices(
        tuple(_day(record["Date"]) for record in records), high, low, close, volume
    )


def _day(text: str) -> date:
    """Parse MONTH/DAY/YEAR."""
    month, day, year = (int(part) for part in text.split("/"))
    return date(year, month, day)
