"""The Kubernetes objects that Killick creates, built purely from effects.

Every pod passes Pod Security `restricted`: non-root, read-only root, no privileges,
no service account token, bounded resources and time.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from driftcheck.contract import REQUEST_VARIABLE
from killick.cluster.port import Manifest
from killick.names import (
    ANNOTATION_APPLIED,
    API_VERSION,
    KIND,
    PURPOSE_CHECK,
    ObjectName,
    child_labels,
)
from killick.plan.effects import ApplyCheck
from killick.resource.spec import PodTemplate, SecretRef, Spec

CHECK_DEADLINE = 15 * 60  # seconds a check may take
STARTING_DEADLINE = 5 * 60  # seconds after which a missed start is given up
HISTORY = 3
SCRATCH = "/tmp"  # noqa: S108  an emptyDir of the pod: its root is read-only
CONTAINER_SECURITY = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
POD_SECURITY = {
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "seccompProfile": {"type": "RuntimeDefault"},
}
RESOURCES = {
    "requests": {"cpu": "100m", "memory": "256Mi"},
    "limits": {"memory": "2Gi"},
}


@dataclass(frozen=True)
class JobOwner:
    """The ModelDeployment that owns what is built, and the operator's settings."""

    name: ObjectName
    uid: str
    spec: Spec
    worker_image: str
    tracking_uri: str | None = None
    pushgateway_url: str | None = None

    def reference(self) -> dict[str, Any]:
        """The owner reference; no blockOwnerDeletion, which would need a right."""
        return {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "name": self.name.name,
            "uid": self.uid,
            "controller": True,
        }

    def metadata(self, name: str, purpose: str) -> dict[str, Any]:
        """The metadata of a child."""
        return {
            "name": name,
            "namespace": self.name.namespace,
            "labels": child_labels(self.name.name, purpose),
            "ownerReferences": [self.reference()],
        }


def check_cronjob(owner: JobOwner, effect: ApplyCheck) -> Manifest:
    """Return the CronJob of the drift checks."""
    template = owner.spec.drift.pod_template
    env: list[dict[str, Any]] = [
        {"name": REQUEST_VARIABLE, "value": effect.request},
        *log_env(owner),
    ]
    if effect.needs_mlflow:
        env += mlflow_env(owner, owner.spec.registry.credentials_secret_ref)
    if owner.pushgateway_url:
        env.append({"name": "PUSHGATEWAY_URL", "value": owner.pushgateway_url})
    container = worker_container(owner, "check", ["check"], env)
    labels = child_labels(owner.name.name, PURPOSE_CHECK)
    metadata = owner.metadata(owner.name.check_cronjob, PURPOSE_CHECK)
    metadata["annotations"] = {ANNOTATION_APPLIED: effect.fingerprint}
    spec: dict[str, Any] = {
        "schedule": effect.schedule,
        "suspend": effect.suspend,
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": STARTING_DEADLINE,
        "successfulJobsHistoryLimit": HISTORY,
        "failedJobsHistoryLimit": HISTORY,
        "jobTemplate": {
            "metadata": {"labels": labels},
            "spec": {
                "backoffLimit": 0,
                "activeDeadlineSeconds": CHECK_DEADLINE,
                "template": pod(template, labels, [container]),
            },
        },
    }
    if owner.spec.drift.time_zone:
        spec["timeZone"] = owner.spec.drift.time_zone
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata,
        "spec": spec,
    }


def requested_check(cronjob: Manifest, job: str) -> Manifest:
    """Return a Job as `kubectl create job --from=cronjob/…` would make it."""
    metadata = cronjob["metadata"]
    template = cronjob["spec"]["jobTemplate"]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": job,
            "namespace": metadata["namespace"],
            "labels": dict((template.get("metadata") or {}).get("labels") or {}),
            "annotations": {"cronjob.kubernetes.io/instantiate": "manual"},
            "ownerReferences": [
                {
                    "apiVersion": "batch/v1",
                    "kind": "CronJob",
                    "name": metadata["name"],
                    "uid": metadata["uid"],
                    "controller": True,
                }
            ],
        },
        "spec": copy.deepcopy(template["spec"]),
    }


def pod(
    template: PodTemplate,
    labels: dict[str, str],
    containers: list[dict[str, Any]],
    init: list[dict[str, Any]] | None = None,
    volumes: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return a pod template that every namespace accepts."""
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": POD_SECURITY,
        "containers": containers,
        "volumes": [{"name": "tmp", "emptyDir": {}}, *(volumes or [])],
    }
    if init:
        spec["initContainers"] = init
    if template.service_account_name:
        spec["serviceAccountName"] = template.service_account_name
    if template.node_selector:
        spec["nodeSelector"] = template.node_selector
    if template.tolerations:
        spec["tolerations"] = list(template.tolerations)
    if template.image_pull_secrets:
        spec["imagePullSecrets"] = list(template.image_pull_secrets)
    return {
        "metadata": {"labels": {**(template.labels or {}), **labels}},
        "spec": spec,
    }


def worker_container(
    owner: JobOwner, name: str, arguments: list[str], env: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return a container of the worker's image."""
    command = ["python", "-m", "driftcheck", *arguments]
    return container(owner, name, owner.worker_image, command, env)


def container(
    owner: JobOwner,
    name: str,
    image: str,
    command: list[str],
    env: list[dict[str, Any]],
) -> dict[str, Any]:
    """Return a container with bounded rights and resources."""
    template = owner.spec.drift.pod_template
    built: dict[str, Any] = {
        "name": name,
        "image": image,
        "command": command,
        "env": env,
        "resources": template.resources or RESOURCES,
        "securityContext": CONTAINER_SECURITY,
        "terminationMessagePolicy": "File",
        "volumeMounts": [{"name": "tmp", "mountPath": SCRATCH}],
    }
    if template.env_from:
        built["envFrom"] = list(template.env_from)
    return built


def secret_key(name: str, key: str, *, optional: bool = False) -> dict[str, Any]:
    """Return an environment source."""
    reference: dict[str, Any] = {"name": name, "key": key}
    if optional:
        reference["optional"] = True
    return {"secretKeyRef": reference}


def log_env(owner: JobOwner) -> list[dict[str, Any]]:
    """Return how a pod reaches the inference log; what files need is in envFrom."""
    store = owner.spec.inference_log.postgres
    if store is None:
        return []
    key = store.secret_key_ref
    return [{"name": "DATABASE_URL", "valueFrom": secret_key(key.name, key.key)}]


def mlflow_env(owner: JobOwner, credentials: SecretRef | None) -> list[dict[str, Any]]:
    """Return how a pod reaches MLflow; the secrets stay references."""
    env: list[dict[str, Any]] = []
    uri = owner.spec.registry.tracking_uri or owner.tracking_uri
    if uri:
        env.append({"name": "MLFLOW_TRACKING_URI", "value": uri})
    if credentials:
        for variable, key in (
            ("MLFLOW_TRACKING_USERNAME", "username"),
            ("MLFLOW_TRACKING_PASSWORD", "password"),
            ("MLFLOW_TRACKING_TOKEN", "token"),
        ):
            source = secret_key(credentials.name, key, optional=True)
            env.append({"name": variable, "valueFrom": source})
    return env
