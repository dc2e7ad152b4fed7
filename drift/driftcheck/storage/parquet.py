"""Parquet files behind an address, read one column at a time.

The bytes that are hashed are those that are parsed: one copy in memory, or one open
local file that must not be modified meanwhile. So the digest names the data that was
judged, even if a new file replaces it at the same address.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from driftcheck.arrow.arrays import is_text
from driftcheck.contract.reasons import Reason
from driftcheck.errors import CheckFailure, one_line
from driftcheck.redaction import shown_address, without_secrets
from driftcheck.storage.files import Content, digest_of, files, first_file
from driftcheck.storage.limits import MAXIMUM_ROWS

MAXIMUM_COLUMN_BYTES = 1024**3
"""Bytes of one column in memory at most: 134 million numbers.

One column is in memory at a time, with a sorted copy, so a check stays below a pod's
usual limit of 4 GiB. Files that claim more are rejected before they are read.
"""

ARROW = b"ARROW1"

Chosen: TypeAlias = list[NDArray[np.int64] | None]


@dataclass(frozen=True, eq=False)
class Opened:
    """Open files behind an address, and the reason to report if they are unreadable."""

    uri: str
    reason: Reason
    contents: list[tuple[str, Content]]

    @cached_property
    def sha256(self) -> str:
        """Their digest, see `dataset.LoadedReference`; CheckFailure if unreadable."""
        try:
            return digest_of(self.contents)
        except OSError as error:
            raise _unreadable(self.uri, self.reason, error) from None

    def seed(self) -> int:
        """Return the seed of a random sample, the same for the same files."""
        tails = b"".join(content.tail() for _, content in self.contents)
        return int.from_bytes(hashlib.sha256(tails).digest()[:8], "big")


@dataclass(frozen=True, eq=False)
class ParquetTable:
    """A table of open files, whose columns are read on demand."""

    opened: Opened
    parquets: list[pq.ParquetFile]
    schema: pa.Schema
    chosen: Chosen

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all columns."""
        return tuple(self.parquets[0].schema_arrow.names)

    @property
    def rows(self) -> int:
        """All rows of the files."""
        return sum(parquet.metadata.num_rows for parquet in self.parquets)

    @property
    def num_rows(self) -> int:
        """The rows that are read: all, or those of the sample."""
        return sum(
            parquet.metadata.num_rows if kept is None else len(kept)
            for parquet, kept in zip(self.parquets, self.chosen, strict=True)
        )

    def column(self, name: str) -> pa.ChunkedArray:
        """Return the column's rows that are read; CheckFailure if that fails."""
        opened = self.opened
        try:
            parts = [
                _column(parquet, name, kept)
                for parquet, kept in zip(self.parquets, self.chosen, strict=True)
            ]
            if not all(content.unchanged() for _, content in opened.contents):
                raise OSError("it was written to while it was read")  # noqa: TRY301
            if len(parts) == 1:
                return parts[0]
            tables = [pa.table({name: part}) for part in parts]
            return pa.concat_tables(tables, promote_options="permissive").column(0)
        except (OSError, ValueError, MemoryError, pa.ArrowException) as error:
            raise _unreadable(opened.uri, opened.reason, error) from None


def _column(
    parquet: pq.ParquetFile, name: str, kept: NDArray[np.int64] | None
) -> pa.ChunkedArray:
    """Return some rows of a column, or nulls if the file does not have it."""
    if name not in parquet.schema_arrow.names:
        size = parquet.metadata.num_rows if kept is None else len(kept)
        return pa.chunked_array([pa.nulls(size)])
    # One thread: starting others costs more than most columns.
    column = parquet.read(columns=[name], use_threads=False).column(0)
    if kept is None:
        return column
    # Copied, so that the whole column can be freed.
    return pa.chunked_array([column.take(pa.array(kept)).combine_chunks()])


def read_files(uri: str, reason: Reason, environment: Mapping[str, str]) -> Opened:
    """Open a file, or all files of a directory.

    `environment` is that of `files.filesystem_of`. CheckFailure with the given reason
    is raised if they cannot be read.
    """
    try:
        return Opened(uri, reason, list(files(uri, environment)))
    except (OSError, ValueError, MemoryError, pa.ArrowException) as error:
        raise _unreadable(uri, reason, error) from None


