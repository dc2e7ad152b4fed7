"""Where files are: the bytes behind a path or an address, and their digest."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

MAXIMUM_BYTES = 2 * 1024**3
HTTP_TIMEOUT_SECONDS = 60


def files(uri: str) -> Iterator[tuple[str, pa.Buffer]]:
    """The files behind an address, as names relative to it and contents, by name."""
    if uri.startswith(("http://", "https://")):
        yield "", _download(uri)
        return
    system, entries = _entries(uri)
    for name, entry in entries:
        yield name, _read(system, entry)


def first_file(uri: str) -> pa.NativeFile:
    """The first of the files behind an address, of which only parts are then read."""
    if uri.startswith(("http://", "https://")):
        return pa.BufferReader(_download(uri))
    system, entries = _entries(uri)
    return system.open_input_file(entries[0][1].path)


def _entries(uri: str) -> tuple[fs.FileSystem, list[tuple[str, fs.FileInfo]]]:
    """The files behind an address by their names relative to it."""
    system, path = _filesystem(uri)
    info = system.get_file_info(path)
    if info.type == fs.FileType.NotFound:
        raise FileNotFoundError("there is no such file")
    if info.type == fs.FileType.File:
        return system, [("", info)]
    found = system.get_file_info(fs.FileSelector(path, recursive=True))
    parts = sorted(
        (entry.path[len(path) :].lstrip("/"), entry)
        for entry in found
        if entry.type == fs.FileType.File and not entry.base_name.startswith((".", "_"))
    )
    if not parts:
        raise FileNotFoundError("the directory holds no files")
    return system, parts


def _filesystem(uri: str) -> tuple[fs.FileSystem, str]:
    if "://" not in uri:
        return fs.LocalFileSystem(), str(Path(uri).absolute())
    system, path = fs.FileSystem.from_uri(uri)
    return system, path


def _read(system: fs.FileSystem, info: fs.FileInfo) -> pa.Buffer:
    if info.size is not None and info.size > MAXIMUM_BYTES:
        raise ValueError(f"{info.size} bytes are more than {MAXIMUM_BYTES}")
    with system.open_input_stream(info.path) as stream:
        # Told the size, it need not grow; a byte more tells whether there is more.
        return stream.read_buffer(None if info.size is None else info.size + 1)


def _download(uri: str) -> pa.Buffer:
    from urllib.request import urlopen

    with urlopen(uri, timeout=HTTP_TIMEOUT_SECONDS) as response:  # noqa: S310
        data = response.read(MAXIMUM_BYTES + 1)
    if len(data) > MAXIMUM_BYTES:
        raise ValueError(f"more than {MAXIMUM_BYTES} bytes")
    return pa.py_buffer(data)


def digest_of(contents: list[tuple[str, pa.Buffer]]) -> str:
    """The file's SHA-256, of several files that of their `sha256sum` listing."""
    digests = [(name, hashlib.sha256(data).hexdigest()) for name, data in contents]
    if len(digests) == 1 and not digests[0][0]:
        return digests[0][1]
    listing = "".join(f"{digest}  {name}\n" for name, digest in digests)
    return hashlib.sha256(listing.encode()).hexdigest()
