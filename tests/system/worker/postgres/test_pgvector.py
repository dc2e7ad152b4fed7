"""An inference log whose features are a column of pgvector, the real extension.

The PostgreSQL of the wheel brings it; that of a distribution often does not. The types
lie in a schema outside the search path, as on managed servers.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from dev.processes.supervisor import Supervisor
from dev.services.postgres import PostgresServer, wheel_binaries
from driftcheck.check.run import run_check
from driftcheck.contract import (
    CheckRequest,
    Features,
    LogSource,
    Reference,
    WindowGrid,
    WindowVerdict,
)
from driftcheck.contract.evaluation import (
    EvaluationDirectories,
    EvaluationRequest,
    Metric,
)
from driftcheck.evaluation.rows import read_rows
from driftcheck.inference_log.open import open_log
from driftcheck.stats.columns import ColumnKind, Dataset, Numbers
from driftcheck.windows import Window
from tests.system.support.service_fixtures import Database
from tests.unit.driftcheck.samples import reference_of_kinds

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
HOUR = timedelta(hours=1)
NAMES = ("price", "age", "visits")
LOG = LogSource("ml", "log", "at", Features("Vector", NAMES, "f"), lag_seconds=0)
WINDOW = Window(NOW - HOUR, NOW, counting=False)
DENSE = ["vector(3)", "vector", "halfvec(3)", "halfvec"]


@pytest.fixture(scope="module")
def server(service_supervisor: Supervisor) -> Iterator[PostgresServer]:
    """The PostgreSQL that has the extension."""
    binaries = wheel_binaries()[0]
    with PostgresServer(
        service_supervisor, name="pgvector", binaries=binaries
    ) as running:
        yield running


@pytest.fixture
def database(server: PostgresServer, request: pytest.FixtureRequest) -> Database:
    """Return a database with the extension and no log yet."""
    name = hashlib.sha256(request.node.name.encode()).hexdigest()[:16]
    server.create_database(name)
    database = Database(server, name)
    for made in ("SCHEMA ml", "SCHEMA ext", "EXTENSION vector SCHEMA ext"):
        database.execute(f"CREATE {made}")
    return database


def fill(database: Database, kind: str, rows: Iterable[NDArray[np.float64]]) -> None:
    """A log of these vectors, one a second within the last hour."""
    database.execute(f"CREATE TABLE ml.log (at timestamptz, label int, f ext.{kind})")
    values = ", ".join(
        f"($1::timestamptz + interval '{place} seconds', 1, '{row.tolist()}')"
        for place, row in enumerate(rows)
    )
    database.execute(f"INSERT INTO ml.log VALUES {values}", WINDOW.start)


def read(database: Database) -> Dataset:
    """Return the last hour of the log."""
    with open_log(database.url, LOG, {}) as log:
        return log.window(
            WINDOW, reference_of_kinds(dict.fromkeys(NAMES, ColumnKind.NUMBER))
        )


def normal(seed: int, rows: int) -> NDArray[np.float64]:
    """Three independent features."""
    return np.random.default_rng(seed).normal((20, 40, 3), (5, 9, 1), (rows, 3))


def judged(
    database: Database, tmp_path: Path, reference: NDArray[np.float64]
) -> WindowVerdict:
    """Return the last hour against a reference with one column for each feature."""
    path = tmp_path / "reference.parquet"
    pq.write_table(pa.table(dict(zip(NAMES, reference.T, strict=True))), path)
    asked = CheckRequest(
        name="m",
        namespace="ml",
        request_fingerprint="h",
        reference=Reference(str(path)),
        log=LOG,
        window_seconds=3600,
        windows=WindowGrid(NOW, 1),
    )
    return run_check(asked, database.url, NOW).answer.windows[-1]


@pytest.mark.parametrize("kind", DENSE)
def test_the_extensions_vectors_are_read(database: Database, kind: str) -> None:
    """Dense vectors of both widths give one column for each dimension, in order."""
    fill(database, kind, np.array([[1, 2.5, -3], [4, 0, 0.5]]))
    database.execute("INSERT INTO ml.log VALUES ($1, 1, NULL)", NOW - HOUR / 2)
    found = read(database)
    assert (found.rows, found.findings) == (3, ())
    columns = [found.columns[name] for name in NAMES]
    assert [c.values.tolist() for c in columns if isinstance(c, Numbers)] == [
        [1, 4],
        [0, 2.5],
        [-3, 0.5],
    ]
    assert [c.nulls for c in columns if isinstance(c, Numbers)] == [1, 1, 1]


@pytest.mark.parametrize("kind", DENSE)
def test_drift_in_one_dimension_is_found_and_named(
    database: Database, tmp_path: Path, kind: str
) -> None:
    """The dimension that moved is the worst column, and the only one that drifted."""
    fill(database, kind, normal(2, 500) + np.array([0, 9, 0]))
    found = judged(database, tmp_path, normal(1, 2000))
    assert (found.verdict, found.rows) == ("Drift", 500)
    assert (found.drifted, found.checked) == (1, 3)
    assert found.top_columns[0][0] == "age"
    assert found.top_columns[0][1] == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("kind", DENSE)
def test_equal_vectors_do_not_drift(
    database: Database, tmp_path: Path, kind: str
) -> None:
    """The reference's 64-bit numbers against the same ones in 32 or 16 bits."""
    rows = normal(1, 500)
    fill(database, kind, rows)
    found = judged(database, tmp_path, rows)
    assert (found.verdict, found.drifted, found.checked) == ("NoDrift", 0, 3)


