"""The parquet files of the current version of a Delta table, from its log.

A folder with a `_delta_log` also holds files that were replaced or deleted; reading all
of them would count rows twice. Tables that use later features of the protocol (deletion
vectors, column mapping) are rejected.
https://github.com/delta-io/delta/blob/master/PROTOCOL.md
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pyarrow.parquet as pq
from pyarrow import fs

from driftcheck.storage.partitions import DataFile, statistics_span

LOG = "_delta_log"
MAXIMUM_COMMIT_BYTES = 64 * 1024**2
"""Bytes of one commit of the log at most.

At 1 KB for each file and its statistics, this holds a commit of 60,000 files. The limit
keeps a hostile table from using up the memory.
"""

MAXIMUM_CHECKPOINT_BYTES = 256 * 1024**2
"""Bytes to which the columns of a checkpoint unpack at most, all that are read.

At 1 KB for each file it holds more than `listing.MAXIMUM_FILES`.
"""

BATCH_ROWS = 4096
"""Rows of a checkpoint that are converted at once: some 4 MB; it changes no result."""

_WANTED = (
    "add.path",
    "add.size",
    "add.stats",
    "remove.path",
    "protocol.minReaderVersion",
)
_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(\.\d{10}\.\d{10})?\.parquet")
_READABLE = 1
"""The highest minReaderVersion that needs nothing but the files."""


def is_delta(system: fs.FileSystem, path: str) -> bool:
    """Return whether the folder is a Delta table."""
    return bool(system.get_file_info(f"{path}/{LOG}").type == fs.FileType.Directory)


def live_files(
    system: fs.FileSystem,
    path: str,
    column: str | None = None,
    limit: int = MAXIMUM_CHECKPOINT_BYTES,
) -> list[DataFile]:
    """Return the files of the table's latest version, with the times of `column`.

    ValueError is raised if the table needs a later reader version or names a file
    outside of its folder, if a commit exceeds MAXIMUM_COMMIT_BYTES, or if a checkpoint
    unpacks to more than `limit` bytes.
    """
    live: dict[str, DataFile] = {}
    for action in _actions(system, f"{path}/{LOG}", limit):
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
            name = f"{path}/{_inside(added['path'])}"
            span = statistics_span(added.get("stats"), column) if column else None
            live[added["path"]] = DataFile(name, added.get("size"), span)
    return list(live.values())


def _actions(system: fs.FileSystem, log: str, limit: int) -> Iterator[dict[str, Any]]:
    found = system.get_file_info(fs.FileSelector(log))
    names = {info.base_name: info.path for info in found}
    starts = {m[1] for name in names if (m := _CHECKPOINT.fullmatch(name))}
    start = max(starts, default="")
    for name in sorted(names):
        match = _CHECKPOINT.fullmatch(name)
        if match and match[1] == start:
            yield from _checkpoint(system, names[name], limit)
    for name in sorted(names):
        match = _COMMIT.fullmatch(name)
        if match and match[1] > start:
            with system.open_input_stream(names[name]) as stream:
                data = stream.read(MAXIMUM_COMMIT_BYTES + 1)
            if len(data) > MAXIMUM_COMMIT_BYTES:
                raise ValueError(f"{name} has more than {MAXIMUM_COMMIT_BYTES} bytes")
            yield from (json.loads(line) for line in data.splitlines() if line.strip())


def _checkpoint(
    system: fs.FileSystem, path: str, limit: int
) -> Iterator[dict[str, Any]]:
    with system.open_input_file(path) as file, pq.ParquetFile(file) as parquet:
        claimed = sum(_claimed(parquet.metadata))
        if claimed > limit:
            raise ValueError(f"a checkpoint of {claimed} bytes is over {limit}")
        for batch in parquet.iter_batches(BATCH_ROWS, columns=list(_WANTED)):
            yield from batch.to_pylist()


def _claimed(metadata: pq.FileMetaData) -> Iterator[int]:
    """Yield the unpacked bytes of each column chunk that is read."""
    for group in range(metadata.num_row_groups):
        found = metadata.row_group(group)
        for index in range(found.num_columns):
            column = found.column(index)
            if column.path_in_schema in _WANTED:
                yield max(column.total_uncompressed_size, 0)


def _inside(name: str) -> str:
    """Return a file's path relative to the table; ValueError if it leads out of it."""
    plain = unquote(name)
    if "://" in plain or plain.startswith("/") or ".." in plain.split("/"):
        raise ValueError("the Delta table names a file outside of its folder")
    return plain
