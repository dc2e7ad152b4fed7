"""A large, a locked and a vanishing log on a real PostgreSQL."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from adbc_driver_postgresql import dbapi

from dev.operator_program import REPOSITORY
from driftcheck.contract import Features, LogSource
from driftcheck.errors import CheckFailure
from driftcheck.inference_log.postgres import open_log
from driftcheck.stats.columns import ColumnKind
from driftcheck.windows import Window
from tests.system.support.service_fixtures import Database
from tests.unit.driftcheck.samples import reference_of_kinds

ROWS = 10_000_000
LIMIT = 250  # megabytes
# The kernel's own mark: what wait4 tells begins with the memory of who forked.
CHECK = """
import os, sys
from driftcheck.__main__ import main
code = main(sys.argv[1:], os.environ)
with open("/proc/self/status") as status:
    print("peak", next(line.split()[1] for line in status if line.startswith("VmHWM")))
sys.exit(code)
"""
FILL = f"""
CREATE UNLOGGED TABLE public.log AS
SELECT now() - interval '10 hours' + i * interval '3.5 ms' AS predicted_at,
       sqrt(-2 * ln(random() + 1e-12)) * cos(6.2831853 * random()) AS price,
       random() AS age
FROM generate_series(1, {ROWS}) AS i
"""


def test_a_log_of_ten_million_rows_is_judged_by_a_sample(
    database: Database, tmp_path: Path
) -> None:
    """All are counted, a hundred thousand compared, and memory does not grow."""
    database.execute(FILL)
    rng = np.random.default_rng(1)
    columns = {"price": rng.normal(size=20_000), "age": rng.uniform(size=20_000)}
    pq.write_table(pa.table(columns), tmp_path / "reference.parquet")
    options = ("--reference", "reference.parquet", "--table", "log", "--lag", "0s")
    ran = subprocess.run(
        [sys.executable, "-c", CHECK, *options],
        cwd=tmp_path,
        env={"PYTHONPATH": str(REPOSITORY / "drift"), "DATABASE_URL": database.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    printed, _, peak = ran.stdout.rpartition("peak ")
    assert printed.startswith("NoDrift")
    assert f", {ROWS} rows, " in printed
    assert " of them compared" in printed
    assert int(peak) / 1024 < LIMIT


SMALL = """
CREATE TABLE public.log AS
SELECT now() - i * interval '1 s' AS predicted_at, i::float8 AS price
FROM generate_series(1, 200) AS i
"""
SOURCE = LogSource("public", "log", "predicted_at", Features("Columns", ("price",)))
KINDS = {"price": ColumnKind.NUMBER}


def hour() -> Window:
    """Return the hour until now."""
    now = datetime.now(UTC)
    return Window(now - timedelta(hours=1), now, counting=True)


def test_a_locked_table_ends_the_statement_by_name(database: Database) -> None:
    """A statement that waits for a lock is LogTimeout; the next one works again."""
    database.execute(SMALL)
    with (
        open_log(database.url, SOURCE, {}) as opened,
        dbapi.connect(database.url) as other,
    ):
        log = replace(opened, timeout_seconds=1)
        with other.cursor() as cursor:
            cursor.execute("LOCK TABLE public.log IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(CheckFailure) as failure:
                log.window(hour(), reference_of_kinds(KINDS))
            other.rollback()
        assert failure.value.reason == "LogTimeout"
        assert log.window(hour(), reference_of_kinds(KINDS)).rows == 200


def test_a_table_that_vanishes_between_two_reads_is_missing(database: Database) -> None:
    """The window before was judged; the next one is an error, never empty."""
    database.execute(SMALL)
    with open_log(database.url, SOURCE, {}) as log:
        assert log.window(hour(), reference_of_kinds(KINDS)).rows == 200
        database.execute("DROP TABLE public.log")
        with pytest.raises(CheckFailure) as failure:
            log.window(hour(), reference_of_kinds(KINDS))
    assert failure.value.reason == "MissingTable"
