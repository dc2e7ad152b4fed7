"""The bytes behind a path or an address, and their digest.

A local file is read in place; any other file is copied into memory.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from driftcheck.contract import MLFLOW_ADDRESSES
from driftcheck.storage.http import download
from driftcheck.storage.limits import BLOCK_BYTES, FILE_BYTES
from driftcheck.storage.partitions import DataFile

TAIL = 64 * 1024
"""Bytes at a file's end that seed its sample.

They contain a parquet file's footer, or its end, whose statistics differ between
files. The value is part of every sample: changing it changes which rows are
sampled.
"""


@dataclass(frozen=True, eq=False)
class Content:
    """One file's bytes.

    `path` and `state` (inode, size, time of the last write in nanoseconds) describe a
    local file at the time it was opened.
    """

    file: pa.NativeFile
    path: str | None = None
    state: tuple[int, ...] = ()

    def sha256(self) -> str:
        """Return the digest of all bytes, as hexadecimal digits."""
        self.file.seek(0)
        digest = hashlib.sha256()
        while block := self.file.read_buffer(BLOCK_BYTES):
            digest.update(block)
        return digest.hexdigest()

    def tail(self) -> bytes:
        """Return the last TAIL bytes."""
        self.file.seek(max(0, self.file.size() - TAIL))
        found: bytes = self.file.read()
        return found

    def unchanged(self) -> bool:
        """Return whether the file is unmodified since it was opened.

        A new file at the same path does not matter, because the open one is still read.
        """
        if self.path is None:
            return True
        try:
            now = _state(self.path)
        except OSError:
            return True
        return now[0] != self.state[0] or now == self.state


def _state(path: str) -> tuple[int, ...]:
    found = Path(path).stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def files(uri: str, environment: Mapping[str, str]) -> Iterator[tuple[str, Content]]:
    """Yield the files behind an address, sorted by name, each relative to it.

    `environment` holds the credentials and addresses of the services that are read
    from, as for `filesystem_of`. ValueError, OSError or an ArrowException is raised if
    a file cannot be opened.
    """
    whole = _in_memory(uri, environment)
    if whole is not None:
        yield "", Content(pa.BufferReader(whole))
        return
    system, entries = _entries(_resolved(uri, environment), environment)
    for name, entry in entries:
        yield name, _opened(system, entry)


def first_file(uri: str, environment: Mapping[str, str]) -> pa.NativeFile:
    """Open the first of the files behind an address, to read parts of it.

    Errors are those of `files`.
    """
    whole = _in_memory(uri, environment)
    if whole is not None:
        return pa.BufferReader(whole)
    system, entries = _entries(_resolved(uri, environment), environment)
    return system.open_input_file(entries[0][1].path)


def _in_memory(uri: str, environment: Mapping[str, str]) -> pa.Buffer | None:
    """Return the bytes behind an address that has no filesystem, else None."""
    if uri.startswith(("http://", "https://")):
        return download(uri, FILE_BYTES)
    if uri.startswith(MLFLOW_ADDRESSES):
        from driftcheck.storage.mlflow import artifact

        return artifact(uri, environment)
    return None


def _resolved(uri: str, environment: Mapping[str, str]) -> str:
    """Return the address in an object store of an artifact of MLflow."""
    if not uri.startswith(MLFLOW_ADDRESSES):
        return uri
    from driftcheck.storage.mlflow import location

    return location(uri, environment)


def _entries(
    uri: str, environment: Mapping[str, str]
) -> tuple[fs.FileSystem, list[tuple[str, DataFile]]]:
    """Return the files behind an address by their names relative to it."""
    system, path = filesystem_of(uri, environment)
    info = system.get_file_info(path)
    if info.type == fs.FileType.NotFound:
        raise FileNotFoundError("there is no such file")
    if info.type == fs.FileType.File:
        return system, [("", DataFile(info.path, info.size))]
    from driftcheck.storage.listing import files_in

    path = path.rstrip("/")
    listed = files_in(system, path)
    return system, [(one.path[len(path) + 1 :], one) for one in listed]


def filesystem_of(
    uri: str, environment: Mapping[str, str]
) -> tuple[fs.FileSystem, str]:
    """Return the filesystem of a path or an address, and the path in it.

    `environment` holds the variables that `filesystems` names. The libraries of Amazon
    and Google read further variables of the process themselves. ValueError, OSError or
    an ArrowException is raised if there is no filesystem for the address.
    """
    if "://" not in uri:
        return fs.LocalFileSystem(), str(Path(uri).absolute())
    from driftcheck.storage.filesystems import filesystem_at

    return filesystem_at(uri, environment)


def _opened(system: fs.FileSystem, file: DataFile) -> Content:
    if file.size is not None and file.size > FILE_BYTES:
        raise ValueError(f"{file.size} bytes are more than {FILE_BYTES}")
    if isinstance(system, fs.LocalFileSystem):
        state = _state(file.path)
        return Content(pa.OSFile(file.path), file.path, state)
    with system.open_input_stream(file.path) as stream:
        # With the size the buffer need not grow; one more byte detects a longer file.
        size = None if file.size is None else file.size + 1
        return Content(pa.BufferReader(stream.read_buffer(size)))


def digest_of(contents: list[tuple[str, Content]]) -> str:
    """Return the SHA-256 of a file, or that of the `sha256sum` listing of several."""
    digests = [(name, content.sha256()) for name, content in contents]
    if len(digests) == 1 and not digests[0][0]:
        return digests[0][1]
    listing = "".join(f"{digest}  {name}\n" for name, digest in digests)
    return hashlib.sha256(listing.encode()).hexdigest()
