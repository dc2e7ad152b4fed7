"""The story's data: daily prices of two share indices, as shipped by `arch`.

The model answers one question at the end of each trading day: how wide will
tomorrow's range (high to low, in per cent of the close) be? Every feature is free
of the index's level, so both indices train one model. The opening gap is left out:
its convention changes within the data in 2007.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import arch.data.nasdaq
import arch.data.sp500
import numpy as np
import pandas as pd

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
"""Per cent, but for `volume_ratio`: today's volume over its mean of 22 days."""

TABLE = "ml.index_range_inference_log"


@dataclass(frozen=True)
class Stretch:
    """Trading days from `first` up to, but without, `end`."""

    first: date
    end: date


TRAINING = Stretch(date(2004, 1, 1), date(2007, 1, 1))
N_BLOCKS = {
    # The model's world, half a year on.
    "calm": Stretch(date(2007, 1, 1), date(2007, 7, 1)),
    # The world after the credit crisis reached the market. The months between are
    # left out, so that the turn falls on a day that a person can watch.
    "changed": Stretch(date(2008, 1, 1), date(2019, 1, 1)),
}


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
    """All rows of both indices in a stretch, in the order of their days."""
    found = [
        row
        for index, prices in (
            ("nasdaq", arch.data.nasdaq.load()),
            ("sp500", arch.data.sp500.load()),
        )
        for row in _rows_of(index, prices)
        if stretch.first <= row.day < stretch.end
    ]
    return sorted(found, key=lambda row: (row.day, row.index))


def days(stretch: Stretch) -> list[tuple[Row, ...]]:
    """The rows of a stretch, day by day."""
    by_day = groupby(rows(stretch), key=lambda row: row.day)
    return [tuple(group) for _, group in by_day]


def _rows_of(index: str, prices: pd.DataFrame) -> Iterator[Row]:
    width = 100 * (prices["High"] - prices["Low"]) / prices["Close"]
    returns = 100 * np.log(prices["Close"]).diff()
    volume = prices["Volume"]
    table = pd.DataFrame(
        {
            "range_today": width,
            "range_yesterday": width.shift(1),
            "range_mean_5": width.rolling(5).mean(),
            "range_mean_22": width.rolling(22).mean(),
            "move_today": returns.abs(),
            "move_mean_5": returns.abs().rolling(5).mean(),
            "return_5": returns.rolling(5).sum(),
            "volume_ratio": volume / volume.rolling(22).mean(),
        }
    )[list(FEATURES)]
    complete = table.notna().all(axis=1)
    for day, values, label in zip(
        table.index[complete],
        table[complete].to_numpy(),
        width.shift(-1)[complete],
        strict=True,
    ):
        known = None if np.isnan(label) else float(label)
        yield Row(index, day.date(), tuple(float(value) for value in values), known)
