"""Read the columns of an open parquet table as a Dataset, one after the other."""

from collections.abc import Callable
from typing import TypeAlias

from driftcheck.arrow.conversion import columns_from, dataset_of
from driftcheck.arrow.schema import Shape
from driftcheck.contract import Features
from driftcheck.progress import reading
from driftcheck.redaction import shown_address
from driftcheck.stats.columns import (
    Column,
    Dataset,
    Finding,
    Order,
)
from driftcheck.storage.parquet import (
    ParquetTable,
)

Keep: TypeAlias = Callable[[str, Column], Column]


def read_dataset(
    table: ParquetTable,
    shape: Shape,
    features: Features,
    keep: Keep,
    order: Order = Order.UNKNOWN,
) -> Dataset:
    """Read the columns of a table and reduce each before the next is read.

    Parameters
    ----------
    table
        The table.
    shape, features
        Its columns to read, see `arrow.schema`.
    keep
        A function of a column's name and the column that returns what to keep of it.
    order
        The meaning of the order of the rows.
    """
    columns: dict[str, Column | Finding] = {}
    where = shown_address(table.opened.uri)
    total = len(shape.columns) + len(shape.elements)
    total += len(features.names) if shape.vector else 0
    for name, column in columns_from(table, shape, features, order):
        reading.info(
            "%s: read column %d of %d, %s", where, len(columns) + 1, total, name
        )
        columns[name] = column if isinstance(column, Finding) else keep(name, column)
    return dataset_of(columns, shape, table.rows, table.num_rows)
