"""Warehouse pushdown: a warehouse counts, the worker judges.

An optional extra (requirements/warehouse.in): Ibis with a backend, such as DuckDB,
Spark, BigQuery, Snowflake or Trino. The warehouse is asked one aggregate for each
column, by the edges of the reference's profile; its answers are the same counts and
sums that `histogram_of` makes of rows, so the same code judges them. docs/warehouse.md
says what is scanned, what is moved, and what is approximate.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from ibis.expr import types as ir

from driftcheck.arrow.schema import Shape, window_shape
from driftcheck.contract import Features, LogSource
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import LoadedReference
from driftcheck.errors import CheckFailure
from driftcheck.stats.columns import (
    Categories,
    Column,
    ColumnKind,
    Dataset,
    Finding,
    Numbers,
    ReferenceHistogram,
    WindowHistogram,
)
from driftcheck.stats.distance import Floats
from driftcheck.stats.histogram import widened_range
from driftcheck.stats.reduction import coarser, reduced
from driftcheck.warehouse import queries as sql
from driftcheck.warehouse.connection import Warehouse
from driftcheck.windows import Window

NO_BINS = "the reference's values are too large or too small to be binned"


def comparable(reference: LoadedReference) -> LoadedReference:
    """Return the reference in coarser bins, few enough for one query."""
    columns: dict[str, Column] = {}
    for name, column in reference.dataset.columns.items():
        binned = reduced(column, longest=0) if isinstance(column, Numbers) else column
        columns[name] = (
            coarser(binned) if isinstance(binned, ReferenceHistogram) else binned
        )
    return replace(reference, dataset=replace(reference.dataset, columns=columns))


def window_of(
    warehouse: Warehouse,
    table: ir.Table,
    features: Features,
    reference: LoadedReference,
) -> Dataset:
    """Return the table's rows as a window, held against a `comparable` reference."""
    rows = int(warehouse.answer(table.count()))
    shape = window_shape(_arrow_schema(table), features, reference.kinds)
    counted = _Counted(warehouse, table, reference.dataset)
    columns: dict[str, Column] = {}
    findings = list(shape.findings)
    broken = broken_vector(warehouse, table, shape, features)
    findings += broken
    for name, kind, place in placed_columns(shape, features, skip_vector=bool(broken)):
        column = counted.column(name, kind, place, str(shape.vector))
        if isinstance(column, Finding):
            findings.append(column)
        else:
            columns[name] = column
    return Dataset(rows, columns, tuple(findings))


def within(
    warehouse: Warehouse, table: ir.Table, source: LogSource, window: Window
) -> ir.Table:
    """Return the rows of a window, by the timestamp column."""
    name = source.timestamp_column
    if name not in table.columns:
        raise CheckFailure(
            Reason.MISSING_COLUMN, f"there is no timestamp column {name}"
        )
    kind = table.schema()[name]
    if not kind.is_timestamp():
        raise CheckFailure(Reason.NOT_A_TIMESTAMP, f"column {name} holds {kind}")
    start, end = window.start, window.end
    if kind.timezone is None:
        zone = time_zone(source.time_zone)
        start = start.astimezone(zone).replace(tzinfo=None)
        end = end.astimezone(zone).replace(tzinfo=None)
    with warehouse.failing():
        moment: Any = table[name]
        rows: ir.Table = table.filter(moment >= start, moment < end)
    return rows


def time_zone(name: str) -> tzinfo:
    """Return the zone of naive timestamps; CheckFailure BadRequest if unknown."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise CheckFailure(Reason.BAD_REQUEST, f"no time zone {name}") from None


def placed_columns(
    shape: Shape, features: Features, *, skip_vector: bool
) -> Iterator[tuple[str, ColumnKind, int | None]]:
    """Return the columns to ask for, with their places where they are in an array."""
    if shape.vector is not None and not skip_vector:
        for place, name in enumerate(features.names):
            if name in shape.elements:
                yield name, ColumnKind.NUMBER, place
    for name, kind in shape.columns.items():
        yield name, kind, None


@dataclass(frozen=True, eq=False)
class _Counted:
    """Counts a table's columns in the bins of a reference."""

    warehouse: Warehouse
    table: ir.Table
    reference: Dataset

    def column(
        self, name: str, kind: ColumnKind, place: int | None, vector: str
    ) -> Column | Finding:
        """Return one column; a Finding where it cannot be compared there."""
        if kind is ColumnKind.CATEGORY:
            return categories_of(self.warehouse, self.table, name)
        before = self.reference.columns[name]
        if not isinstance(before, ReferenceHistogram):
            return Finding(Reason.UNCHECKED, name, NO_BINS, data_quality=False)
        values = sql.floats(self.table, name if place is None else vector, place)
        edges = sql.fine_edges(before)
        counts = Counts.of(self.warehouse, values, edges, (before.low, before.high))
        return counts.histogram(before)


