"""What a check holds in memory: a reference, its segments, labelled predictions."""

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

    For a directory the digest is that of the text that `sha256sum` prints for its
    files, sorted by path: one line "digest  path" each.
    """

    dataset: Dataset
    sha256: str
    names: tuple[str, ...] = ()

    @property
    def kinds(self) -> dict[str, ColumnKind]:
        """How each column is to be compared."""
        return {
            name: ColumnKind.CATEGORY
            if isinstance(column, Categories)
            else ColumnKind.NUMBER
            for name, column in self.dataset.columns.items()
        }


@dataclass(frozen=True)
class Segments:
    """Which values are judged, which have too few rows, how many are left out."""

    judged: tuple[str, ...] = ()
    small: tuple[str, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, eq=False)
class SegmentedReference:
    """A reference by segment: which there are, and the rows of each that is judged."""

    rule: SegmentRule
    segments: Segments
    references: Mapping[str, LoadedReference]


def segments_of(rule: SegmentRule, rows: Mapping[str, int]) -> Segments:
    """The segments among the reference's rows by value, largest first.

    A value that only the window has is none: it is a new category of its column.
    """
    ranked = sorted(rows, key=lambda value: (-rows[value], value))
    taken = ranked[: rule.maximum]
    judged = tuple(value for value in taken if rows[value] >= rule.minimum_rows)
    return Segments(judged, tuple(taken[len(judged) :]), len(ranked) - len(taken))


def without_column(dataset: Dataset, column: str) -> Dataset:
    """A segment's rows without the column that is the same in all of them."""
    columns = {n: c for n, c in dataset.columns.items() if n != column}
    findings = tuple(f for f in dataset.findings if f.column != column)
    return replace(dataset, columns=columns, findings=findings)


MAXIMUM_LABELLED_ROWS = 100_000
"""Labelled rows that are scored: the latest so many."""


class LabelledPredictions(NamedTuple):
    """What became of a window's rows: how many there are, labels and predictions.

    `labelled` of the `rows` have both. `table` has two columns, the label and the
    prediction, of these rows in order of time; of more than
    MAXIMUM_LABELLED_ROWS the latest.
    """

    rows: int
    labelled: int
    table: pa.Table


SegmentReader: TypeAlias = Callable[[str, LoadedReference], Dataset]
