"""Which windows a check judges: a pure function of the request and the time.

Counting windows are laid end to end from the anchor, so that no two share a row and
"two of three" means something; the interim window is the latest stretch, shown but
never counted.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from driftcheck.contract import CheckRequest, WindowGrid


@dataclass(frozen=True)
class Window:
    """The half-open stretch of time from `start` to `end`."""

    start: datetime
    end: datetime
    counting: bool

    @property
    def all_rows(self) -> bool:
        """Whether it stands for all rows of a log, whatever their time."""
        return self.start == self.end


def all_rows(now: datetime) -> Window:
    """Return the window of all rows, judged now; it never counts."""
    return Window(now, now, counting=False)


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
    counting = _counting(request.windows, edge, length)
    interim = Window(edge - length, edge, counting=False)
    if not request.interim or any(w.end == edge for w in counting):
        return counting
    return (*counting, interim)


def labelled_windows(request: CheckRequest, now: datetime) -> tuple[Window, ...]:
    """The counting windows whose performance is due, oldest first.

    A window's labels have come the rule's delay after it is complete. None where no
    bound is declared: nothing counts then.
    """
    rule = request.performance
    if rule is None or rule.bound is None:
        return ()
    late = timedelta(seconds=request.log.lag_seconds + rule.delay_seconds)
    edge = (now.astimezone(UTC) - late).replace(microsecond=0)
    grid = replace(request.windows, judged_through=rule.judged_through)
    return _counting(grid, edge, timedelta(seconds=request.window_seconds))


def _counting(
    grid: WindowGrid, edge: datetime, length: timedelta
) -> tuple[Window, ...]:
    complete = max(0, (edge - grid.anchor) // length)
    first = max(0, complete - grid.count)
    found = (
        Window(grid.anchor + k * length, grid.anchor + (k + 1) * length, counting=True)
        for k in range(first, complete)
    )
    through = grid.judged_through
    return tuple(w for w in found if through is None or w.end > through)
