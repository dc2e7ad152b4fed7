"""What the status says of a spec that cannot be acted on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from killick.errors import InvalidSpec
from killick.resource import conditions as kinds
from killick.resource.bounds import bounded
from killick.resource.conditions import merge
from killick.resource.status import Condition, Status

REPLACED = (kinds.READY, kinds.STALLED)


def invalid(
    before: Status, error: InvalidSpec, generation: int, now: datetime
) -> Status:
    """Return the status with Ready False and Stalled True; all else is kept."""
    kept = [c for c in before.conditions if c.type not in REPLACED]
    wanted = [
        *kept,
        Condition(kinds.READY, "False", error.reason, error.message),
        Condition(kinds.STALLED, "True", error.reason, error.message),
    ]
    stalled = replace(
        before,
        observed_generation=generation,
        phase="Stalled",
        waiting_for="a valid spec",
        conditions=merge(before.conditions, wanted, generation, now),
    )
    return bounded(stalled)
