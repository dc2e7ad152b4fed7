"""Reads an inference log in PostgreSQL, as Arrow, in read-only transactions.

Times are bound parameters; identifiers come from the request and are quoted here and
nowhere else. Errors never hold the address's password.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlsplit

import adbc_driver_manager
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from driftcheck.columns import ColumnKind, Dataset, Order
from driftcheck.contract import Filter, LogSource
from driftcheck.contract_request import DATABASE_VARIABLE
from driftcheck.failure import CheckFailure, one_line, without_secrets
from driftcheck.labelled import Outcomes
from driftcheck.log_parts import (
    SAMPLE_ROWS,
    conditions,
    counts,
    holders,
    moment_in,
    outcomes_query,
    quoted,
    seed_of,
)
from driftcheck.progress import reading
from driftcheck.schema import dataset_from
from driftcheck.shape import (
    POSTGRES_TYPE,
    Shape,
    is_dense_vector,
    is_written,
    window_shape,
)
from driftcheck.windows import Window

STATEMENT_TIMEOUT_SECONDS = 120
CONNECT_TIMEOUT_SECONDS = 10

_REASONS = {
    "42P01": "MissingTable",
    "3F000": "MissingTable",
    "42703": "MissingColumn",
    "42501": "LogForbidden",
    "57014": "LogTimeout",
}


@dataclass(frozen=True)
class InferenceLog:
    """An open inference log; a statement may take `timeout_seconds`."""

    connection: Any
    source: LogSource
    url: str
    timeout_seconds: int = STATEMENT_TIMEOUT_SECONDS

    @property
    def table(self) -> str:
        """The quoted table."""
        return f"{quoted(self.source.schema)}.{quoted(self.source.table)}"

    @property
    def time(self) -> str:
        """The quoted timestamp column."""
        return quoted(self.source.timestamp_column)

    @contextmanager
    def snapshot(self) -> Iterator[Any]:
        """A cursor in a read-only transaction in which all statements see one state."""
        cursor = self.connection.cursor()
        try:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            timeout = self.timeout_seconds * 1000
            cursor.execute(f"SET LOCAL statement_timeout = {timeout}")
            yield cursor
        except (adbc_driver_manager.Error, pa.ArrowException) as error:
            raise _failure(error, self.url) from None
        finally:
            cursor.close()
            self._end()

    def _end(self) -> None:
        try:
            self.connection.rollback()
        except adbc_driver_manager.Error:
            # The connection is gone; the next statement says so.
            return

    def schema(self, cursor: Any) -> pa.Schema:
        """The table's columns with their types."""
        cursor.execute(f"SELECT * FROM {self.table} LIMIT 0")  # noqa: S608
        return cursor.fetch_arrow_table().schema

    def readable(self, schema: pa.Schema, name: str) -> str:
        """A column as SQL, PostgreSQL's numeric as a float, which Arrow knows."""
        if name not in schema.names:
            raise CheckFailure("MissingColumn", f"there is no column {name}")
        field = schema.field(name)
        if pa.types.is_list(field.type) or is_written(field) or is_dense_vector(field):
            return _whole(field)
        return quoted(name) + _cast(field, ColumnKind.NUMBER, "::float8")

    def window(self, window: Window, kinds: Mapping[str, ColumnKind]) -> Dataset:
        """A window's rows, above SAMPLE_ROWS a random sample of them."""
        with self.snapshot() as cursor:
            schema = self.schema(cursor)
            where, values = conditions(
                self.source,
                schema,
                f"{self.time} >= $1 AND {self.time} < $2",
                moment_in(self.source, schema, window.start),
                moment_in(self.source, schema, window.end),
            )
            reading.info("%s: counting the window's rows", self.source.table)
            count = f"SELECT count(*) FROM {self.table} {where}"  # noqa: S608
            cursor.execute(count, values)
            rows = int(cursor.fetch_arrow_table().column(0)[0].as_py())
            reading.info("%s: %d rows in the window", self.source.table, rows)
            shape = window_shape(schema, self.source.features, kinds)
            if not shape.names:
                return Dataset(rows, {}, shape.findings)
            select = f"SELECT {selected(schema, shape)} FROM {self.table} {where}"  # noqa: S608
            order = f" ORDER BY {self.time}"
            if rows > SAMPLE_ROWS:
                # One seed per window: the same rows give the same verdict.
                cursor.execute("SELECT setseed($1)", (seed_of(window) / 1000,))
                cursor.fetch_arrow_table()
                select += f" AND random() < ${len(values) + 1}{order}"
                cursor.execute(select, (*values, SAMPLE_ROWS / rows))
            else:
                cursor.execute(select + order, values)
            table = cursor.fetch_arrow_table()
        features = self.source.features
        return dataset_from(table, shape, features, rows, Order.TIME)

    def only(self, one: Filter) -> Self:
        """See `Log`."""
        return replace(self, source=self.source.only(one))

    def labelled(self, after: datetime, most: int) -> pa.Table:
        """See `Log`. Ties at the cut are broken by the row itself: reruns agree."""
        label = self.source.label_column or ""
        with self.snapshot() as cursor:
            schema = self.schema(cursor)
            names = holders(self.source)
            wanted = ", ".join(self.readable(schema, name) for name in names)
            truth = self.readable(schema, label)
            moment = moment_in(self.source, schema, after)
            where = conditions(self.source, schema, f"{self.time} > $1", moment)
            places = ", ".join(str(3 + place) for place in range(len(names)))
            select = (
                f"SELECT {self.time}, {truth}, {wanted} FROM {self.table} "  # noqa: S608
                f"{where.condition} AND {quoted(label)} IS NOT NULL "
                f"ORDER BY 1 DESC, {places}, 2 LIMIT {most:d}"
            )
            cursor.execute(select, where.values)
            return cursor.fetch_arrow_table()

    def outcomes(self, window: Window, most: int) -> Outcomes:
        """See `Log`."""
        with self.snapshot() as cursor:
            schema = self.schema(cursor)
            query = outcomes_query(self.source, schema, window, most, self.readable)
            cursor.execute(query.counting, query.values)
            rows, labelled = counts(cursor.fetch_arrow_table())
            cursor.execute(query.outcomes, query.values)
            return Outcomes(rows, labelled, cursor.fetch_arrow_table())


