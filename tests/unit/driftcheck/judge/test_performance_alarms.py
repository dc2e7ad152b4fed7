"""What docs/statistics.md claims of bad answers, at the edge of the claims."""

import numpy as np
import pytest

from benchmarks.performance import (
    CASES,
    Case,
    measure_performance,
    opened,
    until_open,
    verdicts,
)
from benchmarks.power import World
from driftcheck.contract import Verdict

WINDOWS = 300


def drifted(case: Case, true: float, rho: float, rows: int) -> list[bool]:
    """Which windows of this true value are drift."""
    found = verdicts(
        case.rule(), measure_performance(case, true, World(rho), rows, WINDOWS)
    )
    return [verdict is Verdict.DRIFT for verdict in found]


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.metric))
def test_answers_just_at_the_bound_are_hardly_ever_drift(
    case: Case, rho: float
) -> None:
    """One window in forty by construction, however rows depend; hardly an episode."""
    found = drifted(case, case.bound, rho, 500)
    assert np.mean(found) <= 0.05
    assert opened(found) <= 3


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.metric))
def test_answers_well_within_the_bound_open_nothing(case: Case) -> None:
    """Not one episode in three hundred windows, also of few and dependent rows."""
    for rho in (0.0, 0.5, 0.9):
        assert opened(drifted(case, case.true[-1], rho, 100)) == 0


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.metric))
def test_answers_far_beyond_the_bound_open_an_episode_at_once(case: Case) -> None:
    """Five hundred independent rows a window show it in the second window."""
    assert until_open(drifted(case, case.true[0], 0.0, 500)) == 2


def test_dependent_rows_are_not_judged_by_their_number() -> None:
    """A hundred and more with a memory of ten are no hundred."""
    scored = measure_performance(CASES[0], 0.5, World(0.9), 200, WINDOWS)
    found = verdicts(CASES[0].rule(), scored)
    assert np.mean([verdict is Verdict.INCONCLUSIVE for verdict in found]) >= 0.9


@pytest.mark.parametrize(
    ("windows", "times", "wait"),
    [("....", 0, None), ("D..D..D", 0, None), ("DD", 1, 2), (".D.D..", 1, 4),
     ("DDD...DD", 2, 2)],
)  # fmt: skip
def test_two_of_three_persist(windows: str, times: int, wait: int | None) -> None:
    """As the operator counts: further breaches belong to the open one."""
    found = [window == "D" for window in windows]
    assert (opened(found), until_open(found)) == (times, wait)
