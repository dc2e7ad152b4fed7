"""Which windows a check judges."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftcheck.contract import (
    CheckRequest,
    Features,
    LogSource,
    Reference,
    WindowGrid,
)
from driftcheck.windows import Window, windows_to_judge

ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
LAG = timedelta(minutes=5)
REQUEST = CheckRequest(
    name="m",
    namespace="ml",
    request_fingerprint="h",
    reference=Reference("r.parquet"),
    log=LogSource("ml", "log", "at", Features("Columns", ("a",))),
    window_seconds=3600,
    windows=WindowGrid(ANCHOR, 3),
)


def counted(now: datetime, request: CheckRequest = REQUEST) -> list[int]:
    """The numbers, from the anchor, of the counting windows."""
    found = windows_to_judge(request, now)
    return [(w.start - ANCHOR) // HOUR for w in found if w.counting]


@pytest.mark.parametrize(
    ("after_anchor", "numbers"),
    [
        (timedelta(0), []),
        (-HOUR, []),
        (HOUR, []),
        (HOUR + LAG - timedelta(seconds=1), []),
        (HOUR + LAG, [0]),
        (4 * HOUR + LAG, [1, 2, 3]),
        (1000 * HOUR, [996, 997, 998]),
    ],
)
def test_the_last_complete_windows_count(
    after_anchor: timedelta, numbers: list[int]
) -> None:
    """A window is complete once its end and the lag have passed."""
    assert counted(ANCHOR + after_anchor) == numbers


@pytest.mark.parametrize(
    ("through", "numbers"),
    [(1, [1, 2, 3]), (2, [2, 3]), (3, [3]), (4, []), (9, [])],
)
def test_what_has_a_verdict_is_not_judged_again(
    through: int, numbers: list[int]
) -> None:
    """Only windows that end after `judged_through` are left."""
    grid = WindowGrid(ANCHOR, 3, ANCHOR + through * HOUR)
    request = replace(REQUEST, windows=grid)
    assert counted(ANCHOR + 4 * HOUR + LAG, request) == numbers


def test_the_interim_window_ends_at_the_lag_before_now() -> None:
    """It is as long as the others, in whole seconds, and does not count."""
    now = ANCHOR + timedelta(minutes=90, microseconds=7)
    edge = ANCHOR + timedelta(minutes=85)
    expected = Window(edge - HOUR, edge, counting=False)
    assert windows_to_judge(REQUEST, now)[-1] == expected


def test_an_interval_is_judged_once() -> None:
    """Where the interim window is just a counting one, the counting one is enough."""
    found = windows_to_judge(REQUEST, ANCHOR + HOUR + LAG)
    assert found == (Window(ANCHOR, ANCHOR + HOUR, counting=True),)


def test_interim_can_be_left_out() -> None:
    """With `interim` false only counting windows are judged."""
    request = replace(REQUEST, interim=False)
    found = windows_to_judge(request, ANCHOR + timedelta(minutes=150))
    assert [w.counting for w in found] == [True, True]


@given(
    st.integers(0, 10**7),
    st.integers(1, 10**5),
    st.integers(1, 10),
    st.integers(0, 900),
)
def test_counting_windows_never_overlap_and_are_never_early(
    seconds: int, length: int, count: int, lag: int
) -> None:
    """They lie end to end on the grid and end before the lag, whatever the time."""
    request = replace(
        REQUEST,
        window_seconds=length,
        windows=WindowGrid(ANCHOR, count),
        log=replace(REQUEST.log, lag_seconds=lag),
    )
    now = ANCHOR + timedelta(seconds=seconds)
    found = [w for w in windows_to_judge(request, now) if w.counting]
    assert len(found) <= count
    for earlier, later in pairwise(found):
        assert earlier.end == later.start
    for window in found:
        assert (window.start - ANCHOR).total_seconds() % length == 0
        assert window.end <= now - timedelta(seconds=lag)
