"""The columns of a table that can be compared, and how, by their types.

The reference decides each column's kind. A window's column that is missing or of
another kind is a finding, not an exception: the other columns are still compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from driftcheck.arrow.arrays import is_text, plain_type
from driftcheck.contract import Features
from driftcheck.contract.reasons import Reason
from driftcheck.stats.columns import ColumnKind, Finding

POSTGRES_TYPE = b"POSTGRESQL:type"
# Types of PostgreSQL that are read as text.
WRITTEN_TYPES = (b"json", b"jsonb")
# Types of pgvector that PostgreSQL casts to an array; Arrow has no such types.
DENSE_VECTORS = (b"vector", b"halfvec")


@dataclass(frozen=True)
class Shape:
    """The usable columns of a table by kind.

    Attributes
    ----------
    vector
        The column that holds several features as an array, if any.
    columns
        The columns that hold one feature each.
    findings
        Remarks on columns that are missing or of another type.
    elements
        The features in `vector` or `json_column`.
    json_column
        The column that holds several features as JSON objects, if any.
    """

    vector: str | None
    columns: Mapping[str, ColumnKind]
    findings: tuple[Finding, ...]
    elements: Mapping[str, ColumnKind] = field(default_factory=dict)
    json_column: str | None = None

    @property
    def names(self) -> list[str]:
        """The table's columns to read."""
        whole = [name for name in (self.vector, self.json_column) if name]
        return [*whole, *(name for name in self.columns if name not in whole)]


def reference_shape(
    schema: pa.Schema, features: Features, prediction: str | None = None
) -> Shape:
    """Return the shape of a reference, whose types decide the kinds.

    The column `prediction` is added to the features, if the reference has it.
    """
    names = features.compared
    if features.column in schema.names and not set(names) & set(schema.names):
        kinds = dict.fromkeys(names, ColumnKind.NUMBER)
        shape = window_shape(schema, features, kinds)
    else:
        shape = _columns_shape(schema, names)
    if prediction is None or prediction in (*features.names, *features.exclude):
        return shape
    if prediction in schema.names:
        found = _columns_shape(schema, (prediction,))
    else:
        detail = "the reference holds no predictions to compare with"
        found = Shape(None, {}, (Finding(Reason.UNCHECKED, prediction, detail, False),))
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
                Finding(Reason.MISSING_COLUMN, name, "the reference has no such column")
            )
            continue
        kind = kind_of(schema.field(name))
        if kind is None:
            held = plain_type(schema.field(name).type)
            detail = f"values of type {held} are not compared"
            findings.append(Finding(Reason.UNCHECKED, name, detail, data_quality=False))
        else:
            columns[name] = kind
    return Shape(None, columns, tuple(findings))


def window_shape(
    schema: pa.Schema, features: Features, expected: Mapping[str, ColumnKind]
) -> Shape:
    """Return the shape of a window, given the kinds that the reference has."""
    if features.kind != "Columns" and features.column is not None:
        inside = {n: k for n, k in expected.items() if n in features.names}
        beside = {n: k for n, k in expected.items() if n not in features.names}
        shape = _vector_shape if features.kind == "Vector" else _object_shape
        whole = shape(schema, features.column, inside)
        rest = _expected_shape(schema, beside)
        findings = whole.findings + rest.findings
        return replace(whole, columns=rest.columns, findings=findings)
    return _expected_shape(schema, expected)


def _expected_shape(schema: pa.Schema, expected: Mapping[str, ColumnKind]) -> Shape:
    columns: dict[str, ColumnKind] = {}
    findings = []
    for name, kind in expected.items():
        if name not in schema.names:
            detail = "the inference log has no such column"
            findings.append(Finding(Reason.MISSING_COLUMN, name, detail))
        elif not _fits(schema.field(name), kind):
            detail = (
                f"it holds {_type_name(schema.field(name))}, the reference a {kind}"
            )
            findings.append(Finding(Reason.RETYPED_COLUMN, name, detail))
        else:
            columns[name] = kind
    return Shape(None, columns, tuple(findings))


def _vector_shape(
    schema: pa.Schema, column: str, expected: Mapping[str, ColumnKind]
) -> Shape:
    if column not in schema.names:
        detail = "the inference log has no such column"
        return Shape(None, {}, (Finding(Reason.MISSING_COLUMN, column, detail),))
    field = schema.field(column)
    numbers = is_list(field.type) and (
        kind_of(field.type.value_field) is ColumnKind.NUMBER
    )
    if not numbers and not is_text_encoded(field) and not is_dense_vector(field):
        detail = f"it holds {_type_name(field)}, not an array of numbers"
        return Shape(None, {}, (Finding(Reason.RETYPED_COLUMN, column, detail),))
    findings = tuple(
        Finding(
            Reason.RETYPED_COLUMN, name, "it holds numbers, the reference a category"
        )
        for name, kind in expected.items()
        if kind is not ColumnKind.NUMBER
    )
    elements = {n: k for n, k in expected.items() if k is ColumnKind.NUMBER}
    return Shape(column, {}, findings, elements)


def _object_shape(
    schema: pa.Schema, column: str, expected: Mapping[str, ColumnKind]
) -> Shape:
    if column not in schema.names:
        detail = "the inference log has no such column"
        return Shape(None, {}, (Finding(Reason.MISSING_COLUMN, column, detail),))
    if not is_text_encoded(schema.field(column)):
        detail = f"it holds {_type_name(schema.field(column))}, not JSON"
        return Shape(None, {}, (Finding(Reason.RETYPED_COLUMN, column, detail),))
    return Shape(None, {}, (), expected, column)


def is_dense_vector(field: pa.Field) -> bool:
    """Return whether the column is pgvector's and can be read as an array."""
    return (field.metadata or {}).get(POSTGRES_TYPE) in DENSE_VECTORS


def _type_name(field: pa.Field) -> str:
    """Return the type for a message, by its name in PostgreSQL if Arrow has none."""
    kind = plain_type(field.type)
    name: bytes | None = (field.metadata or {}).get(POSTGRES_TYPE)
    if name and isinstance(kind, pa.BaseExtensionType):
        return name.decode("utf-8", "replace")
    return str(kind)


def is_text_encoded(field: pa.Field) -> bool:
    """Return whether values of that type are texts or can be read as texts."""
    written = (field.metadata or {}).get(POSTGRES_TYPE) in WRITTEN_TYPES
    kind = plain_type(field.type)
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    return written or is_text(kind)


def kind_of(field: pa.Field) -> ColumnKind | None:
    """Return how values of that type are compared; None if they are not."""
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


def is_list(kind: pa.DataType) -> bool:
    """Return whether values of that type are lists."""
    return bool(
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or pa.types.is_fixed_size_list(kind)
    )
