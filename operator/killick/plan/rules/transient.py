"""How a check or an evaluation treats an outage of a system that it reads.

An outage says nothing about the data or the model: it uses up no window and counts as
no try. The run is repeated soon, and less often while the outage lasts.
"""

from __future__ import annotations

from datetime import timedelta

from driftcheck.contract.reasons import Reason

AWAY = frozenset({Reason.LOG_UNREACHABLE})
"""The worker's reasons that report an outage."""

STEP = timedelta(seconds=10)  # so that the end of a short outage is met soon
CAP = timedelta(minutes=5)  # as BACKOFF_CAP


def is_away(reason: str | None) -> bool:
    """Return whether a failure's reason reports an outage."""
    return reason in AWAY


def pause(times: int) -> timedelta:
    """Return how long to wait after so many outages in a row.

    The pause grows slowly: after a short outage the run repeats within half a minute.
    """
    return min(STEP * times, CAP)
