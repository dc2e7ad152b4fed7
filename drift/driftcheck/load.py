"""Reads the reference dataset, once, with the digest of exactly what was read.

The bytes that are hashed are those that are parsed: of one copy in memory, or of one
open local file, which nobody may write into meanwhile. So what is judged is what the
digest names, even while somebody puts a new file at the same address. Columns are
read one after the other and thinned at once, so that memory holds one whole column at
most.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from driftcheck.columns import Categories, ColumnKind, Dataset, Finding
from driftcheck.contract import Features
from driftcheck.failure import CheckFailure, one_line, shown_address, without_secrets
from driftcheck.schema import dataset_from, is_text, reference_shape, window_shape
from driftcheck.sources import Content, digest_of, files, first_file

MAXIMUM_ROWS = 100_000
MAXIMUM_COLUMN_BYTES = 1024**3


@dataclass(frozen=True, eq=False)
class LoadedReference:
    """A reference with the SHA-256 of its file.

    For a directory the digest is that of the text that `sha256sum` prints for its
    files, sorted by path: one line "digest  path" each.
    """

    dataset: Dataset
    sha256: str
    names: tuple[str, ...] = ()

    @property
    def kinds(self) -> dict[str, ColumnKind]:
        """How each column is to be compared."""
        return {
            name: ColumnKind.CATEGORY
            if isinstance(column, Categories)
            else ColumnKind.NUMBER
            for name, column in self.dataset.columns.items()
        }


@dataclass(frozen=True, eq=False)
class Read:
    """What was read of a file: a sample of its rows, and what describes the whole."""

    table: pa.Table
    rows: int
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Opened:
    """The bytes behind an address, and what to call a failure."""

    uri: str
    reason: str
    contents: list[tuple[str, Content]]

    @cached_property
    def sha256(self) -> str:
        """Their digest, see `LoadedReference`; CheckFailure if they are unreadable."""
        try:
            return digest_of(self.contents)
        except OSError as error:
            raise _unreadable(self.uri, self.reason, error) from None

    def seed(self) -> int:
        """A number for random choices, the same for the same files."""
        tails = b"".join(content.tail() for _, content in self.contents)
        return int.from_bytes(hashlib.sha256(tails).digest()[:8], "big")


def load_reference(
    uri: str, features: Features, prediction: str | None = None
) -> LoadedReference:
    """The reference at a path or an address (file, s3, gs, http, https).

    CheckFailure ReferenceUnreadable where it cannot be read or is no parquet.
    """
    return parse_reference(read_files(uri, "ReferenceUnreadable"), features, prediction)


def parse_reference(
    opened: Opened, features: Features, prediction: str | None
) -> LoadedReference:
    """The reference from its bytes, see `load_reference`."""
    wanted = {*features.names, features.column, prediction}
    found = read_table(opened, wanted)
    shape = reference_shape(found.table.schema, features, prediction)
    dataset = dataset_from(found.table, shape, features, found.rows)
    return LoadedReference(dataset, opened.sha256, found.names)


def load_window(uri: str, features: Features, reference: LoadedReference) -> Dataset:
    """A file in a window's place, held against the reference's kinds.

    CheckFailure CurrentUnreadable where it cannot be read or is no parquet. Columns
    that the reference's file does not have are remarked upon.
    """
    kinds = reference.kinds
    wanted = {*features.names, features.column, *kinds}
    found = read_table(read_files(uri, "CurrentUnreadable"), wanted)
    shape = window_shape(found.table.schema, features, kinds)
    dataset = dataset_from(found.table, shape, features, found.rows)
    detail = "the reference has no such column"
    added = tuple(
        Finding("AddedColumn", name, detail, quality=False)
        for name in found.names
        if reference.names and name not in (*reference.names, features.column)
    )
    return replace(dataset, findings=dataset.findings + added)


def read_files(uri: str, reason: str) -> Opened:
    """The bytes of a file or of all files in a directory.

    CheckFailure with the given reason where they cannot be read.
    """
    try:
        return Opened(uri, reason, list(files(uri)))
    except (OSError, ValueError, MemoryError, pa.ArrowException) as error:
        raise _unreadable(uri, reason, error) from None


def read_table(opened: Opened, wanted: Collection[str | None]) -> Read:
    """Some columns of a parquet file or a directory of them.

    Above MAXIMUM_ROWS a sample, the same one for the same file. CheckFailure where
    that is no parquet, or would take too much memory.
    """
    try:
        parquets = [_parquet(content) for _, content in opened.contents]
        names = tuple(parquets[0].schema_arrow.names)
        _refuse(parquets, wanted)
        sizes = [parquet.metadata.num_rows for parquet in parquets]
        tables = [
            _columns(parquet, wanted, chosen)
            for parquet, chosen in zip(parquets, _chosen(sizes, opened), strict=True)
        ]
        table = tables[0]
        if len(tables) > 1:
            table = pa.concat_tables(tables, promote_options="permissive")
        if not all(content.unchanged() for _, content in opened.contents):
            raise OSError("it was written to while it was read")  # noqa: TRY301
    except (OSError, ValueError, MemoryError, pa.ArrowException) as error:
        raise _unreadable(opened.uri, opened.reason, error) from None
    return Read(table, sum(sizes), names)


def column_names(uri: str) -> list[str]:
    """The names of the reference's columns; CheckFailure where it is unreadable."""
    try:
        with first_file(uri) as file:
            return list(pq.ParquetFile(file).schema_arrow.names)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise _unreadable(uri, "ReferenceUnreadable", error) from None


