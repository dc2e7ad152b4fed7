"""The Job that compares two versions on the same rows. Pure.

    rows       writes the labelled rows and their digest            worker image
    champion   scores them with the champion, if there is one       that version's image
    candidate  scores them with the candidate                       that version's image
    compare    answers both scores and the interval of the gain     worker image

The containers share a directory. Models are loaded only in images that are theirs.
"""

from __future__ import annotations

from typing import Any

from driftcheck.contract.evaluation import (
    CANDIDATE_FILE,
    CHAMPION_FILE,
    EVALUATION_VARIABLE,
    ROWS_FILE,
)
from killick.act.manifests import (
    JobOwner,
    container,
    log_env,
    mlflow_env,
    pod,
    worker_container,
)
from killick.cluster.port import Manifest
from killick.names import PURPOSE_EVALUATION, child_labels
from killick.plan.effects import StartEvaluation
from killick.resource.parse import duration

DIRECTORY = "/work"


def evaluation_job(owner: JobOwner, effect: StartEvaluation) -> Manifest:
    """Return the Job of one evaluation; it is never retried under the same name."""
    policy = owner.spec.evaluation
    limit = duration(policy.timeout if policy else "1h")
    labels = child_labels(owner.name.name, PURPOSE_EVALUATION)
    request = {"name": EVALUATION_VARIABLE, "value": effect.request}
    database = log_env(owner)
    init = [worker_container(owner, "rows", ["rows"], [request, *database])]
    if effect.champion_image and effect.evaluation.champion:
        version = effect.evaluation.champion
        init.append(_score(owner, effect.champion_image, version, CHAMPION_FILE))
    version = effect.evaluation.candidate
    init.append(_score(owner, effect.candidate_image, version, CANDIDATE_FILE))
    compare = worker_container(owner, "compare", ["compare"], [request])
    for each in (*init, compare):
        each["volumeMounts"].append({"name": "work", "mountPath": DIRECTORY})
    template = pod(
        owner.spec.drift.pod_template,
        labels,
        [compare],
        init,
        [{"name": "work", "emptyDir": {}}],
    )
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": owner.metadata(effect.job, PURPOSE_EVALUATION),
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": int(limit.total_seconds()),
            "template": template,
        },
    }


def _score(owner: JobOwner, image: str, version: str, output: str) -> dict[str, Any]:
    name = "champion" if output == CHAMPION_FILE else "candidate"
    command = [
        *("python", "-m", "mlflow", "models", "predict"),
        *("--model-uri", f"models:/{owner.spec.model.name}/{version}"),
        *("--input-path", f"{DIRECTORY}/{ROWS_FILE}"),
        *("--output-path", f"{DIRECTORY}/{output}"),
        *("--content-type", "json", "--env-manager", "local"),
    ]
    env = mlflow_env(owner, owner.spec.registry.credentials_secret_ref)
    return container(owner, name, image, command, env)
