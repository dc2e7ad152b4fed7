"""The manifests of the loop's tests, and statuses as an operator may have left them."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from killick.names import ObjectName
from killick.resource.drift_status import DriftStatus
from killick.resource.fingerprint import window_fingerprint
from killick.resource.parse import parse_spec
from killick.resource.status import (
    Attempt,
    Episode,
    Evaluation,
    PastAttempt,
    ReferencePin,
    Status,
    Versions,
    status_dict,
)

Json = dict[str, Any]

NAME: Final = "line"
CLUSTER: Final = "local"  # the name that dev/operator_program.py gives
VALUES: Final = "apps/line/values.yaml"
WINDOW: Final = timedelta(seconds=10)
PROGRAM: Final = Path(__file__).with_name("tiny_training.py")
GONE: Final = object()
"""As a value: the field is left out."""

SECURITY: Final = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def values(uri: str) -> bytes:
    """The GitOps repository's file, with this value."""
    return f"# Edited by people and by Killick.\nmodel:\n  uri: {uri}\n".encode()


def model_deployment(
    namespace: str, model: str, reference: Path, git_url: str, **edits: Any
) -> Json:
    """The object: acts on one counting window of ten seconds, checks on request only.

    `edits` replace fields of the spec by path, as in `drift__window="1h"`.
    """
    spec: Json = {
        "mode": "Act",
        "model": {"name": model},
        "reference": {"uri": reference.as_uri()},
        "inferenceLog": {
            "type": "Postgres",
            "postgres": {
                "secretKeyRef": {"name": "inference-log", "key": "DATABASE_URL"},
                "schema": "ml",
                "table": "log",
            },
            "lag": "0s",
            "features": {"type": "Vector", "vector": {"names": ["a", "b"]}},
            "predictionColumn": "prediction",
            "labelColumn": "label",
        },
        "drift": {
            "schedule": "0 0 1 1 *",
            "window": f"{WINDOW.seconds}s",
            "minimumRows": 100,
            "report": "Never",  # a page takes Evidently seconds; see test_report
            "persistence": {"breaches": 1, "windows": 1},
            # Secrets of every kind that an object can name: none may be seen again.
            "podTemplate": {
                "envFrom": [{"secretRef": {"name": "more"}}],
                "imagePullSecrets": [{"name": "pull"}],
            },
        },
        "registry": {"credentialsSecretRef": {"name": "mlflow"}},
        "retraining": {"job": {"cronJobRef": {"name": "line-train"}}, "timeout": "5m"},
        "evaluation": {"metric": {"name": "MeanAbsoluteError"}, "minimumRows": 50},
        "promotion": {
            "git": {
                "url": git_url,
                "credentialsSecretRef": {"name": "gitops"},
                "valuesPath": VALUES,
                "jsonPointer": "/model/uri",
            }
        },
    }
    for path, value in edits.items():
        edit(spec, path.split("__"), value)
    return {
        "apiVersion": "killick.dev/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": {"name": NAME, "namespace": namespace},
        "spec": spec,
    }


def edit(node: Json, path: list[str], value: Any) -> None:
    """Set or remove the field at the path."""
    *steps, last = path
    for step in steps:
        node = node.setdefault(step, {})
    if value is GONE:
        node.pop(last, None)
    else:
        node[last] = deepcopy(value)


def secret(namespace: str, name: str, **values: str) -> Json:
    """A Secret."""
    metadata = {"name": name, "namespace": namespace}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "stringData": values,
    }


def training_cronjob(namespace: str) -> Json:
    """The suspended template: tiny_training.py in the image that has MLflow."""
    source = {"secretKeyRef": {"name": "inference-log", "key": "DATABASE_URL"}}
    container = {
        "name": "train",
        "image": "killick-example-training:0.1.0",
        "command": ["python", "-c", PROGRAM.read_text()],
        "env": [
            {"name": "DATABASE_URL", "valueFrom": source},
            {"name": "OMP_NUM_THREADS", "value": "1"},
        ],
        "securityContext": SECURITY,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    pod = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
    job = {"spec": {"backoffLimit": 0, "template": {"spec": pod}}}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "line-train", "namespace": namespace},
        "spec": {"suspend": True, "schedule": "0 0 1 1 *", "jobTemplate": job},
    }


def adopted(manifest: Json) -> Json:
    """Version 1 is in Git and the champion; windows count since ten minutes ago."""
    return status_dict(_adopted(manifest))


def _adopted(manifest: Json) -> Status:
    spec = parse_spec(manifest["spec"])
    now = datetime.now(UTC).replace(microsecond=0)
    return Status(
        observed_generation=1,
        adopted_at=now,
        versions=Versions(desired="1", serving="1", champion="1"),
        reference=ReferencePin(spec.reference.uri, spec.reference.sha256),
        drift=DriftStatus(
            window_fingerprint=window_fingerprint(spec),
            anchor=now - timedelta(minutes=10),
        ),
    )


def proven(manifest: Json) -> Json:
    """The status after version 2 passed its evaluation, with nothing in Git yet."""
    spec = parse_spec(manifest["spec"])
    before = _adopted(manifest)
    now = datetime.now(UTC).replace(microsecond=0)
    name = ObjectName(CLUSTER, manifest["metadata"]["namespace"], NAME)
    attempt = Attempt(
        id=name.derive("attempt", "seed"),
        episode=name.derive("episode", "seed"),
        state="Registered",
        started_at=now,
        champion="1",
        job=name.training_job(name.derive("attempt", "seed")),
        version="2",
    )
    evaluation = Evaluation(
        id=name.derive("evaluation", "seed"),
        attempt=attempt.id,
        candidate="2",
        champion="1",
        state="Passed",
        started_at=now,
        finished_at=now,
        policy=spec.fingerprint("evaluation"),
        reason="Better",
        message="MeanAbsoluteError 0.1 against 0.9 on 60 rows",
    )
    past = PastAttempt(attempt.id, attempt.episode, now, "InFlight")
    proven = replace(
        before,
        versions=Versions("1", "1", "1", "2"),
        episode=Episode(attempt.episode, now, "Drift", "1 of 1 windows drifted"),
        attempt=attempt,
        attempts=(past,),
        evaluation=evaluation,
    )
    return status_dict(proven)


def drifted(manifest: Json) -> Json:
    """The status once drift persists: an episode is open, nothing was done yet."""
    name = ObjectName(CLUSTER, manifest["metadata"]["namespace"], NAME)
    episode = Episode(
        name.derive("episode", "seed"),
        datetime.now(UTC).replace(microsecond=0),
        "Drift",
        "1 of 1 windows drifted",
    )
    return status_dict(replace(_adopted(manifest), episode=episode))


def registered(manifest: Json) -> Json:
    """The status once the training registered version 2; there is no champion yet."""
    name = ObjectName(CLUSTER, manifest["metadata"]["namespace"], NAME)
    now = datetime.now(UTC).replace(microsecond=0)
    identity = name.derive("attempt", "seed")
    episode = name.derive("episode", "seed")
    attempt = Attempt(
        id=identity,
        episode=episode,
        state="Registered",
        started_at=now,
        job=name.training_job(identity),
        version="2",
    )
    reached = replace(
        _adopted(manifest),
        versions=Versions(desired="1", serving="1", candidate="2"),
        episode=Episode(episode, now, "Drift", "1 of 1 windows drifted"),
        attempt=attempt,
        attempts=(PastAttempt(identity, episode, now, "InFlight"),),
    )
    return status_dict(reached)