def _parquet(content: Content) -> pq.ParquetFile:
    """An open file; its strings are read as they are stored, each text once."""
    footer = pq.read_metadata(content.file)
    texts = [f.name for f in footer.schema.to_arrow_schema() if is_text(f.type)]
    return pq.ParquetFile(
        content.file, metadata=footer, read_dictionary=texts, pre_buffer=False
    )


def _unreadable(uri: str, reason: str, error: Exception) -> CheckFailure:
    detail = without_secrets(one_line(error), uri)
    return CheckFailure(reason, f"{shown_address(uri)}: {detail}")


def _refuse(parquets: list[pq.ParquetFile], wanted: Collection[str | None]) -> None:
    """ValueError for what no memory should be spent on, told by the footers alone."""
    rows = sum(parquet.metadata.num_rows for parquet in parquets)
    if rows * 8 > MAXIMUM_COLUMN_BYTES:
        # Runs of one value take no room in a file, and all of it in memory.
        raise ValueError(f"{rows} rows are more than {MAXIMUM_COLUMN_BYTES // 8}")
    for parquet in parquets:
        names = parquet.schema_arrow.names
        for name in names:
            if name in wanted and names.count(name) > 1:
                raise ValueError(f"there are {names.count(name)} columns named {name}")
        claimed: dict[str, int] = {}
        for group in range(parquet.metadata.num_row_groups):
            found = parquet.metadata.row_group(group)
            for index in range(found.num_columns):
                column = found.column(index)
                name = column.path_in_schema.partition(".")[0]
                size = max(column.total_uncompressed_size, 0)
                claimed[name] = claimed.get(name, 0) + size
        for name, size in claimed.items():
            if name in wanted and size > MAXIMUM_COLUMN_BYTES:
                raise ValueError(
                    f"column {name} of {size} bytes is over {MAXIMUM_COLUMN_BYTES}"
                )


def _columns(
    parquet: pq.ParquetFile,
    wanted: Collection[str | None],
    chosen: NDArray[np.int64] | None,
) -> pa.Table:
    names = [name for name in parquet.schema_arrow.names if name in wanted]
    columns = []
    for name in names:
        # One thread: starting others costs more than most columns.
        column = parquet.read(columns=[name], use_threads=False).column(0)
        if chosen is not None:
            # Copied, so that the whole column can be freed.
            column = column.take(pa.array(chosen)).combine_chunks()
        columns.append(column)
    if not names:
        return parquet.read(columns=[])
    return pa.table(
        columns, schema=pa.schema([parquet.schema_arrow.field(n) for n in names])
    )


def _chosen(sizes: list[int], opened: Opened) -> list[NDArray[np.int64] | None]:
    """The rows to keep of each file; None for all of them."""
    total = sum(sizes)
    if total <= MAXIMUM_ROWS:
        return [None] * len(sizes)
    random = np.random.default_rng(opened.seed())
    kept = np.sort(random.choice(total, MAXIMUM_ROWS, replace=False))
    starts = np.cumsum([0, *sizes])
    edges = np.searchsorted(kept, starts)
    return [kept[edges[i] : edges[i + 1]] - starts[i] for i in range(len(sizes))]
