"""Conditions, in a fixed order, with the times at which their status changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from killick.resource.bounds import clip
from killick.resource.status import Condition

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

    A condition's transition time moves only when its status changes. A condition that
    is not in `wanted` is dropped. A type that is not in `ORDER` comes last: another
    version of the operator may have written it.
    """
    old = {c.type: c for c in before}
    merged = []
    for condition in sorted(wanted, key=_rank):
        previous = old.get(condition.type)
        same = previous is not None and previous.status == condition.status
        since = (previous.last_transition_time if previous and same else None) or now
        merged.append(
            replace(
                condition,
                message=clip(condition.message),
                last_transition_time=since,
                observed_generation=generation,
            )
        )
    return tuple(merged)


def _rank(condition: Condition) -> int:
    return ORDER.index(condition.type) if condition.type in ORDER else len(ORDER)
