"""Types of columns in PostgreSQL, and values that break their type."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck import contract as c
from tests.system.support.service_fixtures import Database
from tests.system.worker.postgres.postgres_world import (
    HOUR,
    NOW,
    SHAPE,
    TABLE,
    Run,
    check,
    create,
    request,
    summary,
)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
def test_naive_timestamps_are_read_in_the_declared_zone(
    database: Database, reference: c.Reference, run: Run, zone: str
) -> None:
    """A log without zones is cut at the right rows."""
    create(database, SHAPE.replace("timestamptz", "timestamp"))
    asked = request(reference, time_zone=zone)
    inside = asked.windows.anchor + HOUR + timedelta(minutes=1)
    database.execute(
        f"INSERT INTO ml.{TABLE} VALUES (timezone($1, $2::timestamptz), '{{1,2}}')",
        zone,
        inside,
    )
    rows = [rows for counting, _, rows in summary(check(run, asked, database.url))]
    assert rows[:3] == [0, 1, 0]


def test_columns_of_every_kind_are_read(
    database: Database, tmp_path: Path, run: Run
) -> None:
    """Numeric, integer, text and boolean columns, under names that need quoting."""
    odd = 'we"ird; DROP TABLE x --'
    names = ("n", "i", "kind", "flag", odd)
    path = tmp_path / "kinds.parquet"
    columns: dict[str, Any] = {
        "n": [i / 100 for i in range(1000)],
        "i": list(range(1000)),
        "kind": ["a", "b"] * 500,
        "flag": [True, False] * 500,
        odd: [float(i % 50) for i in range(1000)],
    }
    pq.write_table(pa.table(columns), path)
    create(
        database,
        f"""(predicted_at timestamptz, n numeric, i bigint, kind text, flag bool,
        "{odd.replace('"', '""')}" real)""",
        odd,
    )
    start = NOW - timedelta(minutes=50)
    quoted = odd.replace('"', '""')
    database.execute(
        f"""INSERT INTO ml."{quoted}" SELECT $1::timestamptz, i * 5 / 100.0, i * 5,
        CASE WHEN i % 2 = 0 THEN 'a' ELSE 'c' END, i % 2 = 0, i % 50
        FROM generate_series(0, 199) AS i""",
        start,
    )
    features = c.Features("Columns", names)
    asked = request(c.Reference(str(path)), features=features, table=odd)
    ran = check(run, asked, database.url)
    interim = ran.answer.windows[-1]
    assert interim.verdict is c.Verdict.NO_DRIFT
    assert (interim.drifted, interim.checked) == (1, 5)
    assert interim.kinds == (c.Kind.COVARIATE, c.Kind.NEW_CATEGORY)
    assert interim.top_columns[0][0] == "kind"


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ((SHAPE, "{1,2}", "{1}"), "RaggedVector"),
        ((SHAPE, "{1}"), "VectorLength"),
        ((SHAPE.replace("float8[]", "text[]"), "{a,b}"), "RetypedColumn"),
        ((SHAPE.replace("feature_vector", "other"), "{1}"), "MissingColumn"),
    ],
)
def test_broken_vectors_are_data_quality(
    database: Database,
    reference: c.Reference,
    run: Run,
    log: tuple[str, ...],
    reason: str,
) -> None:
    """Vectors that cannot be assigned to names are never guessed at."""
    shape, *vectors = log
    create(database, shape)
    for vector in vectors:
        insert = f"INSERT INTO ml.{TABLE} VALUES ($1, '{vector}')"
        database.execute(insert, NOW - timedelta(minutes=5))
    interim = check(run, request(reference), database.url).answer.windows[-1]
    assert (interim.verdict, interim.reason) == (c.Verdict.DATA_QUALITY, reason)


def test_arrays_of_numeric_and_real_are_read(
    database: Database, reference: c.Reference, run: Run
) -> None:
    """Whatever numbers the array holds, they are compared as floats."""
    for kind in ("numeric[]", "float4[]", "int[]"):
        database.execute("DROP SCHEMA IF EXISTS ml CASCADE")
        create(database, SHAPE.replace("float8[]", kind))
        database.execute(
            f"""INSERT INTO ml.{TABLE} SELECT $1::timestamptz, ARRAY[i % 40, i % 80]
            FROM generate_series(0, 199) AS i""",
            NOW - timedelta(minutes=5),
        )
        interim = check(run, request(reference), database.url).answer.windows[-1]
        assert (interim.rows, interim.checked) == (200, 2)
