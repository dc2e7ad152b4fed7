"""The connection to a warehouse; failures are CheckFailures without secrets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import ibis
from ibis.expr import types as ir

from driftcheck.contract.reasons import Reason
from driftcheck.errors import CheckFailure, one_line
from driftcheck.redaction import without_secrets


@dataclass(frozen=True, eq=False)
class Warehouse:
    """An open backend of Ibis; every failure becomes a CheckFailure without secrets."""

    backend: Any
    url: str

    def table(self, name: str) -> ir.Table:
        """Return a table by `schema.table`, or parquet files that the backend reads."""
        with self.failing():
            if "/" in name or name.endswith(".parquet"):
                result: ir.Table = self.backend.read_parquet(name)
            else:
                schema, _, table = name.rpartition(".")
                result = self.backend.table(table, database=schema or None)
        return result

    def answer(self, question: ir.Expr) -> Any:
        """Run a query; return Arrow for a table, else a value."""
        with self.failing():
            if isinstance(question, ir.Table):
                return question.to_pyarrow()
            return question.to_pyarrow().as_py()

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Turn exceptions of any backend into CheckFailure WarehouseUnreadable."""
        try:
            yield
        except CheckFailure:
            raise
        except Exception as error:  # noqa: BLE001
            message = without_secrets(one_line(error), self.url)
            raise CheckFailure(Reason.WAREHOUSE_UNREADABLE, message) from None


def open_warehouse(url: str) -> Warehouse:
    """Open the backend at an address such as duckdb:///file.db."""
    warehouse = Warehouse(None, url)
    with warehouse.failing():
        return replace(warehouse, backend=ibis.connect(url))
