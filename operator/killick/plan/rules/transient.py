"""What a check or an evaluation makes of a system that was away when it ran.

An outage says nothing about the data or the model: no window is used up by it, no
try counts, and it is tried again soon, ever more rarely while it lasts.
"""

from __future__ import annotations

from datetime import timedelta

AWAY = frozenset({"LogUnreachable"})
"""The worker's reasons that mean an outage; docs/reference/reasons.md lists all."""

STEP, CAP = timedelta(seconds=10), timedelta(minutes=5)


def is_away(reason: str | None) -> bool:
    """Return whether a failure's reason speaks of a system that was away."""
    return reason in AWAY


def pause(times: int) -> timedelta:
    """Return how long to wait after so many outages in a row.

    It grows slowly, so that the end of a short outage is met within half a minute.
    """
    return min(STEP * times, CAP)
