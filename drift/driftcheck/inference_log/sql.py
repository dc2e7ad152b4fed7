"""The SQL for an inference log in a table, in PostgreSQL and DuckDB alike.

Times and filters are bound; identifiers come from the request and are quoted here and
nowhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

import pyarrow as pa

from driftcheck.contract import LogSource
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import LabeledPredictions
from driftcheck.errors import CheckFailure
from driftcheck.inference_log.base import (
    filter_value,
    holders,
    label_columns,
    moment_in,
    require_columns,
)
from driftcheck.progress import reading
from driftcheck.windows import Window

Read: TypeAlias = Callable[[str, tuple[Any, ...]], pa.Table]
"""Runs a statement with its values."""


class Sql(NamedTuple):
    """A statement, or its part from FROM on, with the values of its places `$1`, ..."""

    text: str
    values: tuple[Any, ...] = ()


def quoted(identifier: str) -> str:
    """Return an identifier as SQL takes it, whatever it contains."""
    if "\0" in identifier or not identifier:
        raise CheckFailure(Reason.BAD_REQUEST, "an identifier is empty or holds a NUL")
    return '"' + identifier.replace('"', '""') + '"'


def columns_of(source: LogSource) -> Sql:
    """Return the statement that yields the table's columns without rows."""
    return Sql(f"SELECT * FROM {_table(source)} LIMIT 0")  # noqa: S608


def _table(source: LogSource) -> str:
    return f"{quoted(source.schema)}.{quoted(source.table)}"


@dataclass(frozen=True)
class TableSql:
    """The statements for a table with these columns.

    `readable` writes a column as the driver can read it.
    """

    source: LogSource
    schema: pa.Schema
    readable: Callable[[pa.Field], str]

    @property
    def time(self) -> str:
        """Return the quoted timestamp column."""
        return quoted(self.source.timestamp_column)

    def window(self, window: Window) -> Sql:
        """Return a window's rows, from FROM on."""
        times = f"{self.time} >= $1 AND {self.time} < $2"
        return self._rows(times, window.start, window.end)

    def count(self, rows: Sql, read: Read) -> int:
        """Return the number of rows."""
        reading.info("%s: counting the window's rows", self.source.table)
        table = read(f"SELECT count(*) {rows.text}", rows.values)
        rows_found = int(table.column(0)[0].as_py())
        reading.info("%s: %d rows in the window", self.source.table, rows_found)
        return rows_found

    def labeled(self, after: datetime, max_rows: int) -> Sql:
        """See `Log.labeled`. Ties at the cut are broken by the row itself."""
        label, names = self.source.label_column or "", holders(self.source)
        columns = ", ".join([self.time, *self._readable(label, *names)])
        rows = self._rows(f"{self.time} > $1", after)
        places = ", ".join(str(3 + place) for place in range(len(names)))
        return Sql(
            f"SELECT {columns} {rows.text} AND {quoted(label)} IS NOT NULL "
            f"ORDER BY 1 DESC, {places}, 2 LIMIT {max_rows:d}",
            rows.values,
        )

    def labeled_predictions(
        self, window: Window, max_rows: int, read: Read
    ) -> LabeledPredictions:
        """See `Log.labeled_predictions`."""
        names = label_columns(self.source)
        label, prediction = self._readable(*names)
        rows = self.window(window)
        present = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in names)
        counting = f"SELECT count(*), count(*) FILTER (WHERE {present}) {rows.text}"
        latest = (
            f"SELECT {self.time} AS t, {label} AS l, {prediction} AS p {rows.text} "
            f"AND {present} ORDER BY 1 DESC LIMIT {max_rows:d}"
        )
        total, labeled = (column[0].as_py() for column in read(counting, rows.values))
        ordered = f"SELECT l, p FROM ({latest}) AS latest ORDER BY t"  # noqa: S608
        return LabeledPredictions(int(total), int(labeled), read(ordered, rows.values))

    def _readable(self, *names: str) -> list[str]:
        """Return columns as SQL; CheckFailure MissingColumn if one does not exist."""
        require_columns(self.schema, names)
        return [self.readable(self.schema.field(name)) for name in names]

    def _rows(self, times: str, *bounds: datetime) -> Sql:
        """Return the rows that pass a condition on the time and all filters."""
        values: list[Any] = [moment_in(self.source, self.schema, at) for at in bounds]
        parts = [times]
        for condition in self.source.filters:
            values.append(filter_value(self.schema, condition))
            # A value bound as text is compared as text, whatever the column's type.
            text = "::text" if isinstance(values[-1], str) else ""
            parts.append(f"{quoted(condition.column)}{text} = ${len(values)}")
        where = " AND ".join(parts)
        return Sql(f"FROM {_table(self.source)} WHERE {where}", tuple(values))
