"""Everything that Killick can change in the world, one value per kind of effect.

Each effect has a key derived from its intent. Carrying one out twice must change
nothing; `act/` keeps that promise. A pass carries out at most one.
"""

from __future__ import annotations

from dataclasses import dataclass

from killick.gitops.port import ValueChange
from killick.registry.port import ChampionChange
from killick.resource.status import Attempt, Evaluation


@dataclass(frozen=True)
class ApplyCheck:
    """Create or update the CronJob of the drift checks."""

    fingerprint: str
    request: str
    schedule: str
    suspend: bool
    needs_mlflow: bool = False

    @property
    def key(self) -> str:
        """The effect's identity, for retries and logs."""
        return f"check/{self.fingerprint}"


@dataclass(frozen=True)
class RunCheck:
    """Create one Job from the check's CronJob, because a person asked."""

    job: str

    @property
    def key(self) -> str:
        """The effect's identity, for retries and logs."""
        return f"job/{self.job}"


@dataclass(frozen=True)
class StartTraining:
    """Create the training Job of an attempt from the template CronJob."""

    attempt: Attempt
    job: str

    @property
    def key(self) -> str:
        """The effect's identity, for retries and logs."""
        return f"job/{self.job}"


@dataclass(frozen=True)
class StartEvaluation:
    """Create the Job that compares candidate and champion on the same rows."""

    evaluation: Evaluation
    job: str
    request: str
    candidate_image: str
    champion_image: str | None

    @property
    def key(self) -> str:
        """The effect's identity, for retries and logs."""
        return f"job/{self.job}"


@dataclass(frozen=True)
class MarkCandidate:
    """Move the candidate alias (and the Staging stage) to a proven version."""

    version: str
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """The effect's identity, for retries and logs."""
        return f"candidate/{self.version}"


@dataclass(frozen=True)
class MarkChampion:
    """Move the champion alias (and the Production stage) to a deployed version."""

    change: ChampionChange

    @property
    def key(self) -> str:
        """The effect's identity, for retries and logs."""
        return f"champion/{self.change.version}"


@dataclass(frozen=True)
class PushPromotion:
    """Set the value in the GitOps repository by one commit."""

    change: ValueChange

    @property
    def key(self) -> str:
        """The effect's identity, for retries and logs."""
        return f"push/{self.change.promotion_id}"


@dataclass(frozen=True)
class DeleteJob:
    """Remove a Job whose outcome is recorded."""

    name: str
    uid: str

    @property
    def key(self) -> str:
        """The effect's identity, for retries and logs."""
        return f"delete/{self.uid}"


Effect = (
    ApplyCheck
    | RunCheck
    | StartTraining
    | StartEvaluation
    | MarkCandidate
    | MarkChampion
    | PushPromotion
    | DeleteJob
)
