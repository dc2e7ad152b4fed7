"""Everything that Killick can change in the world: one class for each kind of effect.

Each effect has a key derived from its intent. Carrying one out twice changes nothing
more; `act/` keeps that promise. A pass carries out at most one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from killick.gitops.port import ValueChange
from killick.registry.port import ChampionChange
from killick.resource.status import Attempt, Evaluation


@dataclass(frozen=True)
class Effect:
    """One change of the world; `KEY` is the pattern of its key."""

    KEY: ClassVar[str]

    @property
    def key(self) -> str:
        """The effect's identity, for retries and logs: one intent has one key."""
        return self.KEY.format(effect=self)


@dataclass(frozen=True)
class ApplyCheck(Effect):
    """Create or update the CronJob of the drift checks."""

    KEY = "check/{effect.fingerprint}"
    fingerprint: str
    request: str
    schedule: str
    suspend: bool
    needs_mlflow: bool = False


@dataclass(frozen=True)
class RunCheck(Effect):
    """Create one Job from the check's CronJob.

    Two causes lead to it: a person's annotation `killick.dev/check`, and the latest
    check having met an outage, after which it is repeated.
    """

    KEY = "job/{effect.job}"
    job: str


@dataclass(frozen=True)
class StartTraining(Effect):
    """Create the training Job of an attempt from the template CronJob."""

    KEY = "job/{effect.job}"
    attempt: Attempt
    job: str


@dataclass(frozen=True)
class StartEvaluation(Effect):
    """Create the Job that compares candidate and champion on the same rows."""

    KEY = "job/{effect.job}"
    evaluation: Evaluation
    job: str
    request: str
    candidate_image: str
    champion_image: str | None


@dataclass(frozen=True)
class MarkCandidate(Effect):
    """Move the candidate alias (and the Staging stage) to a version that passed."""

    KEY = "candidate/{effect.version}"
    version: str
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class MarkChampion(Effect):
    """Move the champion alias (and the Production stage) to a deployed version."""

    KEY = "champion/{effect.change.version}"
    change: ChampionChange


@dataclass(frozen=True)
class PushPromotion(Effect):
    """Set the value in the GitOps repository by one commit."""

    KEY = "push/{effect.change.promotion_id}"
    change: ValueChange


@dataclass(frozen=True)
class DeleteJob(Effect):
    """Delete a Job whose outcome is recorded."""

    KEY = "delete/{effect.uid}"
    name: str
    uid: str
