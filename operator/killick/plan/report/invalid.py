"""The status of an object whose spec cannot be acted on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from killick.errors import InvalidSpec
from killick.resource import conditions as types
from killick.resource.bounds import bounded
from killick.resource.conditions import merge
from killick.resource.status import Condition, Status

REPLACED = (types.READY, types.STALLED)


def invalid(
    before: Status, error: InvalidSpec, generation: int, now: datetime
) -> Status:
    """Return the status with Ready False and Stalled True; all else is kept."""
    kept = [c for c in before.conditions if c.type not in REPLACED]
    wanted = [
        *kept,
        Condition(types.READY, "False", error.reason, error.message),
        Condition(types.STALLED, "True", error.reason, error.message),
    ]
    stalled = replace(
        before,
        observed_generation=generation,
        phase="Stalled",
        waiting_for="valid spec",
        conditions=merge(before.conditions, wanted, generation, now),
    )
    return bounded(stalled)
