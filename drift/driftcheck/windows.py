"""The windows that a check judges: a pure function of the request and the time.

Counting windows follow each other from the anchor without overlap, so that no row
counts twice towards persistence. The interim window is the latest interval of the same
length; it is shown but never counted.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from driftcheck.contract import CheckRequest, WindowGrid


@dataclass(frozen=True)
class Window:
    """The half-open interval of time from `start` to `end`."""

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
    """Return the counting windows without a verdict, oldest first, and the interim one.

    A counting window is complete once `lag_seconds` have passed since its end. Of the
    last `count` complete windows, those that end after `judged_through` are returned.
    The interim window ends `lag_seconds` before now, rounded down to the second; it is
    omitted if it equals a counting window.
    """
    length = timedelta(seconds=request.window_seconds)
    edge = now.astimezone(UTC) - timedelta(seconds=request.log.lag_seconds)
    edge = edge.replace(microsecond=0)
    counting = _counting(request.windows, edge, length)
    interim = Window(edge - length, edge, counting=False)
    if not request.interim or any(w.end == edge for w in counting):
        return counting
    return (*counting, interim)


def labeled_windows(request: CheckRequest, now: datetime) -> tuple[Window, ...]:
    """Return the counting windows whose performance is due, oldest first.

    A window's labels are due the rule's delay after it is complete. No window is
    returned without a declared bound, because none counts then.
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
    windows = (
        Window(grid.anchor + k * length, grid.anchor + (k + 1) * length, counting=True)
        for k in range(first, complete)
    )
    through = grid.judged_through
    return tuple(w for w in windows if through is None or w.end > through)