def open_table(
    opened: Opened, wanted: Collection[str | None], maximum_rows: int = MAXIMUM_ROWS
) -> ParquetTable:
    """Open a parquet file, or a directory of them, as a table.

    Parameters
    ----------
    opened
        The files.
    wanted
        The names of the columns that will be read; None is ignored.
    maximum_rows
        Rows above which a random sample of this size is read, the same sample for the
        same files.

    Raises
    ------
    CheckFailure
        If a file is not parquet, or a wanted column would take too much memory.
    """
    try:
        parquets = [_parquet(content) for _, content in opened.contents]
        _check_memory_limits(parquets, wanted)
        sizes = [parquet.metadata.num_rows for parquet in parquets]
        schemas = [parquet.schema_arrow for parquet in parquets]
        schema = schemas[0]
        if len(schemas) > 1:
            schema = pa.unify_schemas(schemas, promote_options="permissive")
        chosen = _chosen(sizes, opened, maximum_rows)
    except (OSError, ValueError, MemoryError, pa.ArrowException) as error:
        raise _unreadable(opened.uri, opened.reason, error) from None
    return ParquetTable(opened, parquets, schema, chosen)


def column_names(uri: str, environment: Mapping[str, str]) -> list[str]:
    """Return the names of the reference's columns; CheckFailure if it is unreadable."""
    try:
        with first_file(uri, environment) as file:
            return list(_parquet(Content(file)).schema_arrow.names)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise _unreadable(uri, Reason.REFERENCE_UNREADABLE, error) from None


def _parquet(content: Content) -> pq.ParquetFile:
    """Return an open file; dictionary-encoded strings are not expanded."""
    content.file.seek(0)
    if content.file.read(len(ARROW)) == ARROW:
        return pq.ParquetFile(pa.BufferReader(_as_parquet(content.file)))
    footer = pq.read_metadata(content.file)
    texts = [f.name for f in footer.schema.to_arrow_schema() if is_text(f.type)]
    return pq.ParquetFile(
        content.file, metadata=footer, read_dictionary=texts, pre_buffer=False
    )


def _as_parquet(file: pa.NativeFile) -> pa.Buffer:
    """Return an Arrow file (IPC, Feather) as parquet, to read it column by column."""
    file.seek(0)
    with pa.ipc.open_file(file) as reader:
        stream = pa.BufferOutputStream()
        size = 0
        with pq.ParquetWriter(stream, reader.schema) as writer:
            for place in range(reader.num_record_batches):
                batch = reader.get_batch(place)
                size += batch.nbytes
                if size > MAXIMUM_COLUMN_BYTES:
                    raise ValueError(f"it is over {MAXIMUM_COLUMN_BYTES} bytes")
                writer.write_batch(batch)
    return stream.getvalue()


def _unreadable(uri: str, reason: Reason, error: Exception) -> CheckFailure:
    detail = without_secrets(one_line(error), uri)
    return CheckFailure(reason, f"{shown_address(uri)}: {detail}")


def _check_memory_limits(
    parquets: list[pq.ParquetFile], wanted: Collection[str | None]
) -> None:
    """Raise ValueError for files too large for memory, by their footers alone."""
    rows = sum(parquet.metadata.num_rows for parquet in parquets)
    if rows * 8 > MAXIMUM_COLUMN_BYTES:
        # Runs of one value take hardly any space in a file, but all of it in memory.
        raise ValueError(f"{rows} rows are more than {MAXIMUM_COLUMN_BYTES // 8}")
    for parquet in parquets:
        names = parquet.schema_arrow.names
        for name in names:
            if name in wanted and names.count(name) > 1:
                raise ValueError(f"there are {names.count(name)} columns named {name}")
        for name, size in _unpacked_bytes(parquet.metadata).items():
            if name in wanted and size > MAXIMUM_COLUMN_BYTES:
                raise ValueError(
                    f"column {name} of {size} bytes is over {MAXIMUM_COLUMN_BYTES}"
                )


def _unpacked_bytes(metadata: pq.FileMetaData) -> dict[str, int]:
    """Return the bytes to which each column unpacks, as the footer claims."""
    claimed: dict[str, int] = {}
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        for index in range(row_group.num_columns):
            column = row_group.column(index)
            name = column.path_in_schema.partition(".")[0]
            size = max(column.total_uncompressed_size, 0)
            claimed[name] = claimed.get(name, 0) + size
    return claimed


def _chosen(sizes: list[int], opened: Opened, maximum: int) -> Chosen:
    """Return the positions of the rows to read of each file; None means all."""
    total = sum(sizes)
    if total <= maximum:
        return [None] * len(sizes)
    random = np.random.default_rng(opened.seed())
    kept = np.sort(random.choice(total, maximum, replace=False))
    starts = np.cumsum([0, *sizes])
    edges = np.searchsorted(kept, starts)
    return [kept[edges[i] : edges[i + 1]] - starts[i] for i in range(len(sizes))]