def few_values(kind: type) -> NDArray[np.float64]:
    """Values that no short float holds, and one value for all rows."""
    rows = [[0.1 * (place % 7), 0.1, 1 / 3] for place in range(500)]
    return np.array(rows).astype(kind).astype(np.float64)


@pytest.mark.parametrize(
    ("kind", "written"), [("vector", np.float64), ("halfvec", np.float16)]
)
def test_rounding_alone_is_no_drift(
    database: Database, tmp_path: Path, kind: str, written: type
) -> None:
    """What 32 bits lose is not seen; of 16 bits the reference must have lost the same.

    A constant 0.1 is 0.09998 in 16 bits, which is another constant for good reason:
    8081 would be 8080.
    """
    fill(database, kind, few_values(np.float64))
    found = judged(database, tmp_path, few_values(written))
    assert (found.verdict, found.drifted, found.kinds) == ("NoDrift", 0, ())


@pytest.mark.parametrize(
    ("kind", "rows", "reason"),
    [
        ("vector(2)", [[1, 2], [3, 4]], "VectorLength: f"),
        ("vector", [[1, 2, 3], [3, 4]], "RaggedVector: f"),
        ("halfvec", [[1, 2, 3], [3]], "RaggedVector: f"),
    ],
)
def test_vectors_of_another_length_are_findings(
    database: Database, kind: str, rows: list[list[float]], reason: str
) -> None:
    """Dimensions that do not match the names are never judged under them."""
    fill(database, kind, [np.array(row) for row in rows])
    found = read(database)
    assert [str(one) for one in found.findings] == [reason]
    assert not found.columns


def test_a_sparse_vector_is_named_and_not_judged(database: Database) -> None:
    """Its zeros are not stored, so it is no array of features."""
    database.execute("CREATE TABLE ml.log (at timestamptz, f ext.sparsevec(3))")
    database.execute("INSERT INTO ml.log VALUES ($1, '{1:1}/3')", NOW - HOUR / 2)
    (found,) = read(database).findings
    assert str(found) == "RetypedColumn: f"
    assert found.detail == "it holds sparsevec, not an array of numbers"


def test_an_evaluation_reads_the_same_vectors(
    database: Database, tmp_path: Path
) -> None:
    """Labeled rows have the features that the check judges."""
    fill(database, "vector(3)", np.array([[1, 2.5, -3]]))
    asked = EvaluationRequest(
        id="e1",
        log=replace(LOG, label_column="label"),
        after=WINDOW.start - HOUR,
        metric=Metric.ACCURACY,
        champion=False,
        directories=EvaluationDirectories(*[str(tmp_path)] * 4),
    )
    found = read_rows(asked, database.url, {})
    assert (found.data, found.labels) == ([[1, 2.5, -3]], [1])
