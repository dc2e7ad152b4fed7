"""Checks in the cluster whose data are in an object store and in MLflow."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dev.environments.images import ensure_environment
from dev.services.object_store import ObjectStore
from tests.system.support import loop_manifests as manifests
from tests.system.support.loop_fixtures import LoopServers
from tests.system.support.loop_world import LoopWorld

FEATURES = {"type": "Columns", "columns": {"names": ["a", "b"]}}


@pytest.fixture(scope="module")
def stored(loop_servers: LoopServers) -> Iterator[tuple[LoopWorld, ObjectStore]]:
    """A world with a running operator, and a store whose key a Secret of it has."""
    environment = ensure_environment("objectstore")
    with (
        ObjectStore(loop_servers.supervisor, environment) as store,
        loop_servers.granted() as world,
    ):
        store.filesystem().create_dir("data")
        public = dict(store.variables)
        public.pop("AWS_SECRET_ACCESS_KEY")
        key = {"AWS_SECRET_ACCESS_KEY": secrets.token_urlsafe()}
        world.cluster.apply(
            manifests.secret(world.namespace, "store", **key),
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "store", "namespace": world.namespace},
                "data": public,
            },
        )
        world.start()
        yield world, store


def inferences(shift: float) -> pa.Table:
    """Ten minutes of rows from a minute ago on, a hundred a second."""
    start = datetime.now(UTC) - timedelta(minutes=1)
    values = np.random.default_rng(2).uniform(size=(60_000, 2))
    times = [start + i * timedelta(milliseconds=10) for i in range(60_000)]
    return pa.table(
        {
            "predicted_at": pa.array(times, pa.timestamp("us", "UTC")),
            "a": values[:, 0] + shift,
            "b": values[:, 1],
        }
    )


def in_folders(store: ObjectStore, table: pa.Table) -> dict[str, Any]:
    """The log as parquet in folders by date."""
    dates = [str(time.date()) for time in table["predicted_at"].to_pylist()]
    pq.write_to_dataset(
        table.append_column("date", pa.array(dates)),
        "data/log",
        partition_cols=["date"],
        filesystem=store.filesystem(),
    )
    return {"type": "Files", "files": {"uri": "s3://data/log"}}


def in_duckdb(store: ObjectStore, table: pa.Table, scratch: Path) -> dict[str, Any]:
    """The log as a table of a DuckDB file."""
    path = scratch / "log.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.register("given", table)
        connection.execute("CREATE TABLE log AS SELECT * FROM given")
    with store.filesystem().open_output_stream("data/log.duckdb") as stream:
        stream.write(path.read_bytes())
    return {"type": "DuckDB", "duckdb": {"uri": "s3://data/log.duckdb", "table": "log"}}


@pytest.mark.parametrize("kind", ["Files", "DuckDB"])
def test_a_log_in_an_object_store_is_checked_against_an_artifact_of_mlflow(
    stored: tuple[LoopWorld, ObjectStore], kind: str, tmp_path: Path
) -> None:
    """Drift is found and the reference pinned; its profile is kept for later checks."""
    world, store = stored
    run = world.registry.get_model_version(world.model, "1").run_id
    assert run is not None
    reference = tmp_path / "reference.parquet"
    columns = np.random.default_rng(1).uniform(size=(20_000, 2))
    pq.write_table(pa.table({"a": columns[:, 0], "b": columns[:, 1]}), reference)
    world.registry.log_artifact(run, str(reference), "data")
    table = inferences(0.3)
    where = (
        in_folders(store, table)
        if kind == "Files"
        else in_duckdb(store, table, tmp_path)
    )
    log = {**where, "lag": "0s", "features": FEATURES}
    more = [{"secretRef": {"name": "store"}}, {"configMapRef": {"name": "store"}}]
    world.apply(
        mode="Observe",
        inferenceLog=log,
        evaluation=manifests.GONE,
        promotion=manifests.GONE,
        retraining=manifests.GONE,
        reference__uri=f"runs:/{run}/data/reference.parquet",
        drift__podTemplate={"envFrom": more},
        drift__profiles=f"s3://data/profiles-{kind.lower()}",
    )
    generation = world.look().manifest["metadata"]["generation"]
    world.until(
        "the spec to be seen", lambda look: look.at("observedGeneration") == generation
    )
    world.after_windows(1)
    look = world.check()
    assert (look.at("drift.verdict"), look.at("drift.message")[:30]) == (
        "Drift",
        "1 of 2 columns drifted (50 %):",
    )
    assert [w["verdict"] for w in look.at("drift.windows")] == ["Drift"]
    assert len(look.at("reference.sha256")) == 64
    kept = store.filesystem().get_file_info(
        pa.fs.FileSelector(f"data/profiles-{kind.lower()}", recursive=True)
    )
    assert [one.base_name for one in kept if one.size] != []
    assert not world.leaks()
