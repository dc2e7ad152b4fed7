"""Which windows a check judges: a pure function of the request and the time.

Counting windows are laid end to end from the anchor, so that no two share a row and
"two of three" means something; the interim window is the latest stretch, shown but
never counted.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from driftcheck.contract import CheckRequest


@dataclass(frozen=True)
class Window:
    """The half-open stretch of time from `start` to `end`."""

    start: datetime
    end: datetime
    counting: bool


def windows_to_judge(request: CheckRequest, now: datetime) -> tuple[Window, ...]:
    """The counting windows without a verdict, oldest first, then the interim one.

    A counting window is complete once `lag_seconds` have passed since its end. Of
    the complete ones the last `count` matter, and of these the ones that end after
    `judged_through`. The interim window ends at the lag before now, to the second,
    and is left out where it is just a counting one.
    """
    length = timedelta(seconds=request.window_seconds)
    edge = now.astimezone(UTC) - timedelta(seconds=request.log.lag_seconds)
    edge = edge.replace(microsecond=0)
    counting = _counting(request, edge, length)
    interim = Window(edge - length, edge, counting=False)
    if not request.interim or any(w.end == edge for w in counting):
        return counting
    return (*counting, interim)


def _counting(
    request: CheckRequest, edge: datetime, length: timedelta
) -> tuple[Window, ...]:
    grid = request.windows
    complete = max(0, (edge - grid.anchor) // length)
    first = max(0, complete - grid.count)
    found = (
        Window(grid.anchor + k * length, grid.anchor + (k + 1) * length, counting=True)
        for k in range(first, complete)
    )
    through = grid.judged_through
    return tuple(w for w in found if through is None or w.end > through)
