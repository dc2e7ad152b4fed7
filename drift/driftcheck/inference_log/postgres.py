"""Reads an inference log in PostgreSQL, as Arrow, in read-only transactions.

Errors never hold the address's password.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote, urlsplit

import adbc_driver_manager
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from driftcheck.arrow.conversion import dataset_from
from driftcheck.arrow.schema import (
    POSTGRES_TYPE,
    Shape,
    is_dense_vector,
    is_text_encoded,
    window_shape,
)
from driftcheck.contract import Filter, LogSource
from driftcheck.contract.reasons import Reason
from driftcheck.contract.request import DATABASE_VARIABLE
from driftcheck.dataset import LabeledPredictions, LoadedReference
from driftcheck.errors import CheckFailure, one_line
from driftcheck.inference_log.base import seed_of
from driftcheck.inference_log.sql import Read, TableSql, columns_of, quoted
from driftcheck.redaction import without_secrets
from driftcheck.stats.columns import ColumnKind, Dataset, Order
from driftcheck.storage.limits import MAXIMUM_ROWS
from driftcheck.windows import Window

STATEMENT_TIMEOUT_SECONDS = 120
"""Seconds after which the server cancels a statement.

A check with several windows then ends within the 15 minutes of its pod. Longer lets a
slow query burden the serving database, shorter fails without an index on the time.
"""

CONNECT_TIMEOUT_SECONDS = 10
"""Seconds for connecting, where neither the address nor PGCONNECT_TIMEOUT says so."""

CONNECT_TIMEOUT_VARIABLE = "PGCONNECT_TIMEOUT"

_REASONS = {
    "42P01": Reason.MISSING_TABLE,
    "3F000": Reason.MISSING_TABLE,
    "42703": Reason.MISSING_COLUMN,
    "42501": Reason.LOG_FORBIDDEN,
    "57014": Reason.LOG_TIMEOUT,
}


@dataclass(frozen=True)
class InferenceLog:
    """An open inference log; a statement may take `timeout_seconds`."""

    connection: Any
    source: LogSource
    url: str
    timeout_seconds: int = STATEMENT_TIMEOUT_SECONDS

    @contextmanager
    def snapshot(self) -> Iterator[Any]:
        """Open a cursor in a read-only transaction: all statements see one snapshot."""
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

    def window(self, window: Window, reference: LoadedReference) -> Dataset:
        """Return a window's rows, above SAMPLE_ROWS a random sample of them."""
        with self._reading() as (sql, read):
            chosen = sql.window(window)
            rows = sql.count(chosen, read)
            shape = window_shape(sql.schema, self.source.features, reference.kinds)
            if not shape.names:
                return Dataset(rows, {}, shape.findings)
            select = f"SELECT {selected(sql.schema, shape)} {chosen.text}"
            values = chosen.values
            if rows > MAXIMUM_ROWS:
                # One seed per window: the same rows give the same verdict.
                read("SELECT setseed($1)", (seed_of(window) / 1000,))
                select += f" AND random() < ${len(values) + 1}"
                values = (*values, MAXIMUM_ROWS / rows)
            table = read(f"{select} ORDER BY {sql.time}", values)
        features = self.source.features
        return dataset_from(table, shape, features, rows, Order.TIME)

    def only(self, condition: Filter) -> Self:
        """See `Log`."""
        return replace(self, source=self.source.only(condition))

    def labeled(self, after: datetime, max_rows: int) -> pa.Table:
        """See `Log`."""
        with self._reading() as (sql, read):
            return read(*sql.labeled(after, max_rows))

    def labeled_predictions(self, window: Window, max_rows: int) -> LabeledPredictions:
        """See `Log`."""
        with self._reading() as (sql, read):
            return sql.labeled_predictions(window, max_rows, read)

    @contextmanager
    def _reading(self) -> Iterator[tuple[TableSql, Read]]:
        """Return the table's SQL and a function that runs it in one snapshot."""
        with self.snapshot() as cursor:

            def read(text: str, values: tuple[Any, ...]) -> pa.Table:
                cursor.execute(text, values or None)
                return cursor.fetch_arrow_table()

            schema = read(*columns_of(self.source)).schema
            yield TableSql(self.source, schema, readable), read


