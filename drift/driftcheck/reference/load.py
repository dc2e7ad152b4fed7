"""Reads the reference dataset, once, and files that stand for a window.

Columns are read one after the other and reduced at once, so that memory holds one
whole column at most.
"""

from driftcheck.arrow.schema import reference_shape
from driftcheck.contract import Features
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import LoadedReference
from driftcheck.stats.columns import (
    Dataset,
    Order,
)
from driftcheck.storage.parquet import (
    Opened,
    ParquetTable,
    open_table,
    read_files,
)
from driftcheck.storage.rows import Keep, _dataset


def load_reference(
    uri: str, features: Features, prediction: str | None = None
) -> LoadedReference:
    """The reference at a path or an address (file, s3, gs, http, https).

    CheckFailure ReferenceUnreadable where it cannot be read or is no parquet.
    """
    return parse_reference(
        read_files(uri, Reason.REFERENCE_UNREADABLE), features, prediction
    )


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
