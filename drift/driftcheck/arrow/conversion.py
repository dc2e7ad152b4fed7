"""Arrow data as columns to compare; what does not fit becomes a finding."""

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
from driftcheck.stats.block_variability import (
    blocks_of_categories,
    blocks_of_numbers,
)
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
from driftcheck.stats.significance import category_dependence, dependence


class Table(Protocol):
    """What is needed of a table: Arrow's own are tables, and `load`'s are."""

    @property
    def num_rows(self) -> int:
        """How many rows each column has."""
        ...

    def column(self, name: str, /) -> pa.ChunkedArray:
        """One column, which may be read only now."""
        ...


def dataset_from(
    table: Table,
    shape: Shape,
    features: Features,
    rows: int | None = None,
    order: Order = Order.UNKNOWN,
) -> Dataset:
    """The table's columns, sorted or counted; `rows` where the table is a sample."""
    rows = table.num_rows if rows is None else rows
    found = dict(columns_from(table, shape, features, order))
    return dataset_of(found, shape, rows, table.num_rows)


def dataset_of(
    found: Mapping[str, Column | Finding], shape: Shape, rows: int, read: int
) -> Dataset:
    """What `columns_from` found; `read` of `rows` were looked at."""
    columns = {n: c for n, c in found.items() if not isinstance(c, Finding)}
    broken = tuple(c for c in found.values() if isinstance(c, Finding))
    sampled = read if read < rows else None
    return Dataset(rows, columns, shape.findings + broken, sampled)


def columns_from(
    table: Table, shape: Shape, features: Features, order: Order
) -> Iterator[tuple[str, Column | Finding]]:
    """The columns, each read and converted when it is asked for."""
    if shape.vector is not None:
        vectors = table.column(shape.vector)
        yield from _split_vector(vectors, features, shape, order)
    if shape.holder is not None:
        objects = table.column(shape.holder)
        for name, found in fields_from(objects, shape.holder, shape.elements):
            if isinstance(found, Finding):
                yield name, found
            else:
                yield name, column_from(found, shape.elements[name], order)
    for name, kind in shape.columns.items():
        yield name, column_from(table.column(name), kind, order)


def column_from(
    values: pa.ChunkedArray, kind: ColumnKind, order: Order = Order.TIME
) -> Column:
    """One column, sorted or counted."""
    if kind is ColumnKind.NUMBER:
        found, nulls = floats_of(values)
        return numbers_from(found, order, nulls)
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
    """A numeric column from raw values, NaN being a null as `nulls` others are."""
    # NaN is sorted behind all else, infinities are at the ends.
    ordered = np.sort(values)
    last = int(np.searchsorted(ordered, np.nan))
    first = int(np.searchsorted(ordered, -np.inf, side="right"))
    above = int(np.searchsorted(ordered[:last], np.inf))
    following, blocks = 0.0, None
    if order is not Order.UNKNOWN:
        finite = values if above - first == values.size else values[np.isfinite(values)]
        following = dependence(finite, ordered[first:above])
        if order is Order.REFERENCE:
            blocks = blocks_of_numbers(finite, ordered[first:above])
    return Numbers(
        ordered[first:above],
        nulls + values.size - last,
        first + last - above,
        following,
        blocks,
    )


def _split_vector(
    vectors: pa.ChunkedArray, features: Features, shape: Shape, order: Order
) -> Iterator[tuple[str, Column | Finding]]:
    """One column per name from an array column; the names give its right length."""
    import pyarrow.compute as pc

    column = shape.vector or ""
    width = len(features.names)
    if not is_list(vectors.type):
        written = vectors_from(vectors, column)
        if isinstance(written, Finding):
            yield column, written
            return
        vectors = written
    present = vectors.drop_null()
    lengths = pc.value_counts(pc.list_value_length(present)).to_pylist()
    by_length = {item["values"]: item["counts"] for item in lengths}
    if len(by_length) > 1:
        odd = present.length() - by_length.get(width, 0)
        detail = f"{odd} of {present.length()} vectors do not have {width} values"
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
