"""Drift of few effective rows is Inconclusive in a segment, and says so elsewhere."""

import re
from typing import Any

import numpy as np
import pytest
from scipy.signal import lfilter

from driftcheck import contract as c
from driftcheck.contract.reasons import Reason
from driftcheck.judge.evidence import native_evidence
from driftcheck.judge.verdict import conclude
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


def judged(
    price: Any, asked: c.CheckRequest, *, segment: bool = False, **others: Any
) -> c.WindowVerdict:
    """Return the verdict on a window in the order of time."""
    before = {name: normal(2, 20_000) for name in others}
    reference = reference_dataset(price=normal(1, 20_000), **before)
    current = window_dataset(reference, in_time=True, price=price, **others)
    evidence = native_evidence(asked, reference, current, segment=segment)
    return conclude(asked, WINDOW, evidence).verdict


@pytest.mark.parametrize(
    ("correlation", "verdict"),
    [(0.0, c.Verdict.DRIFT), (0.9, c.Verdict.INCONCLUSIVE)],
)
def test_a_segment_needs_the_minimum_of_effective_rows(
    correlation: float, verdict: c.Verdict
) -> None:
    """500 autocorrelated rows are worth 26 independent ones: too few for a segment."""
    price, asked = 2 + series(2, 500, correlation), request("price")
    assert judged(price, asked).verdict is c.Verdict.DRIFT
    in_segment = judged(price, asked, segment=True)
    assert in_segment.verdict is verdict
    if verdict is c.Verdict.INCONCLUSIVE:
        assert in_segment.reason == Reason.AUTOCORRELATED_ROWS
        found = re.fullmatch(
            r"not statistically supported: effective sample size (\d+) of 500 rows "
            r"\(price\); at least 100 are needed",
            in_segment.message,
        )
        assert found
        assert 10 < int(found[1]) < 40


def test_a_supported_column_makes_a_segment_drift_beside_an_unsupported_one() -> None:
    """Drift that independent rows show is not lost to a column that has none."""
    asked = request("price", "age")
    age = 1 + normal(4, 500)
    verdict = judged(2 + series(2, 500, 0.9), asked, segment=True, age=age)
    assert verdict.verdict is c.Verdict.DRIFT


@pytest.mark.parametrize(
    ("rows", "correlation", "warned"),
    [(100, 0.0, False), (100, 0.9, True), (2000, 0.9, False)],
)
def test_a_drift_of_few_effective_rows_says_so_and_what_follows(
    rows: int, correlation: float, warned: bool
) -> None:
    """The verdict stays Drift; its message gives both sizes and the next step."""
    verdict = judged(3 + series(2, rows, correlation), request("price"))
    assert verdict.verdict is c.Verdict.DRIFT
    sizes = re.findall(
        r"; not statistically supported: effective sample size (\d+) of (\d+) rows "
        r"\(price\); at least 25 are needed\. It counts as drift; check a longer "
        r"window to confirm it$",
        verdict.message,
    )
    assert bool(sizes) is warned
    assert all(int(effective) < 25 for effective, _ in sizes)
