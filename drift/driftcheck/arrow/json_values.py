"""Features that a log stores as text: JSON objects, JSON arrays, pgvector's `[1,2,3]`.

They are parsed here and not in SQL: the content of a row never becomes part of a
statement, a value that is too large for a float cannot fail the query, and every kind
of log is read in the same way.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from driftcheck.arrow.arrays import is_text, plain_type
from driftcheck.contract.reasons import Reason
from driftcheck.stats.columns import ColumnKind, Finding

_INVALID = object()


def texts_of(values: pa.ChunkedArray) -> list[str | None]:
    """Return a column's texts: dictionary-encoded, bytes, or of an extension type."""
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        storage = [chunk.storage for chunk in values.chunks]
        values = pa.chunked_array(storage, kind.storage_type)
    if not is_text(plain_type(values.type)):
        values = values.cast(pa.string())
    texts: list[str | None] = values.to_pylist()
    return texts


def vectors_from(values: pa.ChunkedArray, column: str) -> pa.ChunkedArray | Finding:
    """Parse texts such as `[1, 2.5, null]` to lists of float64.

    A finding for `column` is returned if a text is not an array of numbers.
    """
    vectors = [_vector(text) for text in texts_of(values)]
    invalid = sum(vector is _INVALID for vector in vectors)
    if invalid:
        detail = f"{invalid} of {len(vectors)} values are no array of numbers"
        return Finding(Reason.RETYPED_COLUMN, column, detail)
    return pa.chunked_array([pa.array(vectors, pa.list_(pa.float64()))])


def _vector(text: str | None) -> Any:
    """Return a list of numbers and nulls, None for null, or _INVALID."""
    value = None if text is None else _parsed(text)
    if value is None:
        return None
    if not isinstance(value, list):
        return _INVALID
    items = [None if item is None else _number(item) for item in value]
    return _INVALID if any(item is _INVALID for item in items) else items


def fields_from(
    values: pa.ChunkedArray, column: str, kinds: Mapping[str, ColumnKind]
) -> Iterator[tuple[str, pa.ChunkedArray | Finding]]:
    """Yield the values of each field of JSON objects as a column.

    A field that is missing, or of another kind, is a finding; so is the whole column if
    a text is not a JSON object.
    """
    texts = texts_of(values)
    rows = [{} if text is None else _parsed(text) for text in texts]
    invalid = sum(not isinstance(row, dict) and row is not None for row in rows)
    if invalid:
        detail = f"{invalid} of {len(rows)} values are no JSON object"
        yield column, Finding(Reason.RETYPED_COLUMN, column, detail)
        return
    objects = [row or {} for row in rows]
    for name, kind in kinds.items():
        yield name, _field(objects, name, kind)


def _field(
    rows: list[dict[str, Any]], name: str, kind: ColumnKind
) -> pa.ChunkedArray | Finding:
    """Return the values of a field as a column of float64 or strings, or a finding."""
    if rows and not any(name in row for row in rows):
        return Finding(Reason.MISSING_COLUMN, name, "no row has a field of that name")
    convert: Callable[[Any], Any] = _number if kind is ColumnKind.NUMBER else _category
    values = [
        None if value is None else convert(value)
        for value in (row.get(name) for row in rows)
    ]
    invalid = sum(value is _INVALID for value in values)
    if invalid:
        detail = f"{invalid} of {len(values)} values are no {kind}, as in the reference"
        return Finding(Reason.RETYPED_COLUMN, name, detail)
    arrow = pa.float64() if kind is ColumnKind.NUMBER else pa.string()
    return pa.chunked_array([pa.array(values, arrow)])


def _parsed(text: str) -> Any:
    """Return the JSON value of a text, or _INVALID."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _INVALID


def _number(value: Any) -> Any:
    """Return a JSON number as float, infinite if it is too large, else _INVALID."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _INVALID
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _category(value: Any) -> Any:
    """Return a JSON text, boolean or whole number as text, else _INVALID."""
    if isinstance(value, bool):
        return str(value).lower()
    # Integers are valid categories, as in an integer column.
    return str(value) if isinstance(value, str | int) else _INVALID


def plain(value: Any) -> Any:
    """Return a value as JSON has it: booleans as 0 or 1, non-finite numbers as null."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if value is None or isinstance(value, int):
        return value
    return str(value)
