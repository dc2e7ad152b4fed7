"""The training Job of an attempt, from the template CronJob. Pure.

What is put into the environment is a public contract: docs/training-contract.md.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from killick.act.manifests import JobOwner, mlflow_env
from killick.cluster.port import Manifest
from killick.names import (
    PURPOSE_TRAINING,
    TAG_ATTEMPT,
    TAG_OBJECT,
    TAG_TRAIN_BEFORE,
    child_labels,
)
from killick.plan.effects import StartTraining
from killick.resource.codec import format_time
from killick.resource.status import ReferencePin


def training_job(
    owner: JobOwner, template: Manifest, effect: StartTraining, pin: ReferencePin | None
) -> Manifest:
    """Return the Job: the template's, with our name, labels, owner and environment."""
    outer = template["spec"]["jobTemplate"]
    spec: dict[str, Any] = copy.deepcopy(outer["spec"])
    # A Job that removed itself could not tell how it ended: Killick deletes it.
    spec.pop("ttlSecondsAfterFinished", None)
    labels = child_labels(owner.name.name, PURPOSE_TRAINING)
    pod = spec["template"]
    metadata = pod.setdefault("metadata", {})
    metadata["labels"] = {**(metadata.get("labels") or {}), **labels}
    env = environment(owner, effect, pin)
    for kind in ("initContainers", "containers"):
        for container in pod["spec"].get(kind) or ():
            own = [
                e for e in container.get("env") or () if e["name"] not in _names(env)
            ]
            container["env"] = [*own, *env]
    job_metadata = owner.metadata(effect.job, PURPOSE_TRAINING)
    inherited = (outer.get("metadata") or {}).get("labels") or {}
    job_metadata["labels"] = {**inherited, **labels}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": job_metadata,
        "spec": spec,
    }


def environment(
    owner: JobOwner, effect: StartTraining, pin: ReferencePin | None
) -> list[dict[str, Any]]:
    """Return the variables of the training contract."""
    attempt = effect.attempt
    train_before = format_time(attempt.started_at)
    tags = {
        TAG_ATTEMPT: attempt.id,
        TAG_OBJECT: owner.name.qualified_name,
        TAG_TRAIN_BEFORE: train_before,
    }
    plain = {
        "KILLICK_ATTEMPT": attempt.id,
        "KILLICK_MODEL": owner.spec.model.name,
        "KILLICK_TRAIN_BEFORE": train_before,
        "KILLICK_REFERENCE_URI": (pin.uri if pin else owner.spec.reference.uri),
        "KILLICK_CHAMPION_VERSION": attempt.champion or "",
        # MLflow itself puts these on the run, so training needs no change.
        "MLFLOW_RUN_CONTEXT": json.dumps(tags),
    }
    env = [{"name": name, "value": value} for name, value in plain.items()]
    return env + mlflow_env(owner, owner.spec.registry.credentials_secret_ref)


def _names(env: list[dict[str, Any]]) -> set[str]:
    return {entry["name"] for entry in env}
