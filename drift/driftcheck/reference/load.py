"""Read the reference dataset.

Each column is reduced before the next is read, so that memory holds one whole column at
most.
"""

from collections.abc import Mapping

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
from driftcheck.storage.rows import Keep, read_dataset


def load_reference(
    uri: str,
    features: Features,
    environment: Mapping[str, str],
    prediction: str | None = None,
) -> LoadedReference:
    """Read the reference at a path or an address.

    `environment` is that of `storage.files.filesystem_of`. CheckFailure
    ReferenceUnreadable is raised if the reference cannot be read or is not parquet.
    """
    opened = read_files(uri, Reason.REFERENCE_UNREADABLE, environment)
    return parse_reference(opened, features, prediction)


def parse_reference(
    opened: Opened,
    features: Features,
    prediction: str | None,
    keep: Keep = lambda _, column: column,
) -> LoadedReference:
    """Return the reference in open files, see `load_reference`.

    `keep` returns what to keep of each column, see `storage.rows.read_dataset`.
    """
    table = open_table(opened, {*features.names, features.column, prediction})
    dataset = reference_rows(table, features, prediction, keep)
    return LoadedReference(dataset, opened.sha256, table.names)


def reference_rows(
    table: ParquetTable, features: Features, prediction: str | None, keep: Keep
) -> Dataset:
    """Return the dataset of an open reference, or of some of its rows."""
    shape = reference_shape(table.schema, features, prediction)
    return read_dataset(table, shape, features, keep, Order.REFERENCE)
