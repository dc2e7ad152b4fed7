"""A file in a window's place."""

from collections.abc import Mapping
from dataclasses import replace

from driftcheck.arrow.schema import window_shape
from driftcheck.contract import Features
from driftcheck.dataset import LoadedReference
from driftcheck.stats.columns import (
    Column,
    ColumnKind,
    Dataset,
    Finding,
    Numbers,
    ReferenceHistogram,
)
from driftcheck.stats.histogram import histogram_of
from driftcheck.storage.parquet import (
    MAXIMUM_ROWS,
    ParquetTable,
    open_table,
    read_files,
)
from driftcheck.storage.rows import _dataset


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
        if isinstance(before, ReferenceHistogram) and isinstance(column, Numbers):
            return histogram_of(before, column)
        return column

    opened = read_files(uri, "CurrentUnreadable")
    wanted = {*features.names, features.column, *kinds}
    table = open_table(opened, wanted, maximum_rows)
    shape = window_shape(table.schema, features, kinds)
    dataset = _dataset(table, shape, features, keep)
    detail = "the reference has no such column"
    added = tuple(
        Finding("AddedColumn", name, detail, data_quality=False)
        for name in table.names
        if reference.names
        and name not in (*reference.names, features.column, *features.exclude)
    )
    return replace(dataset, findings=dataset.findings + added)
