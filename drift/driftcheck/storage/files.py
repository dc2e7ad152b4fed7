"""Where files are: the bytes behind a path or an address, and their digest.

A local file is read where it lies, of anything else a copy is held in memory.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from driftcheck.storage.http import download
from driftcheck.storage.limits import BLOCK_BYTES, FILE_BYTES
from driftcheck.storage.partitions import DataFile

MLFLOW = ("models:/", "runs:/", "mlflow-artifacts:/")
TAIL = 64 * 1024


@dataclass(frozen=True, eq=False)
class Content:
    """One file's bytes. `path` and `state` are of a local one, when it was opened."""

    file: pa.NativeFile
    path: str | None = None
    state: tuple[int, ...] = ()

    def sha256(self) -> str:
        """The digest of all bytes."""
        self.file.seek(0)
        digest = hashlib.sha256()
        while block := self.file.read_buffer(BLOCK_BYTES):
            digest.update(block)
        return digest.hexdigest()

    def tail(self) -> bytes:
        """The last bytes: a parquet file's footer, which differs from file to file."""
        self.file.seek(max(0, self.file.size() - TAIL))
        found: bytes = self.file.read()
        return found

    def unchanged(self) -> bool:
        """Whether nobody wrote into the file since it was opened.

        One put in its place does not matter: what was opened is still read.
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


def files(uri: str) -> Iterator[tuple[str, Content]]:
    """The files behind an address, as names relative to it and contents, by name."""
    whole = _in_memory(uri)
    if whole is not None:
        yield "", Content(pa.BufferReader(whole))
        return
    uri = _resolved(uri)
    system, entries = _entries(uri)
    for name, entry in entries:
        yield name, _opened(system, entry)


def first_file(uri: str) -> pa.NativeFile:
    """The first of the files behind an address, of which only parts are then read."""
    whole = _in_memory(uri)
    if whole is not None:
        return pa.BufferReader(whole)
    system, entries = _entries(_resolved(uri))
    return system.open_input_file(entries[0][1].path)


def _in_memory(uri: str) -> pa.Buffer | None:
    """The bytes behind an address for which there is no filesystem."""
    if uri.startswith(("http://", "https://")):
        return download(uri, FILE_BYTES)
    if uri.startswith(MLFLOW):
        from driftcheck.storage.mlflow import artifact

        return artifact(uri, os.environ)
    return None


def _resolved(uri: str) -> str:
    """Where an artifact lies that MLflow does not serve itself."""
    if not uri.startswith(MLFLOW):
        return uri
    from driftcheck.storage.mlflow import location

    return location(uri, os.environ)


def _entries(uri: str) -> tuple[fs.FileSystem, list[tuple[str, DataFile]]]:
    """The files behind an address by their names relative to it."""
    system, path = filesystem_of(uri)
    info = system.get_file_info(path)
    if info.type == fs.FileType.NotFound:
        raise FileNotFoundError("there is no such file")
    if info.type == fs.FileType.File:
        return system, [("", DataFile(info.path, info.size))]
    from driftcheck.storage.listing import files_in

    path = path.rstrip("/")
    listed = files_in(system, path)
    return system, [(one.path[len(path) + 1 :], one) for one in listed]


def filesystem_of(uri: str) -> tuple[fs.FileSystem, str]:
    """The filesystem of a path or an address, and the path in it.

    ValueError, OSError or an ArrowException where there is none for the address.
    """
    if "://" not in uri:
        return fs.LocalFileSystem(), str(Path(uri).absolute())
    from driftcheck.storage.filesystems import filesystem_at

    return filesystem_at(uri, os.environ)


def _opened(system: fs.FileSystem, file: DataFile) -> Content:
    if file.size is not None and file.size > FILE_BYTES:
        raise ValueError(f"{file.size} bytes are more than {FILE_BYTES}")
    if isinstance(system, fs.LocalFileSystem):
        state = _state(file.path)
        return Content(pa.OSFile(file.path), file.path, state)
    with system.open_input_stream(file.path) as stream:
        # Told the size, it need not grow; a byte more tells whether there is more.
        size = None if file.size is None else file.size + 1
        return Content(pa.BufferReader(stream.read_buffer(size)))


def digest_of(contents: list[tuple[str, Content]]) -> str:
    """The file's SHA-256, of several files that of their `sha256sum` listing."""
    digests = [(name, content.sha256()) for name, content in contents]
    if len(digests) == 1 and not digests[0][0]:
        return digests[0][1]
    listing = "".join(f"{digest}  {name}\n" for name, digest in digests)
    return hashlib.sha256(listing.encode()).hexdigest()
