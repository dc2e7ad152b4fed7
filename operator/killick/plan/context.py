"""What every track is given, and what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from killick.gitops.port import GitState
from killick.names import ObjectName
from killick.plan.effects import Effect
from killick.plan.facts import Children, Failure, ObjectFacts, Observation, Unknown
from killick.reasons import Reason
from killick.registry.port import RegistryState, VersionFacts
from killick.resource.spec import Spec
from killick.resource.status import Status

BACKOFF_FIRST = timedelta(seconds=5)
BACKOFF_CAP = timedelta(minutes=5)


@dataclass(frozen=True)
class PlanSettings:
    """What the operator's administrator decided, as far as plans depend on it."""

    worker_image: str
    tracking_uri: str | None = None
    pushgateway_url: str | None = None
    resync: timedelta = timedelta(minutes=5)


@dataclass(frozen=True)
class Blocked:
    """Why a track does nothing now, as a condition reports it.

    `retry_at` is when the track tries again by itself.
    """

    reason: str
    message: str
    retry_at: datetime | None = None


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended, as another track reports it to the attempt's own.

    `state` is the attempt's last one. `closes_episode`: its cause is dealt with.
    """

    state: str
    why: Blocked
    closes_episode: bool = True


@dataclass(frozen=True)
class Step:
    """A track's result: the status it leaves, what it wants done, why it waits.

    Each track writes its own state only. `outcome` asks the planner to end the attempt,
    `hold` to stop automation for this reason.
    """

    status: Status
    effect: Effect | None = None
    blocked: Blocked | None = None
    outcome: Outcome | None = None
    hold: Blocked | None = None


@dataclass(frozen=True)
class Context:
    """The input of one pass, the same for every track."""

    name: ObjectName
    spec: Spec
    facts: ObjectFacts
    observed: Observation
    settings: PlanSettings
    now: datetime
    failures: Mapping[str, Failure] = field(default_factory=dict)

    @property
    def children(self) -> Children | None:
        """The namespace's facts, None if they could not be read."""
        children = self.observed.children
        return None if isinstance(children, Unknown) else children

    @property
    def registry(self) -> RegistryState | None:
        """The registry's facts, None if undeclared or unreadable."""
        state = self.observed.registry
        return state if isinstance(state, RegistryState) else None

    @property
    def git(self) -> GitState | None:
        """The repository's facts, None if undeclared or unreadable."""
        state = self.observed.git if self.spec.promotion else None
        return state if isinstance(state, GitState) else None

    def version(self, version: str | None) -> VersionFacts | None:
        """Return what the registry knows of a version."""
        if self.registry is None or version is None:
            return None
        return self.registry.versions.get(version)

    def blocked(self, status: Status) -> Blocked | None:
        """Return why automation may not act for this object now, None if it may."""
        if self.facts.deleting:
            return Blocked(Reason.DELETING, "The object is being deleted")
        if self.spec.suspend:
            return Blocked(Reason.SUSPENDED, "spec.suspend is true: nothing new starts")
        if status.hold:
            return Blocked(Reason.HELD, f"Hold {status.hold.id}: {status.hold.message}")
        if status.adopted_at is None:
            return Blocked(Reason.NOT_ADOPTED, "The condition Adopted is not True yet")
        if self.spec.mode == "Observe":
            return Blocked(
                Reason.MODE_OBSERVE, "spec.mode is Observe: nothing is changed"
            )
        return None

    def gate(self, status: Status, action: str) -> Blocked | None:
        """Return why an action may not happen now, None if it may.

        `action` completes "In mode Act, Killick would …".
        """
        blocked = self.blocked(status)
        if blocked or self.spec.mode != "Recommend":
            return blocked
        return Blocked(Reason.RECOMMENDED, f"In mode Act, Killick would {action}")

    def retry_at(self, key: str) -> datetime | None:
        """Return when a failed effect may be tried again; None: now."""
        failure = self.failures.get(key)
        if failure is None:
            return None
        pause = min(BACKOFF_FIRST * 2 ** min(failure.count - 1, 10), BACKOFF_CAP)
        due = failure.at + max(pause, failure.retry_after)
        return due if self.now < due else None

    def request_effect(self, status: Status, effect: Effect) -> Step:
        """Return a step with the effect, unless it failed a moment ago."""
        due = self.retry_at(effect.key)
        if due is None:
            return Step(status, effect)
        failure = self.failures[effect.key]
        return Step(status, blocked=Blocked(failure.reason, failure.message, due))
