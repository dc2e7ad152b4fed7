"""Reads the reference dataset, once, with the digest of exactly what was read.

The bytes are hashed and parsed from one copy in memory, so that what is judged is
what the digest names, even while somebody writes a new file to the same address.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from driftcheck.columns import ColumnKind, Dataset, Numbers
from driftcheck.contract import Features
from driftcheck.failure import CheckFailure, one_line, shown_address, without_secrets
from driftcheck.schema import dataset_from, reference_shape, window_shape

MAXIMUM_BYTES = 2 * 1024**3
MAXIMUM_ROWS = 100_000
HTTP_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, eq=False)
class LoadedReference:
    """A reference with the SHA-256 of its file.

    For a directory the digest is that of the text that `sha256sum` prints for its
    files, sorted by path: one line "digest  path" each.
    """

    dataset: Dataset
    sha256: str

    @property
    def kinds(self) -> dict[str, ColumnKind]:
        """How each column is to be compared."""
        return {
            name: ColumnKind.NUMBER
            if isinstance(column, Numbers)
            else ColumnKind.CATEGORY
            for name, column in self.dataset.columns.items()
        }


def load_reference(uri: str, features: Features) -> LoadedReference:
    """The reference at a path or an address (file, s3, gs, http, https).

    CheckFailure ReferenceUnreadable where it cannot be read or is no parquet.
    """
    table, sha256 = read_table(uri, features, "ReferenceUnreadable")
    shape = reference_shape(table.schema, features)
    rows = table.num_rows
    table = _sample(table.select(shape.names), sha256)
    return LoadedReference(dataset_from(table, shape, features, rows), sha256)


def load_window(uri: str, features: Features, reference: LoadedReference) -> Dataset:
    """A file in a window's place, held against the reference's kinds.

    CheckFailure CurrentUnreadable where it cannot be read or is no parquet.
    """
    table, sha256 = read_table(uri, features, "CurrentUnreadable")
    shape = window_shape(table.schema, features, reference.kinds)
    rows = table.num_rows
    table = _sample(table.select(shape.names), sha256)
    return dataset_from(table, shape, features, rows)


def read_table(uri: str, features: Features, reason: str) -> tuple[pa.Table, str]:
    """The features' columns of a parquet file or a directory of them, and its digest.

    CheckFailure with the given reason where that cannot be read.
    """
    try:
        files = list(_files(uri))
        tables = [_parse(data, features) for _, data in files]
        return pa.concat_tables(tables, promote_options="permissive"), _digest(files)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise _unreadable(uri, reason, error) from None


def column_names(uri: str) -> list[str]:
    """The names of the reference's columns; CheckFailure where it is unreadable."""
    try:
        _, data = next(_files(uri))
        return list(pq.ParquetFile(pa.BufferReader(data)).schema_arrow.names)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise _unreadable(uri, "ReferenceUnreadable", error) from None


def _unreadable(uri: str, reason: str, error: Exception) -> CheckFailure:
    detail = without_secrets(one_line(error), uri)
    return CheckFailure(reason, f"{shown_address(uri)}: {detail}")


def _files(uri: str) -> Iterator[tuple[str, pa.Buffer]]:
    """The files behind an address, as names relative to it and contents, by name."""
    if uri.startswith(("http://", "https://")):
        yield "", _download(uri)
        return
    system, path = _filesystem(uri)
    info = system.get_file_info(path)
    if info.type == fs.FileType.NotFound:
        raise FileNotFoundError("there is no such file")
    if info.type == fs.FileType.File:
        yield "", _read(system, info)
        return
    found = system.get_file_info(fs.FileSelector(path, recursive=True))
    parts = sorted(
        (entry.path[len(path) :].lstrip("/"), entry)
        for entry in found
        if entry.type == fs.FileType.File and not entry.base_name.startswith((".", "_"))
    )
    if not parts:
        raise FileNotFoundError("the directory holds no files")
    for name, entry in parts:
        yield name, _read(system, entry)


def _filesystem(uri: str) -> tuple[fs.FileSystem, str]:
    if "://" not in uri:
        return fs.LocalFileSystem(), str(Path(uri).absolute())
    system, path = fs.FileSystem.from_uri(uri)
    return system, path


def _read(system: fs.FileSystem, info: fs.FileInfo) -> pa.Buffer:
    if info.size is not None and info.size > MAXIMUM_BYTES:
        raise ValueError(f"{info.size} bytes are more than {MAXIMUM_BYTES}")
    with system.open_input_stream(info.path) as stream:
        return stream.read_buffer()


def _download(uri: str) -> pa.Buffer:
    from urllib.request import urlopen

    with urlopen(uri, timeout=HTTP_TIMEOUT_SECONDS) as response:  # noqa: S310
        data = response.read(MAXIMUM_BYTES + 1)
    if len(data) > MAXIMUM_BYTES:
        raise ValueError(f"more than {MAXIMUM_BYTES} bytes")
    return pa.py_buffer(data)


def _digest(files: list[tuple[str, pa.Buffer]]) -> str:
    digests = [(name, hashlib.sha256(data).hexdigest()) for name, data in files]
    if len(digests) == 1 and not digests[0][0]:
        return digests[0][1]
    listing = "".join(f"{digest}  {name}\n" for name, digest in digests)
    return hashlib.sha256(listing.encode()).hexdigest()


def _parse(data: pa.Buffer, features: Features) -> pa.Table:
    file = pq.ParquetFile(pa.BufferReader(data))
    wanted = [*features.names, features.column]
    names = [name for name in file.schema_arrow.names if name in wanted]
    return file.read(columns=names)


def _sample(table: pa.Table, sha256: str) -> pa.Table:
    """At most MAXIMUM_ROWS rows, the same ones for the same reference."""
    if table.num_rows <= MAXIMUM_ROWS:
        return table
    random = np.random.default_rng(int(sha256[:16], 16))
    chosen = random.choice(table.num_rows, MAXIMUM_ROWS, replace=False)
    return table.take(pa.array(np.sort(chosen)))
