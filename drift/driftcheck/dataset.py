"""The data of a check: a reference, its segments, labeled predictions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

import pyarrow as pa

from driftcheck.contract import SegmentRule
from driftcheck.stats.columns import (
    Categories,
    ColumnKind,
    Dataset,
)


@dataclass(frozen=True, eq=False)
class LoadedReference:
    """A reference with the SHA-256 of its file.

    For a directory, the digest is that of the output of `sha256sum` for its files,
    sorted by path: one line "digest  path" each. `names` are all columns of the file.
    """

    dataset: Dataset
    sha256: str
    names: tuple[str, ...] = ()

    @property
    def kinds(self) -> dict[str, ColumnKind]:
        """The kind of each column, by which it is compared."""
        return {
            name: ColumnKind.CATEGORY
            if isinstance(column, Categories)
            else ColumnKind.NUMBER
            for name, column in self.dataset.columns.items()
        }


@dataclass(frozen=True)
class Segments:
    """The values that are judged, those with too few rows, and the number of others."""

    judged: tuple[str, ...] = ()
    small: tuple[str, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, eq=False)
class SegmentedReference:
    """A reference by segment, with the rows of each segment that is judged."""

    rule: SegmentRule
    segments: Segments
    references: Mapping[str, LoadedReference]


def segments_of(rule: SegmentRule, rows: Mapping[str, int]) -> Segments:
    """Return the segments of the reference, largest first.

    `rows` is the number of its rows by value. A value that only the window has is not a
    segment: it is a new category of its column.
    """
    ranked = sorted(rows, key=lambda value: (-rows[value], value))
    taken = ranked[: rule.maximum]
    judged = tuple(value for value in taken if rows[value] >= rule.minimum_rows)
    return Segments(judged, tuple(taken[len(judged) :]), len(ranked) - len(taken))


def without_column(dataset: Dataset, column: str) -> Dataset:
    """Return a segment's rows without the column by which it is segmented."""
    columns = {n: c for n, c in dataset.columns.items() if n != column}
    findings = tuple(f for f in dataset.findings if f.column != column)
    return replace(dataset, columns=columns, findings=findings)


class LabeledPredictions(NamedTuple):
    """The labels and predictions of a window's rows.

    `labeled` of the `rows` have both. `table` has two columns, the label and the
    prediction, of these rows in order of time; of more than
    `storage.limits.MAXIMUM_ROWS` the latest.
    """

    rows: int
    labeled: int
    table: pa.Table


SegmentReader: TypeAlias = Callable[[str, LoadedReference], Dataset]