def categories_of(
    warehouse: Warehouse, table: ir.Table, name: str
) -> Categories | Finding:
    """Return a column's rows by category; a Finding if there are too many."""
    answer = warehouse.answer(sql.categories(table, name))
    counts = dict(
        zip(answer["category"].to_pylist(), answer["rows"].to_pylist(), strict=True)
    )
    nulls = int(counts.pop(None, 0))
    if len(counts) > sql.MAXIMUM_CATEGORIES:
        detail = f"there are more than {sql.MAXIMUM_CATEGORIES} categories"
        return Finding(Reason.UNCHECKED, name, detail, data_quality=False)
    return Categories({category: int(rows) for category, rows in counts.items()}, nulls)


@dataclass(frozen=True, eq=False)
class Counts:
    """A column of numbers as the warehouse counted it, by the edges it was given."""

    edges: Floats
    rows: Floats
    sums: Floats
    squares: Floats
    least: float
    largest: float
    nulls: int
    infinite: int

    @classmethod
    def of(
        cls,
        warehouse: Warehouse,
        values: ir.FloatingValue,
        edges: Floats,
        inner: tuple[float, float],
    ) -> "Counts":
        """Asks for them; bins without rows are absent from the answer."""
        answer = warehouse.answer(sql.counts(values, edges, inner))
        bins = answer["bin"].to_numpy()
        inside = bins >= 0

        def spread(column: str) -> Floats:
            values = np.zeros(edges.size + 1)
            values[bins[inside]] = _numbers(answer[column])[inside]
            return values

        rows = _numbers(answer["rows"])
        return cls(
            edges=edges,
            rows=spread("rows"),
            sums=spread("total"),
            squares=spread("squares"),
            least=float(np.min(_numbers(answer["least"])[inside], initial=np.inf)),
            largest=float(np.max(_numbers(answer["largest"])[inside], initial=-np.inf)),
            nulls=int(rows[bins == sql.NULL].sum()),
            infinite=int(rows[bins == sql.INFINITE].sum()),
        )

    @property
    def present(self) -> int:
        """Return the number of rows that can be compared."""
        return int(self.rows.sum())

    def up_to(self, edge: float) -> int:
        """Return the number of rows with values up to an edge."""
        return int(self.rows[: int(np.searchsorted(self.edges, edge)) + 1].sum())

    def histogram(self, reference: ReferenceHistogram) -> WindowHistogram:
        """Return the same counts in the reference's bins, which are less fine."""
        low, high = widened_range(reference)
        first = float(reference.edges[0])
        starts = np.searchsorted(self.edges, reference.edges[:-1]) + 1
        starts = np.concatenate([[0], starts])
        last = int(np.searchsorted(self.edges, reference.edges[-1])) + 1
        return WindowHistogram(
            edges=reference.edges,
            counts=np.append(
                np.add.reduceat(self.rows[:last], starts), self.rows[last:].sum()
            ),
            sums=np.add.reduceat(self.sums[:last], starts),
            under=self.up_to(float(np.nextafter(first, -np.inf))),
            below=self.up_to(float(np.nextafter(low, -np.inf))),
            above=self.present - self.up_to(high),
            least=self.least if self.present else 0.0,
            largest=self.largest if self.present else 0.0,
            nulls=self.nulls,
            infinite=self.infinite,
        )


def _numbers(column: pa.ChunkedArray) -> Floats:
    values: list[float | None] = column.to_pylist()
    return np.array([0.0 if v is None else float(v) for v in values])


def broken_vector(
    warehouse: Warehouse, table: ir.Table, shape: Shape, features: Features
) -> tuple[Finding, ...]:
    """Return a finding where arrays do not have the named length."""
    if shape.vector is None:
        return ()
    answer = warehouse.answer(sql.lengths(table, shape.vector)).to_pylist()
    lengths = {item["length"]: item["rows"] for item in answer}
    lengths.pop(None, None)
    width, total = len(features.names), sum(lengths.values())
    different = total - lengths.get(width, 0)
    if not different:
        return ()
    if len(lengths) == 1:
        detail = f"vectors have {next(iter(lengths))} values, {width} are named"
        return (Finding(Reason.VECTOR_LENGTH, shape.vector, detail),)
    detail = f"{different} of {total} vectors do not have {width} values"
    return (Finding(Reason.RAGGED_VECTOR, shape.vector, detail),)


def _arrow_schema(table: ir.Table) -> pa.Schema:
    schema: pa.Schema = table.schema().to_pyarrow()
    return schema
