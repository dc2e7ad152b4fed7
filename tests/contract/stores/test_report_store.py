"""The verdict and the page of a drift on a real MLflow server."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mlflow import MlflowClient

from dev.services.mlflow_server import MLflowServer
from driftcheck import contract as c
from driftcheck.report.mlflow import store_drift

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ANSWER = c.CheckAnswer(
    "hash",
    "cd" * 32,
    NOW,
    (
        c.WindowVerdict(
            NOW - timedelta(days=1), NOW, True, c.Verdict.DRIFT, "ColumnsDrifted"
        ),
    ),
)


def request(name: str) -> c.CheckRequest:
    """Any request of a model of that name."""
    features = c.Features("Columns", ("price",))
    log = c.LogSource("ml", "log", "predicted_at", features)
    grid = c.WindowGrid(NOW, 1)
    return c.CheckRequest(name, "ml", "hash", c.Reference("r"), log, grid, 60)


@pytest.mark.parametrize(
    ("page", "shown"), [("<html>", "report.html"), (None, "verdict.json")]
)
def test_each_drift_is_a_run_of_the_models_experiment(
    mlflow_server: MLflowServer, page: str | None, shown: str, tmp_path: Path
) -> None:
    """Two checks: two finished runs with all artifacts, at the addresses returned."""
    name = f"kept-{uuid.uuid4().hex[:8]}"
    environment = {"MLFLOW_TRACKING_URI": mlflow_server.url}
    found = {store_drift(request(name), ANSWER, page, environment) for _ in range(2)}
    client = MlflowClient(mlflow_server.url)
    experiment = client.get_experiment_by_name(f"driftcheck/ml/{name}")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert found == {f"runs:/{r.info.run_id}/driftcheck/{shown}" for r in runs}
    for run in runs:
        path = "driftcheck/verdict.json"
        local = Path(client.download_artifacts(run.info.run_id, path, str(tmp_path)))
        assert c.CheckAnswer.from_json(json.loads(local.read_text())) == ANSWER


def test_a_server_that_is_away_says_so() -> None:
    """The error names the cause, and no credentials."""
    away = {
        "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
        "MLFLOW_TRACKING_TOKEN": "hunter2",
    }
    with pytest.raises(OSError, match="cannot be reached") as caught:
        store_drift(request("any"), ANSWER, None, away)
    assert "hunter2" not in str(caught.value)
