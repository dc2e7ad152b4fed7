"""Which parquet files make up the current state of a Delta table, from its log.

A folder with a `_delta_log` holds files that were replaced or deleted, too: reading all
of them would count rows twice. What the protocol's later features need and this does
not read (deletion vectors, column mapping) is refused, never guessed at.
https://github.com/delta-io/delta/blob/master/PROTOCOL.md
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pyarrow.parquet as pq
from pyarrow import fs

LOG = "_delta_log"
MAXIMUM_COMMIT_BYTES = 64 * 1024**2
_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(\.\d{10}\.\d{10})?\.parquet")
_READABLE = 1  # the highest minReaderVersion that needs nothing but the files


def is_delta(system: fs.FileSystem, path: str) -> bool:
    """Whether the folder is a Delta table."""
    return bool(system.get_file_info(f"{path}/{LOG}").type == fs.FileType.Directory)


def live_files(system: fs.FileSystem, path: str) -> list[str]:
    """The files of the table's newest version; ValueError where they are not plain."""
    live: dict[str, None] = {}
    for action in _actions(system, f"{path}/{LOG}"):
        protocol = action.get("protocol") or {}
        if (protocol.get("minReaderVersion") or 0) > _READABLE:
            raise ValueError(
                "the Delta table uses deletion vectors, column mapping or other "
                "features of a later reader version, which are not read"
            )
        removed, added = action.get("remove"), action.get("add")
        if removed and removed.get("path"):
            live.pop(removed["path"], None)
        if added and added.get("path"):
            live[added["path"]] = None
    return [f"{path}/{_inside(name)}" for name in live]


def _actions(system: fs.FileSystem, log: str) -> Iterator[dict[str, Any]]:
    found = system.get_file_info(fs.FileSelector(log))
    names = {info.base_name: info.path for info in found}
    starts = {m[1] for name in names if (m := _CHECKPOINT.fullmatch(name))}
    start = max(starts, default="")
    for name in sorted(names):
        match = _CHECKPOINT.fullmatch(name)
        if match and match[1] == start:
            yield from _checkpoint(system, names[name])
    for name in sorted(names):
        match = _COMMIT.fullmatch(name)
        if match and match[1] > start:
            with system.open_input_stream(names[name]) as stream:
                data = stream.read(MAXIMUM_COMMIT_BYTES + 1)
            if len(data) > MAXIMUM_COMMIT_BYTES:
                raise ValueError(f"{name} has more than {MAXIMUM_COMMIT_BYTES} bytes")
            yield from (json.loads(line) for line in data.splitlines() if line.strip())


def _checkpoint(system: fs.FileSystem, path: str) -> Iterator[dict[str, Any]]:
    with system.open_input_file(path) as file, pq.ParquetFile(file) as parquet:
        if parquet.metadata.row_group(0).total_byte_size > MAXIMUM_COMMIT_BYTES:
            raise ValueError(f"a checkpoint has over {MAXIMUM_COMMIT_BYTES} bytes")
        wanted = ["add.path", "remove.path", "protocol.minReaderVersion"]
        for batch in parquet.iter_batches(columns=wanted):
            yield from batch.to_pylist()


def _inside(name: str) -> str:
    """A file's path relative to the table; ValueError where it leads out of it."""
    plain = unquote(name)
    if "://" in plain or plain.startswith("/") or ".." in plain.split("/"):
        raise ValueError("the Delta table names a file outside of its folder")
    return plain
