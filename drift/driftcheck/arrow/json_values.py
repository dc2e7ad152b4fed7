"""Features that a log holds as text: JSON objects, JSON arrays, pgvector's `[1,2,3]`.

They are taken apart here and not in SQL: what a row holds never becomes part of a
statement, one value that is too large for a float cannot end the query, and every
kind of log is read the same way.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from driftcheck.arrow.arrays import is_text, plain_type
from driftcheck.contract.reasons import Reason
from driftcheck.stats.columns import ColumnKind, Finding

_NOTHING = object()


def texts_of(values: pa.ChunkedArray) -> list[str | None]:
    """The texts of a column, whether it is encoded, bytes or an extension's."""
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        storage = [chunk.storage for chunk in values.chunks]
        values = pa.chunked_array(storage, kind.storage_type)
    if not is_text(plain_type(values.type)):
        values = values.cast(pa.string())
    found: list[str | None] = values.to_pylist()
    return found


def vectors_from(values: pa.ChunkedArray, column: str) -> pa.ChunkedArray | Finding:
    """Texts such as `[1, 2.5, null]` as lists; a finding where one is none of these."""
    found: list[list[float | None] | None] = []
    odd = 0
    for text in texts_of(values):
        vector = _vector(text)
        odd += vector is _NOTHING
        found.append(None if vector is _NOTHING else vector)
    if odd:
        detail = f"{odd} of {len(found)} values are no array of numbers"
        return Finding(Reason.RETYPED_COLUMN, column, detail)
    return pa.chunked_array([pa.array(found, pa.list_(pa.float64()))])


def _vector(text: str | None) -> Any:
    value = None if text is None else _parsed(text)
    if value is None:
        return None
    if not isinstance(value, list):
        return _NOTHING
    items = [None if item is None else _number(item) for item in value]
    return _NOTHING if any(item is _NOTHING for item in items) else items


def fields_from(
    values: pa.ChunkedArray, column: str, kinds: Mapping[str, ColumnKind]
) -> Iterator[tuple[str, pa.ChunkedArray | Finding]]:
    """One column for each name, from objects that hold a value under that name."""
    texts = texts_of(values)
    rows = [{} if text is None else _parsed(text) for text in texts]
    odd = sum(not isinstance(row, dict) and row is not None for row in rows)
    if odd:
        detail = f"{odd} of {len(rows)} values are no JSON object"
        yield column, Finding(Reason.RETYPED_COLUMN, column, detail)
        return
    objects = [row or {} for row in rows]
    for name, kind in kinds.items():
        yield name, _field(objects, name, kind)


def _field(
    rows: list[dict[str, Any]], name: str, kind: ColumnKind
) -> pa.ChunkedArray | Finding:
    if rows and not any(name in row for row in rows):
        return Finding(Reason.MISSING_COLUMN, name, "no row has a field of that name")
    convert: Callable[[Any], Any] = _number if kind is ColumnKind.NUMBER else _category
    found = [
        None if value is None else convert(value)
        for value in (row.get(name) for row in rows)
    ]
    odd = sum(value is _NOTHING for value in found)
    if odd:
        detail = f"{odd} of {len(found)} values are no {kind}, as in the reference"
        return Finding(Reason.RETYPED_COLUMN, name, detail)
    arrow = pa.float64() if kind is ColumnKind.NUMBER else pa.string()
    return pa.chunked_array([pa.array(found, arrow)])


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _NOTHING


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _NOTHING
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _category(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    # A whole number is a category's name, as it is in an integer column.
    return str(value) if isinstance(value, str | int) else _NOTHING


def plain(value: Any) -> Any:
    """A value as JSON has it; what is no finite number becomes null, as in the log."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if value is None or isinstance(value, int):
        return value
    return str(value)
