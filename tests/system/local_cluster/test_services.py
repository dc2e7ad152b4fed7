"""PostgreSQL, MLflow and the Pushgateway are the real ones, outages included."""

import threading
from pathlib import Path
from urllib.request import urlopen

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
import pytest
from prometheus_client import CollectorRegistry, Gauge, push_to_gateway

from dev.processes.supervisor import Supervisor
from dev.services.mlflow_server import MLflowServer
from dev.services.postgres import PostgresServer, wheel_binaries
from dev.services.pushgateway import Pushgateway, ensure_program
from tests.system.support.service_fixtures import Database

VECTOR = "feature_vector"

# PostgreSQL


def read_vectors(url: str) -> pa.Table:
    """Return the table of `insert_vectors`, as an Arrow stream gives it."""
    with adbc.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {VECTOR}, predicted_at FROM log ORDER BY predicted_at")
        return cursor.fetch_arrow_table()


CREATE = f"CREATE TABLE log ({VECTOR} float8[], predicted_at timestamptz)"
INSERT = "INSERT INTO log VALUES (ARRAY[1, NULL, 2.5]::float8[], now())"


def test_arrays_arrive_as_arrow_lists(database: Database) -> None:
    """ADBC reads float8[] as Arrow lists of doubles, nulls inside them included."""
    database.execute(CREATE)
    database.execute(INSERT)
    table = read_vectors(database.url)
    assert table.schema.field(VECTOR).type == pa.list_(pa.float64())
    assert table.column(VECTOR).to_pylist() == [[1.0, None, 2.5]]


def test_binaries_of_the_wheel_serve(service_supervisor: Supervisor) -> None:
    """A machine without PostgreSQL gets a working one from the Python wheel."""
    binaries = wheel_binaries()[0]
    with PostgresServer(
        service_supervisor, name="postgres-wheel", binaries=binaries
    ) as server:
        url = server.create_database("wheel")
        server.execute(CREATE, database="wheel")
        server.execute(INSERT, database="wheel")
        assert read_vectors(url).column(VECTOR).to_pylist() == [[1.0, None, 2.5]]


def test_a_wrong_password_is_refused(postgres: PostgresServer) -> None:
    """The server asks for its password even on loopback."""
    url = postgres.url().replace("killick:", "killick:wrong")
    with pytest.raises(adbc.Error, match="password authentication failed"):
        adbc.connect(url)


def test_postgres_survives_an_outage(database: Database) -> None:
    """After a stop and a start, the data is there at the same address."""
    database.execute(CREATE)
    database.execute(INSERT)
    with (
        database.server.outage(),
        pytest.raises(adbc.Error, match="refused"),
    ):
        adbc.connect(database.url)
    assert read_vectors(database.url).num_rows == 1


def test_a_paused_postgres_hangs(database: Database) -> None:
    """A pause leaves the port open and every answer out, until the resume."""
    with adbc.connect(database.url) as connection, connection.cursor() as cursor:
        done = threading.Event()

        def ask() -> None:
            cursor.execute("SELECT 1")
            done.set()

        thread = threading.Thread(target=ask)
        with database.server.hang():
            thread.start()
            assert not done.wait(timeout=0.5)
        assert done.wait(timeout=30)
        thread.join()


# MLflow


def test_mlflow_registers_a_version(
    mlflow_server: MLflowServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slim client logs a run with an artifact and registers a version of it."""
    from mlflow import MlflowClient

    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server.url)
    client = MlflowClient(mlflow_server.url, mlflow_server.url)
    run = client.create_run("0", tags={"killick.dev/attempt": "a1"})
    artifact = tmp_path / "MLmodel"
    artifact.write_text("flavors: {}\n")
    client.log_artifact(run.info.run_id, str(artifact), "model")
    client.set_terminated(run.info.run_id)
    client.create_registered_model("services")
    source = f"{run.info.artifact_uri}/model"
    version = client.create_model_version("services", source, run.info.run_id)
    client.set_registered_model_alias("services", "champion", version.version)
    found = client.get_model_version_by_alias("services", "champion")
    assert (found.version, found.run_id) == (version.version, run.info.run_id)
    copy = client.download_artifacts(
        run.info.run_id, "model/MLmodel", str(tmp_path / "copy")
    )
    assert Path(copy).read_text() == "flavors: {}\n"


def test_mlflow_survives_an_outage(mlflow_server: MLflowServer) -> None:
    """After a stop and a start, what was registered is there at the same address."""
    from mlflow import MlflowClient

    client = MlflowClient(mlflow_server.url, mlflow_server.url)
    client.create_registered_model("outage")
    with mlflow_server.outage(), pytest.raises(OSError, match="refused"):
        urlopen(f"{mlflow_server.url}/health", timeout=5)
    assert client.get_registered_model("outage").name == "outage"


# Pushgateway


def push_one(url: str, name: str) -> None:
    """Push one gauge, grouped as the drift check groups its own."""
    registry = CollectorRegistry()
    gauge = Gauge("killick_services_test", "A value of the tests.", registry=registry)
    gauge.set(0.38)
    grouping = {"namespace": "ml", "name": name}
    push_to_gateway(url, "killick-check", registry, grouping, timeout=10)


def test_a_pushed_gauge_is_scraped(pushgateway: Pushgateway) -> None:
    """What the Prometheus client pushes is there for a scrape, with its group."""
    push_one(pushgateway.url, "scraped")
    line = (
        'killick_services_test{instance="",job="killick-check",'
        'name="scraped",namespace="ml"} 0.38'
    )
    assert line in pushgateway.metrics().splitlines()


def test_the_pinned_pushgateway_is_built(service_supervisor: Supervisor) -> None:
    """A machine without a Pushgateway gets a working one from the Go modules."""
    with Pushgateway(
        service_supervisor, name="pushgateway-built", binary=ensure_program()
    ) as server:
        push_one(server.url, "built")
        assert 'name="built"' in server.metrics()


def test_an_outage_of_the_pushgateway_is_seen(pushgateway: Pushgateway) -> None:
    """A push is refused during an outage; afterwards the same address takes it."""
    with pushgateway.outage(), pytest.raises(OSError, match="refused"):
        push_one(pushgateway.url, "outage")
    push_one(pushgateway.url, "outage")
    assert 'name="outage"' in pushgateway.metrics()
