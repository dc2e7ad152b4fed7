"""What a pass is given: the world outside the object, and the memory between passes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from killick.act.dispatch import EffectContext, act
from killick.errors import NotLeading
from killick.observe.gather import Ports
from killick.observe.target_conflicts import TargetIndex, no_conflicts
from killick.plan.context import Context
from killick.plan.effects import Effect
from killick.plan.facts import Failure
from killick.plan.planner import Plan, plan
from killick.plan.report.events import Decision
from killick.record.metrics import StatusCollector
from killick.resource.status import Status
from killick.settings import Settings


@dataclass
class Memory:
    """What a pass leaves for the next one; losing it is harmless.

    `failures`: effects that failed, by key. `began`: a pass wrote its status.
    `pending_events`: decisions without an Event so far. `reported_schema`: the message
    of the last Event about a status of another version.
    """

    failures: dict[str, Failure] = field(default_factory=dict)
    began: bool = False
    pending_events: tuple[Decision, ...] = ()
    reported_schema: str | None = None


@dataclass(frozen=True)
class World:
    """Everything outside the object; tests replace `decide` and `act`.

    `leading`: return whether this operator may write and act at this moment.
    """

    ports: Ports
    settings: Settings
    collector: StatusCollector
    index: TargetIndex = no_conflicts
    decide: Callable[[Context, Status], Plan] = plan
    act: Callable[[EffectContext, Effect], Awaitable[str]] = act
    leading: Callable[[], bool] = lambda: True

    def require_leader(self) -> None:
        """Raise NotLeading unless this operator may write and act now."""
        if not self.leading():
            raise NotLeading("another operator holds the Lease, or it expired")


@dataclass(frozen=True)
class PassResult:
    """When to run the next pass; `gone` means that the object does not exist."""

    wake_at: datetime
    gone: bool = False
    plan: Plan | None = None
