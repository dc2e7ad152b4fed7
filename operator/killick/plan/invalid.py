"""What the status says of a spec that cannot be acted on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from killick.errors import InvalidSpec
from killick.resource import conditions as kinds
from killick.resource.conditions import clip, merge
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
    return replace(
        before,
        observed_generation=generation,
        phase="Stalled",
        waiting_for=clip(f"a valid spec: {error.message}"),
        conditions=merge(before.conditions, wanted, generation, now),
    )
