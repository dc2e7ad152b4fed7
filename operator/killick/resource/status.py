"""The ModelDeployment's status as frozen values.

Everything that must survive a restart of the operator is here, bounded, and readable
by a person. Absent and empty are the same. No I/O.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from killick.errors import InvalidSpec, UnknownSchema
from killick.resource.codec import from_dict, to_dict
from killick.resource.drift_status import DriftStatus

SCHEMA_VERSION: Final = 1
MESSAGE_LIMIT: Final = 800  # characters
SIZE_LIMIT: Final = 16 * 1024  # bytes of the whole status as JSON
HISTORY_LIMIT: Final = 10


@dataclass(frozen=True)
class Condition:
    """A metav1.Condition."""

    type: str
    status: str  # True | False | Unknown
    reason: str
    message: str = ""
    last_transition_time: datetime | None = None
    observed_generation: int | None = None


@dataclass(frozen=True)
class Versions:
    """The desired, the deployed, the champion and the candidate version."""

    desired: str | None = None
    serving: str | None = None
    champion: str | None = None
    candidate: str | None = None


@dataclass(frozen=True)
class ReferencePin:
    """The dataset that windows are compared with, pinned by its digest.

    `version` owns it (None: it is the one that the spec declares).
    """

    uri: str
    sha256: str | None = None
    version: str | None = None


@dataclass(frozen=True)
class Episode:
    """One cause for acting: it opens when drift persists; at most one is open."""

    id: str
    opened_at: datetime
    reason: str
    message: str = ""
    closed_at: datetime | None = None
    outcome: str | None = None

    @property
    def is_open(self) -> bool:
        """True until an outcome is recorded."""
        return self.closed_at is None


@dataclass(frozen=True)
class Attempt:
    """One retraining run for an episode. States: see `plan/attempt.py`."""

    id: str
    episode: str
    state: str
    started_at: datetime
    champion: str | None = None
    job: str | None = None
    version: str | None = None
    finished_at: datetime | None = None
    reason: str | None = None
    message: str | None = None

    @property
    def in_flight(self) -> bool:
        """True while its training may still register a version."""
        return self.state in ("Intended", "Running")


@dataclass(frozen=True)
class PastAttempt:
    """An attempt as budget and cooldown count it; the current one is included."""

    id: str
    episode: str
    started_at: datetime
    outcome: str


@dataclass(frozen=True)
class EvaluationResult:
    """What the evaluation measured on `rows` labeled rows.

    `improvement` is positive where the candidate is better, whatever the metric;
    `lower` and `upper` bound it with 95 % confidence. Numbers are decimal strings.
    """

    rows: int
    metric: str
    digest: str | None = None
    champion_score: str | None = None
    candidate_score: str | None = None
    improvement: str | None = None
    lower: str | None = None
    upper: str | None = None


@dataclass(frozen=True)
class Evaluation:
    """Candidate against champion. States: see `plan/evaluation.py`."""

    id: str
    attempt: str
    candidate: str
    state: str
    started_at: datetime
    number: int = 1
    failures: int = 0
    outages: int | None = None
    policy: str | None = None
    champion: str | None = None
    not_before: datetime | None = None
    finished_at: datetime | None = None
    reason: str | None = None
    message: str | None = None
    result: EvaluationResult | None = None


@dataclass(frozen=True)
class Promotion:
    """One change of the value in Git. States: see `plan/promotion.py`."""

    id: str
    state: str
    version: str
    from_value: str
    to_value: str
    base: str
    target: str
    proposed_at: datetime
    previous: str | None = None
    evaluation: str | None = None
    episode: str | None = None
    commit: str | None = None
    landed_at: datetime | None = None
    finished_at: datetime | None = None
    reason: str | None = None
    message: str | None = None

    @property
    def in_flight(self) -> bool:
        """True from the proposal until it is done or given up."""
        return self.state in ("Proposed", "Landed", "Deployed")


@dataclass(frozen=True)
class Hold:
    """Automation stopped for this object until a person releases `id`."""

    id: str
    reason: str
    message: str
    since: datetime


@dataclass(frozen=True)
class Requests:
    """The token of the last request of each kind that was handled."""

    check: str | None = None
    release: str | None = None


@dataclass(frozen=True)
class Status:
    """The whole status of a ModelDeployment."""

    schema_version: int = SCHEMA_VERSION
    observed_generation: int = -1
    phase: str | None = None
    waiting_for: str | None = None
    versions: Versions = field(default_factory=Versions)
    reference: ReferencePin | None = None
    drift: DriftStatus = field(default_factory=DriftStatus)
    adopted_at: datetime | None = None
    episode: Episode | None = None
    attempt: Attempt | None = None
    attempts: tuple[PastAttempt, ...] = ()
    evaluation: Evaluation | None = None
    promotion: Promotion | None = None
    hold: Hold | None = None
    requests: Requests = field(default_factory=Requests)
    conditions: tuple[Condition, ...] = ()

    @property
    def promoting(self) -> bool:
        """True while a promotion is in flight."""
        return self.promotion is not None and self.promotion.in_flight

    def condition(self, kind: str) -> Condition | None:
        """Return the condition of a type, None if it is absent."""
        return next((c for c in self.conditions if c.type == kind), None)


def parse_status(raw: Any) -> Status | None:
    """Read a status; None if there is none yet or it cannot be read.

    An object whose status cannot be read is adopted anew.
    """
    if not isinstance(raw, dict) or "schemaVersion" not in raw:
        return None
    try:
        return from_dict(Status, raw)
    except InvalidSpec:
        return None


def require_known(raw: Any) -> None:
    """Raise UnknownSchema where another version of Killick wrote the status.

    It may record an effect in flight that this version does not know, so this version
    neither acts on the object nor writes its status.
    """
    version = raw.get("schemaVersion") if isinstance(raw, dict) else None
    if isinstance(version, int) and version != SCHEMA_VERSION:
        raise UnknownSchema(
            f"status.schemaVersion is {version}, this Killick knows {SCHEMA_VERSION}: "
            "another version wrote it, so nothing is done or written here; run that "
            "version, or erase the status to have the object adopted anew"
        )


def status_dict(status: Status) -> dict[str, Any]:
    """Return the JSON form that the API server stores."""
    value: dict[str, Any] = to_dict(status)
    return value
