"""All that the planner may know of the world, read in this pass.

A read that failed is `Unknown` with a reason; it is never replaced by a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from killick.errors import KillickError
from killick.gitops.port import GitState
from killick.registry.port import RegistryState

T = TypeVar("T")
ANSWER_GRACE = timedelta(seconds=15)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Unknown:
    """A fact that could not be read, and why.

    `retry_after` is the pause for which the system asked, in whole seconds.
    """

    reason: str
    message: str
    retry_after: timedelta = timedelta(0)

    @classmethod
    def of(cls, error: KillickError) -> Unknown:
        """Return what is unknown because of an error."""
        return cls(error.reason, error.message, error.retry_after)


@dataclass(frozen=True)
class JobFact:
    """A Job that carries our labels, with what its pod left behind.

    `owned` is False where the labels are ours but the owner is not. `answer` is the
    termination message of the container whose answer counts, `rows_answer` that of
    the evaluation's container `rows`, which runs no model; `reason` and `detail`
    say why a Job or its pod failed; `pod_ended` whether a pod of it is seen to have.
    """

    name: str
    uid: str
    purpose: str
    state: str  # Running | Succeeded | Failed
    created_at: datetime
    finished_at: datetime | None = None
    answer: str | None = None
    rows_answer: str | None = None
    reason: str | None = None
    detail: str | None = None
    owned: bool = True
    image: str | None = None
    pod_ended: bool = False

    def answer_may_come(self, now: datetime) -> bool:
        """Return whether a Job that just ended may still be seen with its answer.

        Jobs and pods are two lists: the second may be older than the first, and then
        the pod that left the answer is not in it yet. By a wrong clock there is no
        telling, and what was seen counts.
        """
        if self.finished_at is None or self.answer or self.pod_ended:
            return False
        return abs(now - self.finished_at) < ANSWER_GRACE


@dataclass(frozen=True)
class TrainingTemplate:
    """The CronJob that serves as the template of training Jobs."""

    image: str
    suspended: bool


@dataclass(frozen=True)
class Children:
    """What the namespace holds for the object.

    `check_applied` is the fingerprint that the check's CronJob carries, None if
    there is no CronJob; `check_foreign` says that its name is taken by someone else.
    `waiting` explains pods that cannot start.
    """

    check_applied: str | None = None
    check_foreign: bool = False
    jobs: tuple[JobFact, ...] = ()
    template: TrainingTemplate | None = None
    waiting: tuple[str, ...] = ()

    def job(self, name: str) -> JobFact | None:
        """Return the Job of a name, None if it does not exist."""
        return next((j for j in self.jobs if j.name == name), None)


@dataclass(frozen=True)
class ConflictingObject:
    """Another object that claims the same target; `what` says which, in words."""

    namespace: str
    name: str
    created_at: datetime
    what: str


@dataclass(frozen=True)
class Observation:
    """One look at everything. None: the resource declares no such system."""

    children: Children | Unknown
    registry: RegistryState | Unknown | None = None
    git: GitState | Unknown | None = None
    conflicts: tuple[ConflictingObject, ...] = ()


@dataclass(frozen=True)
class Failure:
    """The last tries of an effect failed: how often, when, and why.

    `retry_after` is the pause for which the system asked, in whole seconds.
    """

    count: int
    at: datetime
    reason: str
    message: str
    retry_after: timedelta = timedelta(0)


@dataclass(frozen=True)
class ObjectFacts:
    """The object itself, from a fresh GET of this pass."""

    generation: int
    annotations: Mapping[str, str] = field(default_factory=dict)
    deleting: bool = False
    created_at: datetime = LONG_AGO
