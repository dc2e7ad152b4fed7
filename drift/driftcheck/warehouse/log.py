"""A table in a warehouse as an inference log: rows are counted where they are."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple, Self

from ibis.expr import types as ir

from driftcheck.check.run import Inputs
from driftcheck.contract import CheckRequest, Filter, LogSource
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import LabeledPredictions, LoadedReference
from driftcheck.errors import CheckFailure
from driftcheck.reference.profile import reference_of
from driftcheck.reference.profile_format import Profile
from driftcheck.stats.columns import Dataset
from driftcheck.warehouse.connection import Warehouse, open_warehouse
from driftcheck.warehouse.counts import comparable, window_of, within
from driftcheck.warehouse.profile import warehouse_profile
from driftcheck.windows import Window


class Tables(NamedTuple):
    """The warehouse's address, the log's table, and the reference's if it is there."""

    url: str
    log: str
    reference: str | None = None


@dataclass(frozen=True, eq=False)
class WarehouseLog:
    """An open table of a warehouse; a window's rows are counted there, not read."""

    warehouse: Warehouse
    table: ir.Table
    source: LogSource

    def window(self, window: Window, reference: LoadedReference) -> Dataset:
        """Return the counts in the bins of a `comparable` reference; see `Log`."""
        table = self.table
        if not window.all_rows:
            table = within(self.warehouse, table, self.source, window)
        return window_of(self.warehouse, table, self.source.features, reference)

    def only(self, condition: Filter) -> Self:
        """See `Log`; values are compared as text."""
        if condition.column not in self.table.columns:
            message = f"there is no column {condition.column}"
            raise CheckFailure(Reason.MISSING_COLUMN, message)
        with self.warehouse.failing():
            column: Any = self.table[condition.column]
            rows = self.table.filter(column.cast("string") == condition.equals)
        return replace(self, table=rows)

    def labeled_predictions(
        self,
        window: Window,  # noqa: ARG002
        max_rows: int,  # noqa: ARG002
    ) -> LabeledPredictions:
        """Raise CheckFailure: a warehouse counts, but performance needs single rows."""
        message = "performance cannot be measured in a warehouse"
        raise CheckFailure(Reason.BAD_REQUEST, message)


def warehouse_inputs(
    request: CheckRequest,
    tables: Tables,
    windows: tuple[Window, ...],
    environment: Mapping[str, str],
) -> Inputs:
    """Return the inputs of a check of a table in a warehouse."""
    return Inputs(
        windows,
        partial(_reference, request, tables, environment),
        partial(_open_log, tables, request.log),
    )


def _reference(
    request: CheckRequest, tables: Tables, environment: Mapping[str, str]
) -> LoadedReference:
    if tables.reference is None:
        return comparable(reference_of(request, environment))
    return comparable(profile_there(request, tables).reference)


@contextmanager
def _open_log(tables: Tables, source: LogSource) -> Iterator[WarehouseLog]:
    warehouse = open_warehouse(tables.url)
    yield WarehouseLog(warehouse, warehouse.table(tables.log), source)


def profile_there(request: CheckRequest, tables: Tables) -> Profile:
    """Return the profile of the reference's table, counted in the warehouse."""
    warehouse, log = open_warehouse(tables.url), request.log
    table = warehouse.table(str(tables.reference))
    return warehouse_profile(warehouse, table, log.features, log.prediction_column)


def table_columns(url: str, name: str) -> list[str]:
    """Return the names of a table's columns; CheckFailure WarehouseUnreadable."""
    return list(open_warehouse(url).table(name).columns)
