"""Segments of an inference log in a real PostgreSQL."""

import dataclasses
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck import contract as c
from driftcheck.check.run import run_check
from driftcheck.storage.limits import MAXIMUM_ROWS
from tests.system.support.service_fixtures import Database
from tests.system.worker.postgres.postgres_world import NOW, TABLE, create, request

COUNTRIES = ("DE", "FR", "IT", "Côte d'Ivoire")
SHAPE = """(predicted_at timestamptz, feature_vector float8[], score float8,
country {country}, zone int, premium bool)"""

# Box and Muller's formula on hashes: the same values in every run.
NORMAL = """
CREATE FUNCTION z(i bigint) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
  SELECT sqrt(-2 * ln(((hashint8extended(i, 1) & 1048575) + 0.5) / 1048576))
    * cos(2 * pi() * ((hashint8extended(i, 2) & 1048575) + 0.5) / 1048576)
$$
"""


@pytest.fixture
def reference(tmp_path: Path) -> c.Reference:
    """Return a reference of two normal features in four countries."""
    rng = np.random.default_rng(1)
    path = tmp_path / "reference.parquet"
    place = np.arange(8000) % 4
    columns = {
        "price": rng.normal(20, 5, 8000),
        "age": rng.normal(40, 9, 8000),
        "country": np.array(COUNTRIES)[place],
        "zone": place,
        "premium": place == 3,
    }
    pq.write_table(pa.table(columns), path)
    return c.Reference(str(path))


def fill(database: Database, rows: int, shift: float) -> None:
    """The latest hour; prices of the fourth country are higher by so much."""
    database.execute(NORMAL)
    names = ", ".join(f"'{name.replace(chr(39), chr(39) * 2)}'" for name in COUNTRIES)
    database.execute(
        f"""
        INSERT INTO ml.{TABLE}
        SELECT $1::timestamptz - interval '1 hour' + i * interval '1 hour' / {rows},
          ARRAY[20 + 5 * z(i) + CASE WHEN i % 4 = 3 THEN {shift} ELSE 0 END,
                40 + 9 * z(-1 - i)], 0.5,
          (ARRAY[{names}])[i % 4 + 1], i % 4, i % 4 = 3
        FROM generate_series(0, {rows} - 1) AS i
        """,
        NOW,
    )


def judged(
    database: Database, reference: c.Reference, column: str, **rule: int
) -> c.WindowVerdict:
    """Return the verdict on the latest hour, by segments of a column."""
    asked = dataclasses.replace(
        request(reference, prediction_column=None),
        windows=c.WindowGrid(NOW, 1),
        drifted_columns_percent=60,
        columns=(c.ColumnRule("price", critical=True, threshold=0.2),),
        segments=c.SegmentRule(column, **rule),
    )
    return run_check(asked, database.url, NOW).answer.windows[-1]


@pytest.mark.parametrize("country", ["text", "char(20)"])
@pytest.mark.parametrize(
    ("column", "segment"),
    [("country", "Côte d'Ivoire"), ("zone", "3"), ("premium", "true")],
)
def test_drift_of_one_segment_is_found_and_named(
    database: Database,
    reference: c.Reference,
    country: str,
    column: str,
    segment: str,
) -> None:
    """By a text, an integer, a Boolean; the other segments are judged as well."""
    create(database, SHAPE.format(country=country))
    fill(database, 2000, 3.0)
    found = judged(database, reference, column)
    assert (found.verdict, found.reason) == (c.Verdict.DRIFT, "SegmentDrifted")
    assert found.findings == (f"SegmentDrifted: {column}={segment}",)
    assert found.rows == 2000


def test_calm_segments_are_no_drift_and_small_ones_are_named(
    database: Database, reference: c.Reference
) -> None:
    """With a minimum above a segment's rows none of them can decide anything."""
    create(database, SHAPE.format(country="text"))
    fill(database, 2000, 0.0)
    assert judged(database, reference, "country").findings == ()
    found = judged(database, reference, "country", minimum_rows=600)
    assert found.verdict is c.Verdict.NO_DRIFT
    assert len(found.findings) == 4
    assert all("(NotEnoughRows)" in finding for finding in found.findings)


def test_a_large_window_keeps_all_rows_of_a_small_segment(
    database: Database, reference: c.Reference
) -> None:
    """The sample of the whole is no sample of its segments: each is read by itself."""
    create(database, SHAPE.format(country="text"))
    fill(database, 3 * MAXIMUM_ROWS, 0.0)
    drifted = f"""UPDATE ml.{TABLE} SET feature_vector =
        ARRAY[feature_vector[1] + 3, feature_vector[2]], country = 'LU'
        WHERE country = 'DE' AND z(extract(epoch FROM predicted_at)::bigint) > 2.7"""
    database.execute(drifted)
    table = pq.read_table(reference.uri)
    small = np.array(table["country"].to_pylist())
    small[::27] = "LU"
    place = table.schema.names.index("country")
    pq.write_table(table.set_column(place, "country", pa.array(small)), reference.uri)
    found = judged(database, reference, "country")
    assert found.reason == "SegmentDrifted"
    assert found.findings == ("SegmentDrifted: country=LU",)
    assert found.sampled == pytest.approx(MAXIMUM_ROWS, rel=0.02)


def test_a_log_without_the_column_is_an_error(
    database: Database, reference: c.Reference
) -> None:
    """Segments that cannot be read are reported, not skipped."""
    create(database)
    database.execute(NORMAL)
    database.execute(
        f"""INSERT INTO ml.{TABLE} SELECT $1::timestamptz - i * interval '1 second',
        ARRAY[20 + 5 * z(i), 40 + 9 * z(-1 - i)], 0.5
        FROM generate_series(1, 500) AS i""",
        NOW,
    )
    found = judged(database, reference, "country")
    assert (found.verdict, found.reason) == (c.Verdict.ERROR, "MissingColumn")
    assert "country" in found.message