def selected(schema: pa.Schema, shape: Shape) -> str:
    """The columns to read, cast where PostgreSQL's type has no plain Arrow twin."""
    columns = [
        quoted(name) + _cast(schema.field(name), kind, "::float8")
        for name, kind in shape.columns.items()
    ]
    wholes = [name for name in (shape.vector, shape.holder) if name]
    # A column may be the holder and, as a text, a feature: it is read once.
    columns += [
        _whole(schema.field(name)) for name in wholes if name not in shape.columns
    ]
    return ", ".join(columns)


def _whole(field: pa.Field) -> str:
    """A column that holds several features, as SQL."""
    if is_dense_vector(field):
        # Its own values, as 32-bit floats; their text is longer and slow to parse.
        return f"{quoted(field.name)}::float4[] AS {quoted(field.name)}"
    if not pa.types.is_list(field.type):
        return f"{quoted(field.name)}::text AS {quoted(field.name)}"
    item = field.type.value_field
    return quoted(field.name) + _cast(item, ColumnKind.NUMBER, "::float8[]")


def _cast(field: pa.Field, kind: ColumnKind, number: str) -> str:
    if kind is ColumnKind.NUMBER:
        return number if (field.metadata or {}).get(POSTGRES_TYPE) == b"numeric" else ""
    return "::text"


@contextmanager
def open_log(url: str | None, source: LogSource) -> Iterator[InferenceLog]:
    """The inference log at DATABASE_URL; CheckFailure LogUnreachable if it is not."""
    if not url:
        raise CheckFailure("LogUnreachable", f"{DATABASE_VARIABLE} is not set")
    # libpq waits for ever by default, and takes this from its environment.
    os.environ.setdefault("PGCONNECT_TIMEOUT", str(CONNECT_TIMEOUT_SECONDS))
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("postgresql", "postgres"):
        # What the variable holds may be a secret of another form: do not repeat it.
        raise CheckFailure(
            "LogUnreachable", f"{DATABASE_VARIABLE} is no postgresql:// address"
        )
    try:
        connection = dbapi.connect(url)
    except adbc_driver_manager.Error as error:
        message = without_secrets(_plain(error), url)
        raise CheckFailure("LogUnreachable", message) from None
    try:
        yield InferenceLog(connection, source, url)
    finally:
        connection.close()


def _failure(error: Exception, url: str) -> CheckFailure:
    state = getattr(error, "sqlstate", None) or ""
    reason = _REASONS.get(state, "LogUnreadable")
    if state.startswith(("08", "57P")) or (not state and _broken(error)):
        reason = "LogUnreachable"
    return CheckFailure(reason, without_secrets(_plain(error), url))


def _broken(error: Exception) -> bool:
    """Whether the connection broke: then the driver has no state of the server's."""
    code = getattr(error, "status_code", None)
    return bool(code == adbc_driver_manager.AdbcStatusCode.IO)


def _plain(error: Exception) -> str:
    """The server's sentence, without the driver's wrapping."""
    text = one_line(error)
    for mark in ("ERROR:", "FATAL:", "[libpq]"):
        if mark in text:
            return text.split(mark, 1)[1].strip()
    return text
