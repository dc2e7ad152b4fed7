"""Every name that Killick derives: labels, annotations, tags, trailers and IDs.

An ID is a digest of the cluster's name, the object's namespace and name, and the
cause, so the same cause gives the same ID after a crash, a restore or a re-creation
(the uid would not). Nothing here reads a clock or draws a random number.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

GROUP = "killick.dev"
VERSION = "v1alpha1"
PLURAL = "modeldeployments"
KIND = "ModelDeployment"
API_VERSION = f"{GROUP}/{VERSION}"
FINALIZER = f"{GROUP}/finalizer"
MANAGER = "killick"

LABEL_OBJECT = f"{GROUP}/model-deployment"
LABEL_PURPOSE = f"{GROUP}/purpose"
LABEL_MANAGED_BY = "app.kubernetes.io/managed-by"
PURPOSE_CHECK = "check"
PURPOSE_TRAINING = "training"
PURPOSE_EVALUATION = "evaluation"

ANNOTATION_APPLIED = f"{GROUP}/applied"
ANNOTATION_CHECK = f"{GROUP}/check"
ANNOTATION_RELEASE = f"{GROUP}/release"

TAG_ATTEMPT = f"{GROUP}/attempt"
TAG_OBJECT = f"{GROUP}/model-deployment"
TAG_TRAIN_BEFORE = f"{GROUP}/train-before"
TAG_REFERENCE_URI = f"{GROUP}/reference-uri"
TAG_REFERENCE_SHA256 = f"{GROUP}/reference-sha256"
TAG_IMAGE = f"{GROUP}/image"
TAG_EVALUATION = f"{GROUP}/evaluation"
TAG_PROMOTION = f"{GROUP}/promotion"

TRAILER_PROMOTION = "Killick-Promotion"
TRAILER_MODEL = "Killick-Model"
TRAILER_VERSION = "Killick-Version"
TRAILER_PREVIOUS = "Killick-Previous-Version"
TRAILER_EVALUATION = "Killick-Evaluation"
TRAILER_EPISODE = "Killick-Episode"

ID_LENGTH = 10


def digest(*parts: str) -> str:
    """Return `ID_LENGTH` hex digits of the parts; no two lists of parts collide."""
    text = json.dumps(parts, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH]


@dataclass(frozen=True)
class ObjectName:
    """Where an object lives: the cluster's own name, the namespace and the name."""

    cluster: str
    namespace: str
    name: str

    def derive(self, kind: str, *cause: str) -> str:
        """Return the ID of an effect of `kind` that `cause` brought about."""
        return digest(self.cluster, self.namespace, self.name, kind, *cause)

    @property
    def check_cronjob(self) -> str:
        """The name of the owned CronJob that runs the drift checks."""
        return f"{self.name}-check"

    def requested_check(self, token: str) -> str:
        """Return the name of the Job that answers a request for a check."""
        return f"{self.name}-check-{self.derive('check', token)}"

    def training_job(self, attempt: str) -> str:
        """Return the name of the training Job of an attempt."""
        return f"{self.name}-train-{attempt}"

    def evaluation_job(self, evaluation: str) -> str:
        """Return the name of the Job of an evaluation."""
        return f"{self.name}-eval-{evaluation}"

    @property
    def qualified_name(self) -> str:
        """The name that is the object's own also outside of its cluster."""
        return f"{self.cluster}/{self.namespace}/{self.name}"

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def child_labels(name: str, purpose: str) -> dict[str, str]:
    """Return the labels of everything that Killick creates for an object."""
    return {
        LABEL_OBJECT: name,
        LABEL_PURPOSE: purpose,
        LABEL_MANAGED_BY: MANAGER,
    }