def readable(field: pa.Field) -> str:
    """Return a column as SQL; Arrow needs PostgreSQL's numeric as a float."""
    if pa.types.is_list(field.type) or is_text_encoded(field) or is_dense_vector(field):
        return _whole(field)
    return quoted(field.name) + _cast(field, ColumnKind.NUMBER, "::float8")


def selected(schema: pa.Schema, shape: Shape) -> str:
    """Return the columns as SQL, cast where Arrow has no type for PostgreSQL's."""
    columns = [
        quoted(name) + _cast(schema.field(name), kind, "::float8")
        for name, kind in shape.columns.items()
    ]
    wholes = [name for name in (shape.vector, shape.json_column) if name]
    # A column may be the JSON column and, as a text, a feature: it is read once.
    columns += [
        _whole(schema.field(name)) for name in wholes if name not in shape.columns
    ]
    return ", ".join(columns)


def _whole(field: pa.Field) -> str:
    """Return a column that holds several features, as SQL."""
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
def open_log(
    url: str | None, source: LogSource, environment: Mapping[str, str]
) -> Iterator[InferenceLog]:
    """Open the inference log at DATABASE_URL; CheckFailure LogUnreachable."""
    if not url:
        raise CheckFailure(Reason.LOG_UNREACHABLE, f"{DATABASE_VARIABLE} is not set")
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("postgresql", "postgres"):
        # What the variable holds may be a secret of another form: do not repeat it.
        raise CheckFailure(
            Reason.LOG_UNREACHABLE,
            f"{DATABASE_VARIABLE} is not a postgresql:// address",
        )
    try:
        connection = dbapi.connect(with_connect_timeout(url, environment))
    except adbc_driver_manager.Error as error:
        message = without_secrets(_plain(error), url)
        raise CheckFailure(Reason.LOG_UNREACHABLE, message) from None
    try:
        yield InferenceLog(connection, source, url)
    finally:
        connection.close()


def with_connect_timeout(url: str, environment: Mapping[str, str]) -> str:
    """Return the address with a limit to connecting, in seconds.

    libpq waits forever by default. A limit in the address comes before that of
    PGCONNECT_TIMEOUT, and that before CONNECT_TIMEOUT_SECONDS.
    """
    # Like libpq: what precedes an "@" before the first "/" are credentials.
    first = url.find("://") + len("://")
    end_of_host = url.find("/", first)
    host = max(first, url.find("@", first, None if end_of_host < 0 else end_of_host))
    address, _, query = url[host:].partition("?")
    options = [option for option in query.split("&") if option]
    if any(option.startswith("connect_timeout=") for option in options):
        return url
    seconds = environment.get(CONNECT_TIMEOUT_VARIABLE) or str(CONNECT_TIMEOUT_SECONDS)
    options.append(f"connect_timeout={quote(seconds)}")
    return f"{url[:host]}{address}?{'&'.join(options)}"


def _failure(error: Exception, url: str) -> CheckFailure:
    state = getattr(error, "sqlstate", None) or ""
    reason = _REASONS.get(state, Reason.LOG_UNREADABLE)
    if state.startswith(("08", "57P")) or (not state and _broken(error)):
        reason = Reason.LOG_UNREACHABLE
    return CheckFailure(reason, without_secrets(_plain(error), url))


def _broken(error: Exception) -> bool:
    """Return whether the connection broke: the driver then has no SQLSTATE."""
    code = getattr(error, "status_code", None)
    return bool(code == adbc_driver_manager.AdbcStatusCode.IO)


def _plain(error: Exception) -> str:
    """Return the server's sentence, without the driver's wrapping."""
    text = one_line(error)
    for mark in ("ERROR:", "FATAL:", "[libpq]"):
        if mark in text:
            return text.split(mark, 1)[1].strip()
    return text
