"""Arrow columns as numpy arrays, without pandas and without Arrow's compute functions.

Importing those takes longer than a small check; only rare types need them.
"""

from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from driftcheck.stats.distance import Floats

Codes: TypeAlias = NDArray[np.int32]


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values of a dictionary-encoded column, else the type itself."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of that type holds strings, not encoded."""
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
    )


def floats_of(values: pa.ChunkedArray) -> tuple[Floats, int]:
    """The values that are no nulls, in their order, and the number of nulls."""
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
    """The type of the values as they lie in memory, if they do so as in numpy."""
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        found: np.dtype[Any] = np.dtype(kind.to_pandas_dtype())
        return found
    return None


def _present(chunk: pa.Array, kind: np.dtype[Any]) -> Floats:
    validity, data = chunk.buffers()
    found = np.frombuffer(data, kind, len(chunk), kind.itemsize * chunk.offset)
    if chunk.null_count:
        found = found[_mask(validity, chunk.offset, len(chunk))]
    return found.astype(np.float64, copy=False)


def _mask(validity: pa.Buffer, offset: int, size: int) -> NDArray[np.bool_]:
    """Which of the values are no nulls."""
    first = offset // 8
    packed = np.frombuffer(validity, np.uint8)[first : (offset + size + 7) // 8]
    bits = np.unpackbits(packed, count=offset % 8 + size, bitorder="little")
    return bits[offset % 8 :].astype(np.bool_)


def codes_of(values: pa.ChunkedArray) -> tuple[Codes, list[str]]:
    """The values that are no nulls, in their order, as numbers of names.

    Two numbers can have one name: not all that calls itself a string is UTF-8.
    """
    if not pa.types.is_dictionary(values.type):
        text = values.drop_null().cast(pa.string())
        values = text.cast(pa.binary()).dictionary_encode()
    encoded = values.unify_dictionaries().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        # How Arrow says "no chunks" has changed over its versions.
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
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
    )


def _names(names: pa.Array) -> list[str]:
    large = pa.types.is_large_string(names.type)
    found = names.view(pa.large_binary() if large else pa.binary()).to_pylist()
    return [name.decode("utf-8", "replace") for name in found]
