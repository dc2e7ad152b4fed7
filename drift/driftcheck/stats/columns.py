"""Columns in the form that the statistics need: sorted numbers, or category counts.

The reference decides a column's kind; it is never guessed from a window. Numbers with
few distinct values stay numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

import numpy as np

from driftcheck.contract.reasons import Reason
from driftcheck.stats.distance import Floats

DRAWN_ROWS = 100_000
"""Values, about, that `WindowHistogram.values` returns to draw a histogram.

A histogram of more values looks the same; each takes 8 bytes. No verdict uses them.
"""


class ColumnKind(StrEnum):
    """The way in which a column is compared."""

    NUMBER = "number"
    CATEGORY = "category"


class Order(StrEnum):
    """The meaning of the order of a table's rows.

    UNKNOWN: the order means nothing, because a file may be sorted. TIME: rows are in
    order of time, so their autocorrelation is measured. REFERENCE: consecutive rows may
    be consecutive in time, so blocks of them are compared as well (see
    `block_variability`).
    """

    UNKNOWN = "unknown"
    TIME = "time"
    REFERENCE = "reference"


@dataclass(frozen=True, eq=False)
class Numbers:
    """A numeric column.

    Attributes
    ----------
    values
        float64, shape (n,), the finite values in ascending order.
    nulls
        Rows without a value; NaN counts as null.
    infinite
        Rows with an infinite value.
    dependence
        The lag-1 autocorrelation, 0 to 1 (see `significance.dependence`); 0 if the
        order in time is unknown.
    blocks
        The table of `block_variability.BlockVariability` of a non-stationary
        reference; None for any other column.
    """

    values: Floats
    nulls: int = 0
    infinite: int = 0
    dependence: float = 0.0
    blocks: Floats | None = None

    @property
    def rows(self) -> int:
        """All rows, with or without a finite value."""
        return self.present + self.nulls + self.infinite

    @property
    def present(self) -> int:
        """Rows with a value that can be compared."""
        return int(self.values.size)


@dataclass(frozen=True, eq=False)
class ReferenceHistogram:
    """A numeric column of the reference in bins of about equal counts (`histogram`).

    Attributes
    ----------
    edges
        float64, shape (B,), the largest value of each bin, ascending. The first bin
        holds only the smallest value.
    counts
        float64, shape (B,), the rows of each bin.
    sums
        float64, shape (B,), the sum of the values of each bin, clipped to the inner
        range and in its unit: `low` is 0, `high` is 1.
    deciles
        float64, shape (k,), the distinct deciles; all of them are edges.
    low, high
        The inner range (see `distance.inner_range`), in the column's unit.
    deviation
        The standard deviation of the clipped values, in the unit of `sums`.
    below, above
        Rows outside the inner range.
    nulls, infinite, blocks
        As for `Numbers`.
    centre
        The value of a constant column; None for any other column.
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
        """All rows, with or without a finite value."""
        return self.present + self.nulls + self.infinite

    @property
    def present(self) -> int:
        """Rows with a value that can be compared."""
        return int(self.counts.sum())

    @property
    def values(self) -> Floats:
        """One value for each row, in the middle of its bin; for drawing only."""
        return _middles(self.edges, self.counts)


@dataclass(frozen=True, eq=False)
class WindowHistogram:
    """A numeric column of a window, counted in the bins of the reference.

    Attributes
    ----------
    edges
        float64, shape (B,), the edges of the `ReferenceHistogram`.
    counts
        float64, shape (B + 1,), the rows of each bin; the last bin holds the rows above
        the last edge.
    sums
        float64, shape (B,), as for `ReferenceHistogram`.
    under
        Rows below the reference's smallest value.
    below, above
        Rows outside the reference's inner range, widened by a rounding error.
    least, largest
        The window's own smallest and largest value.
    nulls, infinite, dependence
        As for `Numbers`.
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
        """All rows, with or without a finite value."""
        return self.present + self.nulls + self.infinite

    @property
    def present(self) -> int:
        """Rows with a value that can be compared."""
        return int(self.counts.sum())

    @property
    def values(self) -> Floats:
        """About DRAWN_ROWS values at most, in their bins' middles; for drawing only."""
        edges = np.append(self.edges, max(self.largest, self.edges[-1]))
        rows_per_value = max(1.0, self.present / DRAWN_ROWS)
        return _middles(edges, np.ceil(self.counts / rows_per_value))


def _middles(edges: Floats, counts: Floats) -> Floats:
    """Return each bin's middle as often as it has rows."""
    lower = np.concatenate([edges[:1], edges[:-1]])
    middle = lower + (edges - lower) / 2
    return np.repeat(middle, counts.astype(np.int64))


@dataclass(frozen=True)
class Categories:
    """A categorical column.

    Attributes
    ----------
    counts
        The rows of each category.
    nulls, blocks
        As for `Numbers`.
    infinite
        Always 0.
    dependence
        How much more often a category repeats than by chance, 0 to 1 (see
        `category_significance.category_dependence`).
    """

    counts: Mapping[str, int]
    nulls: int = 0
    infinite: int = 0
    dependence: float = 0.0
    blocks: Floats | None = None

    @property
    def rows(self) -> int:
        """All rows, with or without a finite value."""
        return self.present + self.nulls

    @property
    def present(self) -> int:
        """Rows with a value that can be compared."""
        return sum(self.counts.values())


Column: TypeAlias = Numbers | ReferenceHistogram | WindowHistogram | Categories


@dataclass(frozen=True)
class Finding:
    """A remark on a column. With `data_quality` it makes the verdict DataQuality."""

    reason: Reason
    column: str
    detail: str = ""
    data_quality: bool = True

    def __str__(self) -> str:
        return f"{self.reason}: {self.column}" if self.column else self.reason


@dataclass(frozen=True, eq=False)
class Dataset:
    """One side of a comparison.

    Attributes
    ----------
    rows
        All rows of this side.
    columns
        The columns by name. They hold all rows, or `sampled` of them.
    findings
        Remarks on columns that could not be read as expected.
    sampled
        The size of the random sample; None if all rows were read.
    """

    rows: int
    columns: Mapping[str, Column]
    findings: tuple[Finding, ...] = field(default=())
    sampled: int | None = None
