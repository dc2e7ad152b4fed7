"""A reference's profile as bytes.

One zip of numpy arrays, those of all columns concatenated, with their meaning as JSON
in `meta`. The zip's checksums detect a damaged profile and FORMAT detects an older one;
either is treated as absent.
"""

import io
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from driftcheck.contract import ContractError, Features
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import LoadedReference
from driftcheck.stats.columns import (
    Categories,
    Column,
    Dataset,
    Finding,
    Numbers,
    ReferenceHistogram,
)
from driftcheck.stats.distance import Floats
from driftcheck.storage.limits import PROFILE_BYTES

FORMAT = 4
"""Version of the format; raise it whenever the content of a profile changes."""

SUFFIX = ".profile.npz"
_KINDS: Mapping[str, type[Numbers | ReferenceHistogram]] = {
    "numbers": Numbers,
    "binned": ReferenceHistogram,
}
_ARRAYS = "edges", "counts", "sums", "deciles", "values"
BROKEN = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    zipfile.BadZipFile,
    zlib.error,
    ContractError,
)


class BrokenProfile(ValueError):
    """The bytes are not a complete profile of this version's format."""


@dataclass(frozen=True, eq=False)
class Profile:
    """A reduced reference, with the requested features and prediction column."""

    reference: LoadedReference
    features: Features
    prediction: str | None = None


def to_bytes(profile: Profile) -> bytes:
    """Return a profile as bytes, for `from_bytes`."""
    arrays: dict[str, list[Any]] = {name: [] for name in _ARRAYS}
    dataset = profile.reference.dataset
    columns = [
        {"name": name, **_column_json(column, arrays)}
        for name, column in dataset.columns.items()
    ]
    meta = {
        "format": FORMAT,
        "sha256": profile.reference.sha256,
        "names": profile.reference.names,
        "features": profile.features.to_json(),
        "prediction": profile.prediction,
        "rows": dataset.rows,
        "sampled": dataset.sampled,
        "findings": [asdict(finding) for finding in dataset.findings],
        "columns": columns,
    }
    file = io.BytesIO()
    np.savez_compressed(
        file,
        allow_pickle=False,
        meta=np.frombuffer(json.dumps(meta).encode(), np.uint8),
        **{name: np.concatenate([np.empty(0), *arrays[name]]) for name in _ARRAYS},
    )
    return file.getvalue()


def _column_json(column: Column, arrays: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Return a column as JSON; append its arrays to `arrays`."""
    # The table is small, and JSON keeps float64 exactly.
    blocks = getattr(column, "blocks", None)
    table = None if blocks is None else blocks.tolist()
    if isinstance(column, Categories):
        return {
            "kind": "categories",
            "counts": column.counts,
            "nulls": column.nulls,
            "dependence": column.dependence,
            "blocks": table,
        }
    kind = "binned" if isinstance(column, ReferenceHistogram) else "numbers"
    value: dict[str, Any] = {"kind": kind, "sizes": {}}
    for field in fields(column):
        item = table if field.name == "blocks" else getattr(column, field.name)
        if isinstance(item, np.ndarray):
            arrays[field.name].append(item)
            value["sizes"][field.name] = item.size
        else:
            value[field.name] = item
    return value


def from_bytes(data: bytes) -> Profile:
    """Return the profile in the bytes; BrokenProfile if there is none of FORMAT."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as members:
            size = sum(member.file_size for member in members.infolist())
        if size > PROFILE_BYTES:
            raise BrokenProfile(f"{size} bytes are more than {PROFILE_BYTES}")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            meta = json.loads(arrays["meta"].tobytes())
            if meta["format"] != FORMAT:
                raise BrokenProfile(f"it has format {meta['format']}, not {FORMAT}")
            return _profile(meta, {name: arrays[name] for name in _ARRAYS})
    except BROKEN as error:
        if isinstance(error, BrokenProfile):
            raise
        raise BrokenProfile(f"it is damaged ({type(error).__name__})") from None


def _profile(meta: Mapping[str, Any], arrays: Mapping[str, Any]) -> Profile:
    parts = _Parts(arrays)
    columns = {value.pop("name"): _column(value, parts) for value in meta["columns"]}
    findings = tuple(_finding(item) for item in meta["findings"])
    dataset = Dataset(meta["rows"], columns, findings, meta["sampled"])
    reference = LoadedReference(dataset, meta["sha256"], tuple(meta["names"]))
    features = Features.from_json(meta["features"])
    return Profile(reference, features, meta["prediction"])


def _finding(value: Mapping[str, Any]) -> Finding:
    return Finding(**{**value, "reason": Reason(value["reason"])})


class _Parts:
    """The concatenated arrays of all columns, split in the order of writing."""

    def __init__(self, arrays: Mapping[str, Floats]) -> None:
        self._arrays = arrays
        self._taken: Counter[str] = Counter()

    def take(self, name: str, size: int) -> Floats:
        """Return the next `size` values; BrokenProfile if there are fewer."""
        first = self._taken[name]
        part = self._arrays[name][first : first + size]
        if part.size != size:
            raise BrokenProfile(f"its {name} end too early")
        self._taken[name] += size
        return part


def _column(value: dict[str, Any], parts: _Parts) -> Column:
    kind, table = value.pop("kind"), value.pop("blocks")
    value["blocks"] = None if table is None else np.array(table)
    if kind == "categories":
        return Categories(**value)
    sizes = value.pop("sizes")
    value |= {name: parts.take(name, size) for name, size in sizes.items()}
    return _KINDS[kind](**value)
