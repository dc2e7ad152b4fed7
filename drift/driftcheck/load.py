"""Reads the reference dataset, once, and files that stand for a window.

Columns are read one after the other and reduced at once, so that memory holds one
whole column at most.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from driftcheck.binned import tallied
from driftcheck.columns import (
    Binned,
    Categories,
    Column,
    ColumnKind,
    Dataset,
    Finding,
    Numbers,
    Order,
)
from driftcheck.contract import Features
from driftcheck.failure import shown_address
from driftcheck.parquet import (
    MAXIMUM_ROWS,
    Opened,
    ParquetTable,
    open_table,
    read_files,
)
from driftcheck.progress import reading
from driftcheck.schema import columns_from, dataset_of
from driftcheck.shape import Shape, reference_shape, window_shape

Keep: TypeAlias = Callable[[str, Column], Column]


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


def load_reference(
    uri: str, features: Features, prediction: str | None = None
) -> LoadedReference:
    """The reference at a path or an address (file, s3, gs, http, https).

    CheckFailure ReferenceUnreadable where it cannot be read or is no parquet.
    """
    return parse_reference(read_files(uri, "ReferenceUnreadable"), features, prediction)


def parse_reference(
    opened: Opened,
    features: Features,
    prediction: str | None,
    keep: Keep = lambda _, column: column,
) -> LoadedReference:
    """The reference from its bytes, see `load_reference`.

    `keep` makes of each column, once it is read, what is kept of it.
    """
    table = open_table(opened, {*features.names, features.column, prediction})
    dataset = reference_rows(table, features, prediction, keep)
    return LoadedReference(dataset, opened.sha256, table.names)


def reference_rows(
    table: ParquetTable, features: Features, prediction: str | None, keep: Keep
) -> Dataset:
    """An open reference, or some rows of it; `keep` as of `parse_reference`."""
    shape = reference_shape(table.schema, features, prediction)
    return _dataset(table, shape, features, keep, Order.REFERENCE)


def window_rows(
    table: ParquetTable, features: Features, kinds: Mapping[str, ColumnKind]
) -> Dataset:
    """Some rows of an open file in a window's place."""
    shape = window_shape(table.schema, features, kinds)
    return _dataset(table, shape, features, lambda _, c: c)


def load_window(
    uri: str,
    features: Features,
    reference: LoadedReference,
    maximum_rows: int = MAXIMUM_ROWS,
) -> Dataset:
    """A file in a window's place, held against the reference's kinds.

    CheckFailure CurrentUnreadable where it cannot be read or is no parquet. Columns
    that the reference's file does not have are remarked upon.
    """
    kinds = reference.kinds

    def keep(name: str, column: Column) -> Column:
        before = reference.dataset.columns[name]
        if isinstance(before, Binned) and isinstance(column, Numbers):
            return tallied(before, column)
        return column

    opened = read_files(uri, "CurrentUnreadable")
    wanted = {*features.names, features.column, *kinds}
    table = open_table(opened, wanted, maximum_rows)
    shape = window_shape(table.schema, features, kinds)
    dataset = _dataset(table, shape, features, keep)
    detail = "the reference has no such column"
    added = tuple(
        Finding("AddedColumn", name, detail, quality=False)
        for name in table.names
        if reference.names and name not in (*reference.names, features.column)
    )
    return replace(dataset, findings=dataset.findings + added)


def _dataset(
    table: ParquetTable,
    shape: Shape,
    features: Features,
    keep: Keep,
    order: Order = Order.UNKNOWN,
) -> Dataset:
    found: dict[str, Column | Finding] = {}
    where = shown_address(table.opened.uri)
    total = len(shape.columns) + len(shape.elements)
    total += len(features.names) if shape.vector else 0
    for name, column in columns_from(table, shape, features, order):
        reading.info("%s: read column %d of %d, %s", where, len(found) + 1, total, name)
        found[name] = column if isinstance(column, Finding) else keep(name, column)
    return dataset_of(found, shape, table.rows, table.num_rows)
