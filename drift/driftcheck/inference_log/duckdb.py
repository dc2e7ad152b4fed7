"""An inference log in a DuckDB database file, which is opened read-only.

The file may come from anywhere: its views can read no other file and no address, no
extension is loaded, and memory is bounded.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa
from pyarrow import fs

from driftcheck.arrow.conversion import dataset_from
from driftcheck.arrow.schema import window_shape
from driftcheck.contract import Filter, LogSource
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import LabeledPredictions, LoadedReference
from driftcheck.errors import CheckFailure, one_line
from driftcheck.inference_log.base import seed_of
from driftcheck.inference_log.files import failure_of
from driftcheck.inference_log.sql import TableSql, columns_of, quoted
from driftcheck.redaction import shown_address
from driftcheck.stats.columns import Dataset, Order
from driftcheck.storage.files import filesystem_of
from driftcheck.storage.limits import FILE_BYTES, MAXIMUM_ROWS
from driftcheck.windows import Window

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "memory_limit": "512MB",
    "threads": "1",
    "lock_configuration": "true",
}


@dataclass(frozen=True)
class DuckDBLog:
    """An open table of a DuckDB database."""

    connection: Any
    source: LogSource

    def window(self, window: Window, reference: LoadedReference) -> Dataset:
        """See `Log`."""
        sql = self._sql()
        selected = sql.window(window)
        rows = sql.count(selected, self._read)
        shape = window_shape(sql.schema, self.source.features, reference.kinds)
        if not shape.names:
            return Dataset(rows, {}, shape.findings)
        names = list(dict.fromkeys([*shape.names, self.source.timestamp_column]))
        columns = ", ".join(quoted(name) for name in names)
        select = f"SELECT {columns} {selected.text}"
        if rows > MAXIMUM_ROWS:
            sample = f"reservoir({MAXIMUM_ROWS} ROWS) REPEATABLE ({seed_of(window)})"
            select = f"SELECT * FROM ({select}) USING SAMPLE {sample}"  # noqa: S608
        ordered = f"SELECT * FROM ({select}) ORDER BY {sql.time}"  # noqa: S608
        table = self._read(ordered, selected.values)
        return dataset_from(table, shape, self.source.features, rows, Order.TIME)

    def only(self, condition: Filter) -> Self:
        """See `Log`."""
        return replace(self, source=self.source.only(condition))

    def labeled(self, after: datetime, max_rows: int) -> pa.Table:
        """See `Log`."""
        return self._read(*self._sql().labeled(after, max_rows))

    def labeled_predictions(self, window: Window, max_rows: int) -> LabeledPredictions:
        """See `Log`."""
        return self._sql().labeled_predictions(window, max_rows, self._read)

    def _sql(self) -> TableSql:
        schema = self._read(*columns_of(self.source)).schema
        return TableSql(self.source, schema, lambda field: quoted(field.name))

    def _read(self, sql: str, values: tuple[Any, ...] = ()) -> pa.Table:
        try:
            table = self.connection.sql(sql, params=list(values)).to_arrow_table()
        except (duckdb.Error, pa.ArrowException) as error:
            raise _failure(error) from None
        return table


@contextmanager
def open_duckdb(
    source: LogSource, environment: Mapping[str, str]
) -> Iterator[DuckDBLog]:
    """Open the database file in place if it is local, else a copy of it."""
    uri = source.uri or ""
    with tempfile.TemporaryDirectory() as scratch:
        try:
            path = _local(uri, Path(scratch), environment)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise failure_of(error, uri) from None
        try:
            connection = duckdb.connect(str(path), read_only=True, config=_SETTINGS)
        except duckdb.Error as error:
            message = f"{shown_address(uri)}: {one_line(error)}"
            raise CheckFailure(Reason.LOG_UNREADABLE, message) from None
        try:
            yield DuckDBLog(connection, source)
        finally:
            connection.close()


def _local(uri: str, scratch: Path, environment: Mapping[str, str]) -> Path:
    system, path = filesystem_of(uri, environment)
    info = system.get_file_info(path)
    if info.type != fs.FileType.File:
        raise FileNotFoundError("there is no such file")
    if isinstance(system, fs.LocalFileSystem):
        return Path(path)
    if info.size > FILE_BYTES:
        raise ValueError(f"{info.size} bytes are more than {FILE_BYTES}")
    copy = scratch / "log.duckdb"
    with system.open_input_stream(path) as stream, copy.open("wb") as file:
        shutil.copyfileobj(stream, file)
    return copy


def _failure(error: Exception) -> CheckFailure:
    text = one_line(error)
    reason = Reason.LOG_UNREADABLE
    if isinstance(error, duckdb.CatalogException):
        reason = Reason.MISSING_TABLE
    elif isinstance(error, duckdb.BinderException) and "not found" in text:
        reason = Reason.MISSING_COLUMN
    return CheckFailure(reason, text)
