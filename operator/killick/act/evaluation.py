"""The Job that compares two versions on the same rows. Pure.

    rows       writes the labeled rows and their digest            worker image
    champion   scores them with the champion, if there is one       that version's image
    candidate  scores them with the candidate                       that version's image
    compare    answers both scores and the interval of the gain     worker image

A model's code is hostile: it reads the rows, writes predictions into a volume of its
own, and sees neither labels nor the other version's predictions. Models are loaded
only in images that are theirs.
"""

from __future__ import annotations

from typing import Any

from driftcheck.contract.evaluation import (
    CANDIDATE_FILE,
    CHAMPION_FILE,
    EVALUATION_VARIABLE,
    ROWS_FILE,
    EvaluationDirectories,
)
from killick.act.manifests import (
    SCRATCH,
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

DIRECTORIES = EvaluationDirectories()


def evaluation_job(owner: JobOwner, effect: StartEvaluation) -> Manifest:
    """Return the Job of one evaluation; it is never retried under the same name."""
    policy = owner.spec.evaluation
    limit = duration(policy.timeout if policy else "1h")
    labels = child_labels(owner.name.name, PURPOSE_EVALUATION)
    *init, compare = _containers(owner, effect)
    template = pod(owner.spec.drift.pod_template, labels, [compare], init)
    template["spec"]["volumes"] = _volumes([*init, compare])
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


def _containers(owner: JobOwner, effect: StartEvaluation) -> list[dict[str, Any]]:
    """Return the containers in their order, each with the volumes that it may see."""
    request = {"name": EVALUATION_VARIABLE, "value": effect.request}
    rows = worker_container(owner, "rows", ["rows"], [request, *log_env(owner)])
    _mount(rows, write=("rows", "labels"))
    containers = [rows]
    versions = {
        "champion": (effect.evaluation.champion, effect.champion_image),
        "candidate": (effect.evaluation.candidate, effect.candidate_image),
    }
    for name, (version, image) in versions.items():
        if version and image:
            scoring = _score(owner, image, version, name)
            _mount(scoring, read=("rows",), write=(name,))
            containers.append(scoring)
    compare = worker_container(owner, "compare", ["compare"], [request])
    scored = tuple(each["name"] for each in containers[1:])
    _mount(compare, read=("rows", "labels", *scored))
    return [*containers, compare]


def _mount(
    container: dict[str, Any], read: tuple[str, ...] = (), write: tuple[str, ...] = ()
) -> None:
    """Mount volumes by name, and a scratch volume that no other container has."""
    mounts: list[dict[str, Any]] = [
        {"name": f"tmp-{container['name']}", "mountPath": SCRATCH}
    ]
    for name in (*read, *write):
        mount = {"name": name, "mountPath": getattr(DIRECTORIES, name)}
        mounts.append(mount if name in write else {**mount, "readOnly": True})
    container["volumeMounts"] = mounts


def _volumes(containers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return an empty volume for each name that a container mounts."""
    mounts = (mount["name"] for each in containers for mount in each["volumeMounts"])
    return [{"name": name, "emptyDir": {}} for name in dict.fromkeys(mounts)]


def _score(owner: JobOwner, image: str, version: str, name: str) -> dict[str, Any]:
    """Return the container in which a version's own code scores the rows."""
    output = CHAMPION_FILE if name == "champion" else CANDIDATE_FILE
    command = [
        *("python", "-m", "mlflow", "models", "predict"),
        *("--model-uri", f"models:/{owner.spec.model.name}/{version}"),
        *("--input-path", f"{DIRECTORIES.rows}/{ROWS_FILE}"),
        *("--output-path", f"{getattr(DIRECTORIES, name)}/{output}"),
        *("--content-type", "json", "--env-manager", "local"),
    ]
    env = mlflow_env(owner, owner.spec.registry.credentials_secret_ref)
    return container(owner, name, image, command, env)
