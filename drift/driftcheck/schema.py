"""Arrow data as columns to compare; what does not fit becomes a finding.

The reference fixes each column's kind. A window's column that is gone or of another
kind is a finding, not an exception: the other columns are still compared.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import pyarrow as pa

from driftcheck.arrays import codes_of, floats_of, is_text, plain_type
from driftcheck.blocks import blocks_of_categories, blocks_of_numbers
from driftcheck.columns import (
    Categories,
    Column,
    ColumnKind,
    Dataset,
    Finding,
    Numbers,
    Order,
)
from driftcheck.contract import Features
from driftcheck.distance import Floats
from driftcheck.significance import category_dependence, dependence

POSTGRES_TYPE = b"POSTGRESQL:type"


@dataclass(frozen=True)
class Shape:
    """What of a table can be used, by kind: columns, and what a vector holds."""

    vector: str | None
    columns: Mapping[str, ColumnKind]
    findings: tuple[Finding, ...]
    elements: Mapping[str, ColumnKind] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The table's columns to read."""
        return [*([self.vector] if self.vector else []), *self.columns]


def reference_shape(
    schema: pa.Schema, features: Features, prediction: str | None = None
) -> Shape:
    """The shape of a reference, whose types decide how columns are compared.

    The column of predictions is one more column, if the reference has it.
    """
    if features.column in schema.names and not set(features.names) & set(schema.names):
        kinds = dict.fromkeys(features.names, ColumnKind.NUMBER)
        shape = window_shape(schema, features, kinds)
    else:
        shape = _columns_shape(schema, features.names)
    if prediction is None or prediction in features.names:
        return shape
    if prediction in schema.names:
        found = _columns_shape(schema, (prediction,))
    else:
        detail = "the reference holds no predictions to compare with"
        found = Shape(None, {}, (Finding("Unchecked", prediction, detail, False),))
    return replace(
        shape,
        columns={**shape.columns, **found.columns},
        findings=shape.findings + found.findings,
    )


def _columns_shape(schema: pa.Schema, names: Sequence[str]) -> Shape:
    columns: dict[str, ColumnKind] = {}
    findings = []
    for name in names:
        if name not in schema.names:
            findings.append(
                Finding("MissingColumn", name, "the reference has no such column")
            )
            continue
        kind = kind_of(schema.field(name))
        if kind is None:
            held = plain_type(schema.field(name).type)
            detail = f"values of type {held} are not compared"
            findings.append(Finding("Unchecked", name, detail, quality=False))
        else:
            columns[name] = kind
    return Shape(None, columns, tuple(findings))


def window_shape(
    schema: pa.Schema, features: Features, expected: Mapping[str, ColumnKind]
) -> Shape:
    """The shape of a window, held against the kinds that the reference has."""
    if features.kind == "Vector" and features.column is not None:
        inside = {n: k for n, k in expected.items() if n in features.names}
        beside = {n: k for n, k in expected.items() if n not in features.names}
        vector = _vector_shape(schema, features.column, inside)
        rest = _expected_shape(schema, beside)
        findings = vector.findings + rest.findings
        return replace(vector, columns=rest.columns, findings=findings)
    return _expected_shape(schema, expected)


def _expected_shape(schema: pa.Schema, expected: Mapping[str, ColumnKind]) -> Shape:
    columns: dict[str, ColumnKind] = {}
    findings = []
    for name, kind in expected.items():
        if name not in schema.names:
            detail = "the inference log has no such column"
            findings.append(Finding("MissingColumn", name, detail))
        elif not _fits(schema.field(name), kind):
            held = plain_type(schema.field(name).type)
            detail = f"it holds {held}, the reference a {kind}"
            findings.append(Finding("RetypedColumn", name, detail))
        else:
            columns[name] = kind
    return Shape(None, columns, tuple(findings))


def _vector_shape(
    schema: pa.Schema, column: str, expected: Mapping[str, ColumnKind]
) -> Shape:
    if column not in schema.names:
        detail = "the inference log has no such column"
        return Shape(None, {}, (Finding("MissingColumn", column, detail),))
    field = schema.field(column)
    if not _is_list(field.type) or kind_of(field.type.value_field) != ColumnKind.NUMBER:
        detail = f"it holds {field.type}, not an array of numbers"
        return Shape(None, {}, (Finding("RetypedColumn", column, detail),))
    findings = tuple(
        Finding("RetypedColumn", name, "it holds numbers, the reference a category")
        for name, kind in expected.items()
        if kind is not ColumnKind.NUMBER
    )
    numbers = {n: k for n, k in expected.items() if k is ColumnKind.NUMBER}
    return Shape(column, {}, findings, numbers)


def kind_of(field: pa.Field) -> ColumnKind | None:
    """How values of that type are compared; None where they are not."""
    kind = plain_type(field.type)
    if (field.metadata or {}).get(POSTGRES_TYPE) == b"numeric":
        return ColumnKind.NUMBER
    if (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    ):
        return ColumnKind.NUMBER
    if pa.types.is_boolean(kind) or is_text(kind):
        return ColumnKind.CATEGORY
    return None


def _fits(field: pa.Field, kind: ColumnKind) -> bool:
    if pa.types.is_null(field.type):
        return True
    if kind is ColumnKind.CATEGORY and pa.types.is_integer(plain_type(field.type)):
        return True
    return kind_of(field) is kind


def _is_list(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or pa.types.is_fixed_size_list(kind)
    )


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
    present = vectors.drop_null()
    lengths = pc.value_counts(pc.list_value_length(present)).to_pylist()
    by_length = {item["values"]: item["counts"] for item in lengths}
    if len(by_length) > 1:
        odd = present.length() - by_length.get(width, 0)
        detail = f"{odd} of {present.length()} vectors do not have {width} values"
        yield column, Finding("RaggedVector", column, detail)
        return
    if by_length and width not in by_length:
        detail = f"vectors have {next(iter(by_length))} values, {width} are named"
        yield column, Finding("VectorLength", column, detail)
        return
    flat = pc.fill_null(pc.list_flatten(present).cast(pa.float64(), safe=False), np.nan)
    matrix = floats_of(flat)[0].reshape(-1, width)
    for index, name in enumerate(features.names):
        if name in shape.elements:
            yield name, numbers_from(matrix[:, index], order, vectors.null_count)
