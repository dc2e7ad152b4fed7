"""Convert Arrow data to columns that can be compared.

A column that does not have the expected form becomes a finding, not an error.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
import pyarrow as pa

from driftcheck.arrow.arrays import codes_of, floats_of
from driftcheck.arrow.json_values import fields_from, vectors_from
from driftcheck.arrow.schema import Shape, is_list
from driftcheck.contract import Features
from driftcheck.contract.reasons import Reason
from driftcheck.stats.block_tables import blocks_of_categories, blocks_of_numbers
from driftcheck.stats.category_significance import category_dependence
from driftcheck.stats.columns import (
    Categories,
    Column,
    ColumnKind,
    Dataset,
    Finding,
    Numbers,
    Order,
)
from driftcheck.stats.distance import Floats
from driftcheck.stats.significance import dependence


class Table(Protocol):
    """The interface of a table: Arrow's own, and `storage.parquet.ParquetTable`."""

    @property
    def num_rows(self) -> int:
        """The number of rows of each column."""
        ...

    def column(self, name: str, /) -> pa.ChunkedArray:
        """Return one column, which may be read on demand."""
        ...


def dataset_from(
    table: Table,
    shape: Shape,
    features: Features,
    rows: int | None = None,
    order: Order = Order.UNKNOWN,
) -> Dataset:
    """Convert a table to a dataset.

    Parameters
    ----------
    table
        The table, or a sample of one.
    shape, features
        Its columns to convert, see `schema`.
    rows
        The number of rows of which the table is a sample; by default the table's own.
    order
        The meaning of the order of the rows.
    """
    rows = table.num_rows if rows is None else rows
    columns = dict(columns_from(table, shape, features, order))
    return dataset_of(columns, shape, rows, table.num_rows)


def dataset_of(
    converted: Mapping[str, Column | Finding], shape: Shape, rows: int, read: int
) -> Dataset:
    """Return the result of `columns_from` as a dataset; `read` of `rows` were read."""
    columns = {n: c for n, c in converted.items() if not isinstance(c, Finding)}
    broken = tuple(c for c in converted.values() if isinstance(c, Finding))
    sampled = read if read < rows else None
    return Dataset(rows, columns, shape.findings + broken, sampled)


def columns_from(
    table: Table, shape: Shape, features: Features, order: Order
) -> Iterator[tuple[str, Column | Finding]]:
    """Yield the columns by name, each read and converted on demand."""
    if shape.vector is not None:
        vectors = table.column(shape.vector)
        yield from _split_vector(vectors, features, shape, order)
    if shape.json_column is not None:
        objects = table.column(shape.json_column)
        for name, values in fields_from(objects, shape.json_column, shape.elements):
            if isinstance(values, Finding):
                yield name, values
            else:
                yield name, column_from(values, shape.elements[name], order)
    for name, kind in shape.columns.items():
        yield name, column_from(table.column(name), kind, order)


def column_from(
    values: pa.ChunkedArray, kind: ColumnKind, order: Order = Order.TIME
) -> Column:
    """Convert one column: sort its numbers, or count its categories.

    Parameters
    ----------
    values
        The column, of a type that casts to the kind.
    kind
        The kind that the reference decides.
    order
        The meaning of the order of the rows; autocorrelation and blocks follow from it.
    """
    if kind is ColumnKind.NUMBER:
        present, nulls = floats_of(values)
        return numbers_from(present, order, nulls)
    codes, names = codes_of(values)
    rows = np.bincount(codes, minlength=len(names))
    counts: Counter[str] = Counter()
    for name, count in zip(names, rows.tolist(), strict=True):
        if count:
            counts[name] += count
    return Categories(
        dict(counts),
        values.null_count,
        dependence=0.0 if order is Order.UNKNOWN else category_dependence(codes, rows),
        blocks=blocks_of_categories(codes) if order is Order.REFERENCE else None,
    )


def numbers_from(values: Floats, order: Order = Order.TIME, nulls: int = 0) -> Numbers:
    """Convert the values of a numeric column.

    Parameters
    ----------
    values
        float64, shape (n,), in order; NaN counts as null.
    order
        The meaning of the order of the rows.
    nulls
        The number of further rows, which are null.
    """
    # NaN is sorted after all numbers; infinities are at both ends of these.
    ordered = np.sort(values)
    last = int(np.searchsorted(ordered, np.nan))
    first = int(np.searchsorted(ordered, -np.inf, side="right"))
    above = int(np.searchsorted(ordered[:last], np.inf))
    autocorrelation, blocks = 0.0, None
    if order is not Order.UNKNOWN:
        finite = values if above - first == values.size else values[np.isfinite(values)]
        autocorrelation = dependence(finite, ordered[first:above])
        if order is Order.REFERENCE:
            blocks = blocks_of_numbers(finite, ordered[first:above])
    return Numbers(
        ordered[first:above],
        nulls + values.size - last,
        first + last - above,
        autocorrelation,
        blocks,
    )


def _split_vector(
    vectors: pa.ChunkedArray, features: Features, shape: Shape, order: Order
) -> Iterator[tuple[str, Column | Finding]]:
    """Yield a column for each feature from a column of vectors of one length.

    A finding for the column of vectors takes their place if the lengths differ.
    """
    import pyarrow.compute as pc

    column = shape.vector or ""
    width = len(features.names)
    if not is_list(vectors.type):
        parsed = vectors_from(vectors, column)
        if isinstance(parsed, Finding):
            yield column, parsed
            return
        vectors = parsed
    present = vectors.drop_null()
    lengths = pc.value_counts(pc.list_value_length(present)).to_pylist()
    by_length = {item["values"]: item["counts"] for item in lengths}
    if len(by_length) > 1:
        others = present.length() - by_length.get(width, 0)
        detail = f"{others} of {present.length()} vectors do not have {width} values"
        yield column, Finding(Reason.RAGGED_VECTOR, column, detail)
        return
    if by_length and width not in by_length:
        detail = f"vectors have {next(iter(by_length))} values, {width} are named"
        yield column, Finding(Reason.VECTOR_LENGTH, column, detail)
        return
    flat = pc.fill_null(pc.list_flatten(present).cast(pa.float64(), safe=False), np.nan)
    matrix = floats_of(flat)[0].reshape(-1, width)
    for index, name in enumerate(features.names):
        if name in shape.elements:
            yield name, numbers_from(matrix[:, index], order, vectors.null_count)
