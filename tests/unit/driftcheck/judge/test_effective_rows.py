"""What is not warranted is said, or decides nothing: drifts of few independent rows."""

import re
from typing import Any

import numpy as np
import pytest
from scipy.signal import lfilter

from driftcheck import contract as c
from driftcheck.check.engine import judge_by_engine
from driftcheck.judge.effective_rows import warranted
from driftcheck.judge.verdict import judge
from tests.unit.driftcheck.samples import (
    WINDOW,
    normal,
    reference_dataset,
    request,
    window_dataset,
)


def series(seed: int, rows: int, correlation: float) -> np.ndarray[Any, Any]:
    """Rows of unit deviation, each of which resembles the one before."""
    noise = np.random.default_rng(seed).normal(size=rows)
    noise[1:] *= np.sqrt(1 - correlation**2)
    values: np.ndarray[Any, Any] = lfilter([1.0], [1.0, -correlation], noise)
    return values


@pytest.mark.parametrize(
    ("correlation", "verdict"),
    [(0.0, c.Verdict.DRIFT), (0.9, c.Verdict.INCONCLUSIVE)],
)
def test_a_segment_drifts_where_its_rows_are_worth_the_minimum(
    correlation: float, verdict: c.Verdict
) -> None:
    """500 rows that resemble the ones before are worth 26: too few for a segment."""
    reference = reference_dataset(price=normal(1, 20_000))
    price = 2 + series(2, 500, correlation)
    current = window_dataset(reference, in_time=True, price=price)
    asked = request("price")
    found = judge(asked, WINDOW, reference, current)
    assert found.verdict.verdict is c.Verdict.DRIFT
    sure = warranted(asked, found, (reference, current)).verdict
    assert sure.verdict is verdict
    if verdict is c.Verdict.INCONCLUSIVE:
        assert sure.reason == "AutocorrelatedRows"
        effective_rows = int(
            re.findall(r"effective_rows (\d+) independent", sure.message)[0]
        )
        assert 10 < effective_rows < 40


def test_a_sure_column_makes_a_drift_beside_a_doubtful_one() -> None:
    """What rows of their own show is not lost to a column that has none."""
    reference = reference_dataset(price=normal(1, 20_000), age=normal(2, 20_000))
    price, age = 2 + series(2, 500, 0.9), 1 + normal(4, 500)
    current = window_dataset(reference, in_time=True, price=price, age=age)
    asked = request("price", "age")
    found = judge(asked, WINDOW, reference, current)
    assert warranted(asked, found, (reference, current)) == found


@pytest.mark.parametrize(
    ("rows", "correlation", "warned"),
    [(100, 0.0, False), (100, 0.9, True), (2000, 0.9, False)],
)
def test_a_drift_of_a_handful_of_independent_rows_says_so(
    rows: int, correlation: float, warned: bool
) -> None:
    """It stands, and its message says what it is worth; so the price is no secret."""
    reference = reference_dataset(price=normal(1, 20_000))
    price = 3 + series(2, rows, correlation)
    current = window_dataset(reference, in_time=True, price=price)
    sides = (reference, current)
    found = judge_by_engine(request("price"), WINDOW, sides, {}).verdict
    assert found.verdict is c.Verdict.DRIFT
    assert ("not warranted: the rows of price" in found.message) is warned
