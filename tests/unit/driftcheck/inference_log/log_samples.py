"""Small inference logs in files and in DuckDB."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from driftcheck.contract import Features, LogSource
from driftcheck.inference_log.open import open_log
from driftcheck.stats.columns import ColumnKind, Dataset
from driftcheck.windows import Window
from tests.unit.driftcheck.samples import reference_of_kinds

START = datetime(2026, 1, 2, tzinfo=UTC)


DAY = timedelta(days=1)


WINDOW = Window(START, START + DAY, counting=True)


KINDS = {"price": ColumnKind.NUMBER, "kind": ColumnKind.CATEGORY}


COLUMNS = Features("Columns", ("price", "kind"))


def rows(start: datetime = START - DAY, days: int = 3, each: int = 24) -> pa.Table:
    """Rows evenly in time; the price is the number of the row."""
    count = days * each
    times = [start + i * days * DAY / count for i in range(count)]
    return pa.table(
        {
            "at": pa.array(times, pa.timestamp("us", "UTC")),
            "price": pa.array(range(count), pa.float64()),
            "kind": ["a", "b"] * (count // 2),
            "model": ["x", "y"] * (count // 2),
            "version": pa.array([1, 2] * (count // 2), pa.int32()),
            "label": pa.array([None, 1] * (count // 2), pa.int32()),
        }
    )


def files_log(path: Path, features: Features = COLUMNS, **changes: object) -> LogSource:
    """A log of parquet files."""
    base = LogSource("", "", "at", features, type="Files", uri=str(path))
    return replace(base, label_column="label", **changes)  # type: ignore[arg-type]


def duckdb_log(path: Path, table: pa.Table, **changes: object) -> LogSource:
    """A log in a DuckDB file that holds these rows."""
    file = path / "log.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.register("given", table)
        connection.execute('CREATE TABLE "odd"" name" AS SELECT * FROM given')
    base = LogSource("main", 'odd" name', "at", COLUMNS, type="DuckDB", uri=str(file))
    return replace(base, label_column="label", **changes)  # type: ignore[arg-type]


def one_file(path: Path, table: pa.Table, **changes: object) -> LogSource:
    """A log in one parquet file."""
    pq.write_table(table, path / "log.parquet")
    return files_log(path / "log.parquet", **changes)  # type: ignore[arg-type]


def read(source: LogSource, window: Window = WINDOW) -> Dataset:
    """What the log has of a window."""
    with open_log(None, source, {}) as log:
        return log.window(window, reference_of_kinds(KINDS))
