"""Arrow columns as numpy arrays, without pandas and without Arrow's compute functions.

Importing pandas or the compute functions takes longer than a small check, and only rare
types need them.
"""

from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from driftcheck.stats.distance import Floats

Codes: TypeAlias = NDArray[np.int32]


def plain_type(kind: pa.DataType) -> pa.DataType:
    """Return the type of the values of a dictionary-encoded column, else the type."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def is_text(kind: pa.DataType) -> bool:
    """Return whether a column of that type holds strings, not dictionary-encoded."""
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
    )


def floats_of(values: pa.ChunkedArray) -> tuple[Floats, int]:
    """Return the non-null values of a numeric column.

    Parameters
    ----------
    values
        A column of n rows of any type that casts to float64.

    Returns
    -------
    tuple of numpy.ndarray and int
        The values in order, float64 of shape (n - nulls,), and the number of nulls.
    """
    kind = _plain_number(values.type)
    if kind is None:
        if pa.types.is_dictionary(values.type):
            values = values.cast(values.type.value_type)
        values = values.cast(pa.float64(), safe=False)
        kind = np.dtype(np.float64)
    parts = [_present(chunk, kind) for chunk in values.chunks if len(chunk)]
    if len(parts) == 1:
        return parts[0], values.null_count
    empty: list[Floats] = [np.empty(0)]
    return np.concatenate(parts or empty), values.null_count


def _plain_number(kind: pa.DataType) -> np.dtype[Any] | None:
    """Return numpy's type of the values, if both have the same layout in memory."""
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        numpy_type: np.dtype[Any] = np.dtype(kind.to_pandas_dtype())
        return numpy_type
    return None


def _present(chunk: pa.Array, kind: np.dtype[Any]) -> Floats:
    """Return the non-null values of a chunk, without a copy if they are float64."""
    validity, data = chunk.buffers()
    values = np.frombuffer(data, kind, len(chunk), kind.itemsize * chunk.offset)
    if chunk.null_count:
        values = values[_mask(validity, chunk.offset, len(chunk))]
    return values.astype(np.float64, copy=False)


def _mask(validity: pa.Buffer, offset: int, size: int) -> NDArray[np.bool_]:
    """Return a mask of the non-null values from Arrow's validity bitmap."""
    first = offset // 8
    packed = np.frombuffer(validity, np.uint8)[first : (offset + size + 7) // 8]
    bits = np.unpackbits(packed, count=offset % 8 + size, bitorder="little")
    return bits[offset % 8 :].astype(np.bool_)


def codes_of(values: pa.ChunkedArray) -> tuple[Codes, list[str]]:
    """Return the non-null values of a categorical column as codes.

    Parameters
    ----------
    values
        A column of n rows of strings, or of a type that casts to strings.

    Returns
    -------
    tuple of numpy.ndarray and list of str
        The codes in order, int32 of shape (n - nulls,), and the name of each code. Two
        codes can have the same name, because bytes that are not UTF-8 are replaced.
    """
    if not pa.types.is_dictionary(values.type):
        text = values.drop_null().cast(pa.string())
        values = text.cast(pa.binary()).dictionary_encode()
    encoded = values.unify_dictionaries().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        # The result without chunks differs between versions of Arrow.
        encoded = encoded.chunk(0) if encoded.num_chunks else None
    if encoded is None or not len(encoded):
        return np.empty(0, np.int32), []
    names = encoded.dictionary
    if names.null_count or not _is_bytes(names.type):
        names = names.cast(pa.string()).fill_null("")
    indices = encoded.indices
    kind = np.dtype(indices.type.to_pandas_dtype())
    validity, data = indices.buffers()
    codes = np.frombuffer(data, kind, len(indices), kind.itemsize * indices.offset)
    if indices.null_count:
        codes = codes[_mask(validity, indices.offset, len(indices))]
    return codes.astype(np.int32, copy=False), _names(names)


def _is_bytes(kind: pa.DataType) -> bool:
    """Return whether values of that type can be viewed as bytes."""
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
    )


def _names(names: pa.Array) -> list[str]:
    """Return names as text; bytes that are not UTF-8 become U+FFFD."""
    large = pa.types.is_large_string(names.type)
    encoded = names.view(pa.large_binary() if large else pa.binary()).to_pylist()
    return [name.decode("utf-8", "replace") for name in encoded]
