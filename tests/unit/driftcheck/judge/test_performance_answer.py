"""How performance windows travel in an answer, and what gives way."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftcheck import contract as c
from tests.unit.driftcheck.judge.performance_cases import (
    ERROR,
    HOUR,
    SCORE,
    START,
    asked,
)

PERFORMANCES = tuple(
    c.Performance(
        START + k * HOUR,
        START + (k + 1) * HOUR,
        c.Metric.ROOT_MEAN_SQUARED_ERROR,
        1_234_567,
        123_456,
        123.456,
        122.345,
        124.567,
        "PerformanceDropped",
        98_765,
        c.Verdict.DRIFT,
    )
    for k in range(10)
)


COUNTING = tuple(
    c.WindowVerdict(
        START + k * HOUR,
        START + (k + 1) * HOUR,
        True,
        c.Verdict.DRIFT,
        "CriticalColumnDrifted",
        rows=1_234_567,
        drifted=10,
        checked=50,
        percent=20,
    )
    for k in range(10)
)


def test_an_answer_carries_the_qualities_of_windows() -> None:
    """They come back as they were, also where they have an end of their own."""
    novel = replace(PERFORMANCES[2], end=START + 9 * HOUR)
    both = (*PERFORMANCES[:2], novel)
    answer = c.CheckAnswer("h", None, START, performance_windows=both)
    assert c.decode(c.encode(answer)).performance_windows == both


@given(st.integers(0, 10), st.integers(0, 10))
def test_the_newest_qualities_give_way_and_are_asked_for_again(
    windows: int, performances: int
) -> None:
    """Verdicts and the latest score stay; of the others the oldest, without gap."""
    answer = c.CheckAnswer(
        "h" * 64,
        "ab" * 32,
        START,
        COUNTING[:windows],
        performance=PERFORMANCES[0],
        performance_windows=PERFORMANCES[:performances],
    )
    read = c.decode(c.encode(answer))
    kept = read.performance_windows
    assert read.performance == PERFORMANCES[0]
    assert [w.verdict for w in read.windows] == [c.Verdict.DRIFT] * windows
    assert kept == PERFORMANCES[: len(kept)]
    assert read.truncated == (len(kept) < performances)
    if windows <= 5 and performances:
        assert kept


def test_a_bound_that_the_metric_has_not_is_refused() -> None:
    """The complaint names the field."""
    value = asked(SCORE).to_json()
    value["performance"]["maximum"] = 2
    with pytest.raises(
        c.ContractError, match=r"performance\.maximum: Accuracy has no max"
    ):
        c.CheckRequest.from_json(value)


def test_a_bound_survives_the_journey() -> None:
    """With how far the windows are judged."""
    request = asked(replace(ERROR, judged_through=START))
    assert c.decode_request(c.encode_request(request)) == request
