"""Conditions: setting them without lying about when they changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from killick.resource.status import MESSAGE_LIMIT, Condition

READY: Final = "Ready"
STALLED: Final = "Stalled"
INPUTS_HEALTHY: Final = "InputsHealthy"
DRIFT_DETECTED: Final = "DriftDetected"
ADOPTED: Final = "Adopted"
RETRAINING: Final = "Retraining"
PROMOTED: Final = "Promoted"
DEPLOYED: Final = "Deployed"
HELD: Final = "Held"

ORDER: Final = (
    READY,
    STALLED,
    INPUTS_HEALTHY,
    DRIFT_DETECTED,
    ADOPTED,
    RETRAINING,
    PROMOTED,
    DEPLOYED,
    HELD,
)


def merge(
    before: tuple[Condition, ...],
    wanted: Iterable[Condition],
    generation: int,
    now: datetime,
) -> tuple[Condition, ...]:
    """Return `wanted` in the fixed order, keeping transition times.

    A condition's transition time moves only when its status changes; a condition
    that is not wanted any more is absent.
    """
    old = {c.type: c for c in before}
    merged = []
    for condition in sorted(wanted, key=lambda c: ORDER.index(c.type)):
        previous = old.get(condition.type)
        same = previous is not None and previous.status == condition.status
        since = previous.last_transition_time if previous and same else now
        merged.append(
            replace(
                condition,
                message=clip(condition.message),
                last_transition_time=since,
                observed_generation=generation,
            )
        )
    return tuple(merged)


def clip(message: str) -> str:
    """Return a message that fits into a condition."""
    if len(message) <= MESSAGE_LIMIT:
        return message
    return message[: MESSAGE_LIMIT - 1] + "…"
