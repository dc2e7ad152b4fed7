"""The full verdict and Evidently's page on a drift, as artifacts of a run in MLflow.

One experiment for each model (driftcheck/NAMESPACE/NAME), one run for each check that
found drift. Nothing here can change a verdict: what fails is a warning.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from driftcheck.contract import CheckAnswer, CheckRequest, Verdict, format_time
from driftcheck.reference.profile_store import FOLDER, run_artifacts
from driftcheck.storage.mlflow import Client, client_from

VERDICT, PAGE = "verdict.json", "report.html"


def store_drift(
    request: CheckRequest,
    answer: CheckAnswer,
    page: str | None,
    environment: Mapping[str, str],
) -> str:
    """Store the verdict and the page, and return the address.

    The address is that of the page, or of the verdict without a page. OSError or
    ValueError where storing fails.
    """
    client = client_from(environment)
    experiment = _experiment(client, f"driftcheck/{request.namespace}/{request.name}")
    started = _milliseconds(answer.judged_at)
    created = client.post(
        "runs/create",
        {
            "experiment_id": experiment,
            "run_name": f"{Verdict.DRIFT} {format_time(answer.judged_at)}",
            "start_time": started,
            "tags": [
                {
                    "key": "killick.dev/request-fingerprint",
                    "value": answer.request_fingerprint,
                }
            ],
        },
    )
    info = created["run"]["info"]
    store = run_artifacts(client, str(info["artifact_uri"]), environment)
    store.write(VERDICT, json.dumps(answer.to_json(), indent=1).encode())
    if page is not None:
        store.write(PAGE, page.encode())
    ended = {"run_id": info["run_id"], "status": "FINISHED", "end_time": started}
    client.post("runs/update", ended)
    return f"runs:/{info['run_id']}/{FOLDER}/{VERDICT if page is None else PAGE}"


def _experiment(client: Client, name: str) -> str:
    """Return the ID of the experiment of that name; create it if it does not exist."""
    asked = urlencode({"experiment_name": name})
    path = f"api/2.0/mlflow/experiments/get-by-name?{asked}"
    answer = client.send("GET", path)
    if answer is None:
        return str(client.post("experiments/create", {"name": name})["experiment_id"])
    value: dict[str, Any] = json.loads(answer)
    return str(value["experiment"]["experiment_id"])


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
