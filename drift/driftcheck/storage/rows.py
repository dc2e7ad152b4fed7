"""Reads the columns of an open parquet table as a Dataset, one after the other."""

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
