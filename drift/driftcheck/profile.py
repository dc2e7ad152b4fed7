"""The reference as a check uses it: reduced once, and kept where the worker is told to.

A profile holds what the distances need of the reference, a few kilobytes a column. It
is named by the reference's digest and what was asked of it, so a kept one is right or
absent, never stale. A request that pins the digest is then answered without reading
the reference at all; else its bytes are still read, to know what they are.
"""

import hashlib
import json
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from driftcheck.binned import reduced
from driftcheck.columns import Binned, Categories, Column, Dataset, Finding, Numbers
from driftcheck.contract import CheckRequest
from driftcheck.load import LoadedReference, parse_reference
from driftcheck.parquet import read_files

FORMAT = 2
DIRECTORY_VARIABLE = "DRIFTCHECK_PROFILES"
MAXIMUM_BYTES = 256 * 1024**2
_BROKEN = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    zipfile.BadZipFile,
    zlib.error,
)
_KINDS: Mapping[str, type[Numbers | Binned]] = {"numbers": Numbers, "binned": Binned}


def reference_of(request: CheckRequest, profiles: str | None = None) -> LoadedReference:
    """The reference that a request names, from `profiles` (a directory) if it is there.

    CheckFailure ReferenceUnreadable where it must be read and cannot. A directory that
    cannot be written keeps nothing; that is no failure.
    """
    pinned = request.reference.sha256
    directory = Path(profiles) if profiles else None
    if directory and pinned:
        kept = _kept(_path(directory, pinned, request), pinned)
        if kept:
            return kept
    log = request.log
    opened = read_files(request.reference.uri, "ReferenceUnreadable")
    path = _path(directory, opened.sha256, request) if directory else None
    kept = _kept(path, opened.sha256) if path else None
    if kept:
        return kept
    found = parse_reference(opened, log.features, log.prediction_column, _reduced)
    if path:
        _keep(path, found)
    return found


def _reduced(_: str, column: Column) -> Column:
    return reduced(column) if isinstance(column, Numbers) else column


def _path(directory: Path, sha256: str, request: CheckRequest) -> Path:
    features = request.log.features
    asked = [FORMAT, sha256, features.to_json(), request.log.prediction_column]
    name = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]
    return directory / f"{name}.profile.npz"


def _keep(path: Path, reference: LoadedReference) -> None:
    """Writes the profile whole or not at all."""
    arrays: dict[str, Any] = {}
    columns = []
    for index, (name, column) in enumerate(reference.dataset.columns.items()):
        columns.append({"name": name, **_column_json(column, f"{index}/", arrays)})
    dataset = reference.dataset
    meta = {
        "format": FORMAT,
        "sha256": reference.sha256,
        "names": reference.names,
        "rows": dataset.rows,
        "sampled": dataset.sampled,
        "findings": [asdict(finding) for finding in dataset.findings],
        "columns": columns,
    }
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            np.savez_compressed(file, **arrays)
        Path(file.name).replace(path)
    except OSError as error:
        print(f"warning: no profile kept: {error}", file=sys.stderr)  # noqa: T201


def _column_json(column: Column, prefix: str, arrays: dict[str, Any]) -> dict[str, Any]:
    if isinstance(column, Categories):
        return {"kind": "categories", "counts": column.counts, "nulls": column.nulls}
    value: dict[str, Any] = {
        "kind": "binned" if isinstance(column, Binned) else "numbers"
    }
    for field in fields(column):
        item = getattr(column, field.name)
        if isinstance(item, np.ndarray):
            arrays[prefix + field.name] = item
        else:
            value[field.name] = item
    return value


def _kept(path: Path, sha256: str) -> LoadedReference | None:
    """The profile, or None where there is none that is whole and of this format."""
    try:
        if path.stat().st_size > MAXIMUM_BYTES:
            return None
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            meta = json.loads(arrays["meta"].tobytes())
            if meta["format"] != FORMAT or meta["sha256"] != sha256:
                return None
            columns = {
                value.pop("name"): _column(value, f"{index}/", arrays)
                for index, value in enumerate(meta["columns"])
            }
            findings = tuple(Finding(**finding) for finding in meta["findings"])
            dataset = Dataset(meta["rows"], columns, findings, meta["sampled"])
            return LoadedReference(dataset, sha256, tuple(meta["names"]))
    except _BROKEN:
        return None


def _column(value: dict[str, Any], prefix: str, arrays: Any) -> Column:
    kind = value.pop("kind")
    if kind == "categories":
        return Categories(value["counts"], value["nulls"])
    found = _KINDS[kind]
    names = [field.name for field in fields(found) if prefix + field.name in arrays]
    return found(**value, **{name: arrays[prefix + name] for name in names})
