"""The worker, as a process, with data in an object store and in MLflow."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mlflow import MlflowClient

from dev.environments.images import ensure_environment
from dev.processes.supervisor import Supervisor
from dev.services.mlflow_server import MLflowServer
from dev.services.object_store import ObjectStore
from driftcheck.contract import CheckAnswer, Verdict, decode

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def store(service_supervisor: Supervisor) -> Iterator[ObjectStore]:
    """An object store that speaks S3."""
    environment = ensure_environment("objectstore")
    with ObjectStore(service_supervisor, environment) as server:
        yield server


def table(mean: float) -> pa.Table:
    """Prices around a mean."""
    return pa.table({"price": np.random.default_rng(1).normal(mean, 1.0, 1000)})


def check(
    tmp_path: Path, reference: str, current: str, variables: dict[str, str], *more: str
) -> tuple[CheckAnswer | None, str]:
    """Return the answer of a check on the command line, and what it printed."""
    answer = tmp_path / "answer.json"
    options = ["--reference", reference, "--current", current, "--json", str(answer)]
    ran = subprocess.run(
        [sys.executable, "-m", "driftcheck", *options, *more],
        env={"PYTHONPATH": str(REPOSITORY / "drift"), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    found = decode(answer.read_bytes()) if answer.exists() else None
    return found, ran.stdout + ran.stderr


def test_an_object_store_has_reference_and_window(
    store: ObjectStore, tmp_path: Path
) -> None:
    """Keys come from the environment; folders and single objects are read."""
    system = store.filesystem()
    system.create_dir("models")
    system.create_dir("models/folder")
    for name, mean in (("reference.parquet", 0), ("folder/a.parquet", 2)):
        with system.open_output_stream(f"models/{name}") as stream:
            pq.write_table(table(mean), stream)
    variables = store.variables
    found, _ = check(
        tmp_path, "s3://models/reference.parquet", "s3://models/folder", variables
    )
    assert found is not None
    assert found.windows[0].verdict is Verdict.DRIFT
    pinned = ["--reference-sha256", "0" * 64]
    changed, _ = check(
        tmp_path,
        "s3://models/reference.parquet",
        "s3://models/folder",
        variables,
        *pinned,
    )
    assert changed is not None
    assert changed.windows[0].verdict is Verdict.DATA_QUALITY
    assert changed.windows[0].reason == "ReferenceChanged"


def test_an_object_that_is_not_there_is_named(
    store: ObjectStore, tmp_path: Path
) -> None:
    """The address and the cause, without the keys."""
    system = store.filesystem()
    system.create_dir("empty")
    found, said = check(tmp_path, "s3://empty/x.parquet", "/x", store.variables)
    assert found is None
    assert "s3://empty/x.parquet" in said
    assert "test-secret-key" not in said


@pytest.mark.parametrize("kind", ["models", "runs", "mlflow-artifacts"])
def test_mlflow_has_the_reference(
    mlflow_server: MLflowServer, tmp_path: Path, kind: str
) -> None:
    """An artifact beside a version, of a run, or by its own address."""
    client = MlflowClient(mlflow_server.url)
    name = f"referenced-{uuid.uuid4().hex[:8]}"
    run = client.create_run("0").info.run_id
    client.create_registered_model(name)
    root = f"mlflow-artifacts:/0/{run}/artifacts"
    version = client.create_model_version(name, f"{root}/model", run).version
    file = tmp_path / "reference.parquet"
    pq.write_table(table(0), file)
    client.log_artifact(run, str(file), "model")
    address = {
        "models": f"models:/{name}/{version}/reference.parquet",
        "runs": f"runs:/{run}/model/reference.parquet",
        "mlflow-artifacts": f"{root}/model/reference.parquet",
    }[kind]
    variables = {"MLFLOW_TRACKING_URI": mlflow_server.url}
    found, said = check(tmp_path, address, str(file), variables)
    assert found is not None, said
    assert found.windows[0].verdict is Verdict.NO_DRIFT
    (tmp_path / "answer.json").unlink()
    gone, said = check(tmp_path, f"{address}.gone", str(file), variables)
    assert gone is None
    assert "ReferenceUnreadable" in said
