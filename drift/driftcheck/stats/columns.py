"""Columns as the statistics want them: sorted numbers, or counts of categories.

A column's kind is fixed by the reference, never guessed from a window: few values
do not make a category, and a full window does not make a number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

import numpy as np

from driftcheck.contract.reasons import Reason
from driftcheck.stats.distance import Floats

DRAWN_ROWS = 100_000


class ColumnKind(StrEnum):
    """How a column is compared."""

    NUMBER = "number"
    CATEGORY = "category"


class Order(StrEnum):
    """What the order of a table's rows says.

    UNKNOWN: nothing, as a file may be sorted. TIME: that they happened so; then it is
    measured how much a row resembles the one before. REFERENCE: that following rows
    may have followed in time; then stretches of them are compared, too (see `blocks`).
    """

    UNKNOWN = "unknown"
    TIME = "time"
    REFERENCE = "reference"


@dataclass(frozen=True, eq=False)
class Numbers:
    """A numeric column: finite values sorted ascending; NaN counts as null.

    `dependence`: how much a row resembles the one before it, from 0 (not at all) to
    1; 0 also where their order in time is not known. `blocks`: of a reference whose
    rows follow in moods, the table of `blocks.BlockVariability`.
    """

    values: Floats
    nulls: int = 0
    infinite: int = 0
    dependence: float = 0.0
    blocks: Floats | None = None

    @property
    def rows(self) -> int:
        """All rows, whatever they hold."""
        return self.present + self.nulls + self.infinite

    @property
    def present(self) -> int:
        """Rows that can be compared."""
        return int(self.values.size)


@dataclass(frozen=True, eq=False)
class ReferenceHistogram:
    """The numbers of a reference's column in bins of about equal counts (`binned`).

    `edges`: each bin's largest value, ascending, the first bin holding only the least
    value; `counts`: rows by bin; `sums`: of the values by bin, in units of the inner
    range from `low` (0) to `high` (1), clipped to it; `deviation`: the standard
    deviation in the same unit. `deciles` are edges. `centre`: the value that nearly
    all rows have, None where there is no such value. `blocks` as of `Numbers`.
    """

    edges: Floats
    counts: Floats
    sums: Floats
    deciles: Floats
    low: float
    high: float
    deviation: float
    below: int
    above: int
    nulls: int = 0
    infinite: int = 0
    centre: float | None = None
    blocks: Floats | None = None

    @property
    def rows(self) -> int:
        """All rows, whatever they hold."""
        return self.present + self.nulls + self.infinite

    @property
    def present(self) -> int:
        """Rows that can be compared."""
        return int(self.counts.sum())

    @property
    def values(self) -> Floats:
        """As many values as there are rows, spread evenly in their bins; to draw."""
        return _spread(self.edges, self.counts)


@dataclass(frozen=True, eq=False)
class WindowHistogram:
    """A window's numbers, counted in the bins of the reference's column.

    `counts` and `sums` as of `ReferenceHistogram`, with one bin more for what lies
    above the last edge (its sum is not kept). `under` rows lie under the reference's
    least value, `below` and `above` the inner range (widened by a rounding error) of
    the reference; `least` and `largest` are the window's own values.
    """

    edges: Floats
    counts: Floats
    sums: Floats
    under: int
    below: int
    above: int
    least: float
    largest: float
    nulls: int = 0
    infinite: int = 0
    dependence: float = 0.0

    @property
    def rows(self) -> int:
        """All rows, whatever they hold."""
        return self.present + self.nulls + self.infinite

    @property
    def present(self) -> int:
        """Rows that can be compared."""
        return int(self.counts.sum())

    @property
    def values(self) -> Floats:
        """Values spread evenly in their bins, to draw; many rows stand for more."""
        edges = np.append(self.edges, max(self.largest, self.edges[-1]))
        sampling_factor_ratio = max(1.0, self.present / DRAWN_ROWS)
        return _spread(edges, np.ceil(self.counts / sampling_factor_ratio))


def _spread(edges: Floats, counts: Floats) -> Floats:
    lower = np.concatenate([edges[:1], edges[:-1]])
    middle = lower + (edges - lower) / 2
    return np.repeat(middle, counts.astype(np.int64))


@dataclass(frozen=True)
class Categories:
    """A categorical column: rows by category, categories in one canonical spelling.

    `dependence` and `blocks` as of `Numbers`.
    """

    counts: Mapping[str, int]
    nulls: int = 0
    infinite: int = 0
    dependence: float = 0.0
    blocks: Floats | None = None

    @property
    def rows(self) -> int:
        """All rows, whatever they hold."""
        return self.present + self.nulls

    @property
    def present(self) -> int:
        """Rows that can be compared."""
        return sum(self.counts.values())


Column: TypeAlias = Numbers | ReferenceHistogram | WindowHistogram | Categories


@dataclass(frozen=True)
class Finding:
    """Something worth saying about a column; `data_quality` ones make DataQuality."""

    reason: Reason
    column: str
    detail: str = ""
    data_quality: bool = True

    def __str__(self) -> str:
        return f"{self.reason}: {self.column}" if self.column else self.reason


@dataclass(frozen=True, eq=False)
class Dataset:
    """One side of a comparison.

    `rows` were found; the columns hold them all, or `sampled` of them, chosen at
    random.
    """

    rows: int
    columns: Mapping[str, Column]
    findings: tuple[Finding, ...] = field(default=())
    sampled: int | None = None
