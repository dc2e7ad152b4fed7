"""Arrow data as columns to compare; what does not fit becomes a finding.

The reference fixes each column's kind. A window's column that is gone or of another
kind is a finding, not an exception: the other columns are still compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from driftcheck.columns import (
    Categories,
    Column,
    ColumnKind,
    Dataset,
    Finding,
    Numbers,
)
from driftcheck.contract import Features
from driftcheck.distance import Floats

POSTGRES_TYPE = b"POSTGRESQL:type"


@dataclass(frozen=True)
class Shape:
    """What of a table can be used: one vector column, or columns by their kinds."""

    vector: str | None
    columns: Mapping[str, ColumnKind]
    findings: tuple[Finding, ...]

    @property
    def names(self) -> list[str]:
        """The table's columns to read."""
        return [self.vector] if self.vector else list(self.columns)


def reference_shape(schema: pa.Schema, features: Features) -> Shape:
    """The shape of a reference, whose types decide how columns are compared."""
    if features.column in schema.names and not set(features.names) & set(schema.names):
        return window_shape(
            schema, features, dict.fromkeys(features.names, ColumnKind.NUMBER)
        )
    columns: dict[str, ColumnKind] = {}
    findings = []
    for name in features.names:
        if name not in schema.names:
            findings.append(
                Finding("MissingColumn", name, "the reference has no such column")
            )
            continue
        kind = kind_of(schema.field(name))
        if kind is None:
            detail = f"values of type {schema.field(name).type} are not compared"
            findings.append(Finding("Unchecked", name, detail, quality=False))
        else:
            columns[name] = kind
    return Shape(None, columns, tuple(findings))


def window_shape(
    schema: pa.Schema, features: Features, expected: Mapping[str, ColumnKind]
) -> Shape:
    """The shape of a window, held against the kinds that the reference has."""
    if features.kind == "Vector" and features.column is not None:
        return _vector_shape(schema, features.column, expected)
    columns: dict[str, ColumnKind] = {}
    findings = []
    for name, kind in expected.items():
        if name not in schema.names:
            detail = "the inference log has no such column"
            findings.append(Finding("MissingColumn", name, detail))
        elif not _fits(schema.field(name), kind):
            detail = f"it holds {schema.field(name).type}, the reference a {kind}"
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
    return Shape(column, numbers, findings)


def kind_of(field: pa.Field) -> ColumnKind | None:
    """How values of that type are compared; None where they are not."""
    kind = field.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if (field.metadata or {}).get(POSTGRES_TYPE) == b"numeric":
        return ColumnKind.NUMBER
    if (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    ):
        return ColumnKind.NUMBER
    if pa.types.is_boolean(kind) or _is_text(kind):
        return ColumnKind.CATEGORY
    return None


def _fits(field: pa.Field, kind: ColumnKind) -> bool:
    if pa.types.is_null(field.type):
        return True
    if kind is ColumnKind.CATEGORY and pa.types.is_integer(field.type):
        return True
    return kind_of(field) is kind


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
    )


def _is_list(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or pa.types.is_fixed_size_list(kind)
    )


def dataset_from(
    table: pa.Table, shape: Shape, features: Features, rows: int | None = None
) -> Dataset:
    """The table's columns, sorted or counted; `rows` where the table is a sample."""
    rows = table.num_rows if rows is None else rows
    if shape.vector is not None:
        columns, findings = _split_vector(table.column(shape.vector), features, shape)
        return Dataset(rows, columns, shape.findings + findings)
    found = {
        name: column_from(table.column(name), kind)
        for name, kind in shape.columns.items()
    }
    return Dataset(rows, found, shape.findings)


def column_from(values: pa.ChunkedArray, kind: ColumnKind) -> Column:
    """One column, sorted or counted."""
    if kind is ColumnKind.NUMBER:
        return numbers_from(_floats(values))
    if pa.types.is_dictionary(values.type):
        values = pa.chunked_array(
            [chunk.dictionary_decode() for chunk in values.chunks],
            values.type.value_type,
        )
    present = values.drop_null().cast(pa.string())
    counted = pc.value_counts(present).to_pylist()
    counts = {item["values"]: item["counts"] for item in counted}
    return Categories(counts, nulls=values.null_count)


def numbers_from(values: Floats) -> Numbers:
    """A numeric column from raw values, in which NaN stands for null."""
    nulls = int(np.isnan(values).sum())
    finite = values[np.isfinite(values)]
    return Numbers(np.sort(finite), nulls, int(values.size - finite.size - nulls))


def _floats(values: pa.ChunkedArray) -> Floats:
    """The values as float64, nulls as NaN, without pyarrow's detour over pandas."""
    filled = pc.fill_null(values.cast(pa.float64(), safe=False), float("nan"))
    parts = [
        np.frombuffer(chunk.buffers()[1], np.float64, len(chunk), 8 * chunk.offset)
        for chunk in filled.chunks
        if len(chunk)
    ]
    empty: list[NDArray[np.float64]] = [np.empty(0)]
    return np.concatenate(parts or empty)


def _split_vector(
    vectors: pa.ChunkedArray, features: Features, shape: Shape
) -> tuple[dict[str, Column], tuple[Finding, ...]]:
    """One column per name from an array column; the names give its right length."""
    column = shape.vector or ""
    width = len(features.names)
    present = vectors.drop_null()
    lengths = pc.value_counts(pc.list_value_length(present)).to_pylist()
    by_length = {item["values"]: item["counts"] for item in lengths}
    if len(by_length) > 1:
        odd = present.length() - by_length.get(width, 0)
        detail = f"{odd} of {present.length()} vectors do not have {width} values"
        return {}, (Finding("RaggedVector", column, detail),)
    if by_length and width not in by_length:
        detail = f"vectors have {next(iter(by_length))} values, {width} are named"
        return {}, (Finding("VectorLength", column, detail),)
    flat = _floats(pc.list_flatten(present)).reshape(-1, width)
    missing = np.full((vectors.null_count, width), np.nan)
    matrix = np.concatenate([flat, missing])
    columns: dict[str, Column] = {
        name: numbers_from(matrix[:, index])
        for index, name in enumerate(features.names)
        if name in shape.columns
    }
    return columns, ()
