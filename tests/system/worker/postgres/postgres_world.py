"""An inference log in PostgreSQL, and the check that reads it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from driftcheck import contract as c
from tests.system.support.service_fixtures import Database

TABLE = "recommendation_inference_log"


VECTOR = c.Features("Vector", ("price", "age"), "feature_vector")


SHAPE = "(predicted_at timestamptz, feature_vector float8[], score float8, label int)"


# A window of an hour ends on the last full minute, so that nothing is still to come.
NOW = datetime.now(UTC).replace(second=0, microsecond=0)


HOUR = timedelta(hours=1)


def request(reference: c.Reference, **log: Any) -> c.CheckRequest:
    """Hourly windows laid from three hours ago, without lag."""
    source = c.LogSource(
        "ml", TABLE, "predicted_at", VECTOR, lag_seconds=0, prediction_column="score"
    )
    return c.CheckRequest(
        name="recommendation",
        namespace="ml",
        request_fingerprint="hash",
        reference=reference,
        log=replace(source, **log),
        window_seconds=3600,
        windows=c.WindowGrid(NOW - 3 * HOUR - timedelta(minutes=30), 3),
    )


def create(database: Database, shape: str = SHAPE, table: str = TABLE) -> None:
    """An empty inference log."""
    database.execute("CREATE SCHEMA IF NOT EXISTS ml")
    quoted = table.replace('"', '""')
    database.execute(f'CREATE TABLE ml."{quoted}" {shape}')


def fill(
    database: Database, start: datetime, rows: int, price: float, label: str = "NULL"
) -> None:
    """An hour of inferences, evenly in time, with prices around one."""
    database.execute(
        f"""
        INSERT INTO ml.{TABLE}
        SELECT $1::timestamptz + i * interval '1 hour' / $2,
          ARRAY[$3 + 5 * z(i), 40 + 9 * z(i + 7919)], 0.5, {label}
        FROM generate_series(0, $2 - 1) AS i
        """,
        start,
        rows,
        price,
    )


NORMAL = """
CREATE FUNCTION z(i bigint) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
  SELECT sqrt(-2 * ln(((i * 7321 + 11) % 99991 + 1) / 99992.0))
    * cos(6.283185307 * ((i * 5237 + 3) % 99989) / 99989.0)
$$
"""


@dataclass(frozen=True)
class Ran:
    """A run's exit code, termination message and printed text."""

    code: int
    message: bytes
    printed: str

    @property
    def answer(self) -> c.CheckAnswer:
        """Return the check's answer."""
        return c.decode(self.message)


Run: TypeAlias = Callable[..., Ran]


def check(run: Run, asked: c.CheckRequest, url: str, **more: str) -> Ran:
    """Run a check."""
    text = c.encode_request(asked)
    return run("check", DRIFTCHECK_REQUEST=text, DATABASE_URL=url, **more)


def summary(ran: Ran) -> list[tuple[bool, str, int | None]]:
    """Return each window: whether it counts, its verdict, its rows."""
    return [(w.counting, w.verdict.value, w.rows) for w in ran.answer.windows]


def load_kinds(reference: c.Reference) -> Any:
    """Return how the reference's columns are compared."""
    from driftcheck.reference.load import load_reference

    return load_reference(reference.uri, VECTOR, {}).kinds
