"""Drift of kind Performance: the rule, its windows, and how an answer carries it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftcheck import contract as c
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import LabeledPredictions
from driftcheck.errors import CheckFailure
from driftcheck.judge.column_score import ColumnScore
from driftcheck.judge.evidence import Evidence
from driftcheck.judge.model_performance import performance_of
from driftcheck.judge.performance import judge_performance
from driftcheck.judge.verdict import conclude
from driftcheck.stats.columns import Finding
from driftcheck.windows import Window, labeled_windows
from tests.unit.driftcheck.judge.performance_cases import (
    ERROR,
    FOUND,
    HOUR,
    SCORE,
    START,
    asked,
)


def bounded(
    lower: float | None, upper: float | None, rule: c.PerformanceRule = SCORE
) -> c.Performance:
    """The judged performance with this interval."""
    return judge_performance(
        rule, replace(FOUND, metric=rule.metric, lower=lower, upper=upper)
    )


@pytest.mark.parametrize(
    ("rule", "lower", "upper", "verdict", "borderline"),
    [
        (SCORE, 0.70, 0.79, c.Verdict.DRIFT, False),
        (SCORE, 0.70, 0.80, c.Verdict.NO_DRIFT, True),
        (SCORE, 0.79, 0.90, c.Verdict.NO_DRIFT, True),
        (SCORE, 0.80, 0.90, c.Verdict.NO_DRIFT, False),
        (ERROR, 2.01, 3.00, c.Verdict.DRIFT, False),
        (ERROR, 2.00, 3.00, c.Verdict.NO_DRIFT, True),
        (ERROR, 1.00, 2.01, c.Verdict.NO_DRIFT, True),
        (ERROR, 1.00, 2.00, c.Verdict.NO_DRIFT, False),
    ],
)
def test_only_an_interval_wholly_beyond_the_bound_is_drift(
    rule: c.PerformanceRule,
    lower: float,
    upper: float,
    verdict: c.Verdict,
    borderline: bool,
) -> None:
    """One that touches the bound is not; one that holds it clears nothing either."""
    found = bounded(lower, upper, rule)
    assert (found.verdict, found.borderline) == (verdict, borderline)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_score_and_its_error_are_judged_alike(
    one: float, other: float, bound: float
) -> None:
    """An error is a score turned round: of one bound exactly one side is bad."""
    lower, upper = sorted((one, other))
    score = bounded(lower, upper, replace(SCORE, minimum=bound))
    error = bounded(-upper, -lower, replace(ERROR, maximum=-bound))
    assert (score.verdict, score.borderline) == (error.verdict, error.borderline)
    assert (score.verdict is c.Verdict.DRIFT) == (upper < bound)


def test_without_a_bound_nothing_is_judged() -> None:
    """However bad the score is, it is only told."""
    found = bounded(0.0, 0.1, c.PerformanceRule(c.Metric.ACCURACY))
    assert found.verdict is None


@given(st.integers(0, 400), st.sampled_from([(None, None), (0.1, 0.2)]))
def test_few_rows_are_never_judged_by(
    effective: int, bounds: tuple[float | None, float | None]
) -> None:
    """No interval, or rows that tell too little, are Inconclusive with a reason."""
    performance = replace(FOUND, lower=bounds[0], upper=bounds[1], effective=effective)
    if bounds[0] is None:
        performance = replace(performance, score=None, reason="NotEnoughLabels")
    found = judge_performance(replace(SCORE, minimum_rows=401), performance)
    assert found.verdict is c.Verdict.INCONCLUSIVE
    assert found.reason in ("NotEnoughLabels", "RowsTooDependent")
    assert (found.score, found.lower) == (performance.score, performance.lower)


def scored(rule: c.PerformanceRule, table: pa.Table) -> c.Performance:
    """The judged performance of rows that are all labeled."""
    window = Window(START, START + HOUR, counting=True)
    return judge_performance(
        rule,
        performance_of(rule, window, LabeledPredictions(len(table), len(table), table)),
    )


def test_a_thousand_rows_that_hang_together_are_few() -> None:
    """Stretches of fifty right or wrong answers tell as much as twenty rows."""
    right = np.repeat(np.random.default_rng(3).integers(0, 2, 20), 50)
    table = pa.table({"l": np.ones(1000), "p": right.astype(float)})
    rule = replace(SCORE, minimum=0.99)
    found = scored(rule, table)
    assert found.effective is not None
    assert found.effective < 50
    assert (found.verdict, found.reason) == (
        c.Verdict.INCONCLUSIVE,
        "RowsTooDependent",
    )


@pytest.mark.parametrize(
    ("metric", "right", "verdict"),
    [
        (c.Metric.ACCURACY, True, c.Verdict.NO_DRIFT),
        (c.Metric.ACCURACY, False, c.Verdict.DRIFT),
        (c.Metric.ROC_AUC, True, c.Verdict.NO_DRIFT),
        (c.Metric.ROC_AUC, False, c.Verdict.DRIFT),
    ],
)
def test_answers_that_are_all_right_or_all_wrong_are_judged(
    metric: c.Metric, right: bool, verdict: c.Verdict
) -> None:
    """They never vary, and yet their bound is exact."""
    labels = np.arange(200.0) % 2
    answers = labels if right else 1 - labels
    table = pa.table({"l": labels, "p": answers})
    rule = c.PerformanceRule(metric, minimum=0.8)
    found = scored(rule, table)
    assert (found.verdict, found.borderline) == (verdict, False)


def shown(performance: c.Performance, **changes: Any) -> c.WindowVerdict:
    """Return the verdict on a window of calm columns with this performance."""
    calm = ColumnScore("a", 0.01, 0.1, 0.5, False, ())
    evidence = Evidence(500, 5000, scores=(calm,), performance=performance)
    window = Window(START, START + HOUR, counting=False)
    return conclude(asked(SCORE), window, replace(evidence, **changes)).verdict


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        (
            {"failure": CheckFailure(Reason.LOG_TIMEOUT, "")},
            c.Verdict.ERROR,
        ),
        (
            {"findings": (Finding(Reason.ALL_NULL, "a"),)},
            c.Verdict.DATA_QUALITY,
        ),
        ({"rows": 5}, c.Verdict.INCONCLUSIVE),
    ],
)
def test_what_comes_before_drift_stands(
    changes: dict[str, Any], verdict: c.Verdict
) -> None:
    """Broken data or too few rows are no drift, whatever the performance is."""
    found = shown(bounded(0.5, 0.6), **changes)
    assert found.verdict is verdict
    assert found.kinds == ()
    assert "Accuracy" not in found.message


def test_bad_performance_makes_no_drift_drift_of_kind_performance() -> None:
    """The message says metric, score, interval, bound and rows."""
    found = shown(bounded(0.65, 0.75))
    assert (found.verdict, found.reason) == (c.Verdict.DRIFT, "PerformanceDropped")
    assert found.kinds == (c.Kind.PERFORMANCE,)
    assert found.message == (
        "Accuracy 0.7, 95 % interval 0.65 to 0.75, below the minimum 0.8; "
        "400 of 500 rows have labels (80%)"
    )


@pytest.mark.parametrize("bounds", [(0.75, 0.85), (0.85, 0.95), (None, None)])
def test_performance_that_is_not_certainly_bad_changes_no_verdict(
    bounds: tuple[float | None, float | None],
) -> None:
    """Neither does one that could not be judged."""
    found = shown(bounded(*bounds))
    assert (found.verdict, found.kinds) == (c.Verdict.NO_DRIFT, ())
    assert found.message == "none of 1 columns drifted"


@given(
    st.integers(0, 200_000),
    st.integers(0, 60_000),
    st.integers(1, 10),
    st.none() | st.integers(0, 40),
)
def test_labeled_windows_are_counting_windows_whose_labels_have_come(
    seconds: int, delay: int, windows: int, through: int | None
) -> None:
    """Hence no row is in two of them, nor of before the anchor, nor too young."""
    known = None if through is None else START + through * HOUR
    rule = replace(SCORE, delay_seconds=delay, judged_through=known)
    request = asked(rule, windows)
    now = START + timedelta(seconds=seconds)
    found = labeled_windows(request, now)
    late = timedelta(seconds=delay + request.log.lag_seconds)
    assert len(found) <= windows
    for number, window in enumerate(found):
        assert (window.start - START) % HOUR == timedelta(0)
        assert window.start >= START
        assert window.end - window.start == HOUR
        assert window.end + late <= now
        assert known is None or window.end > known
        assert number == 0 or window.start == found[number - 1].end
    if known is None and now - late >= START + HOUR:
        assert found[-1].end + HOUR + late > now


def test_no_bound_has_no_labeled_windows() -> None:
    """What is only told needs no look at each window."""
    assert labeled_windows(asked(c.PerformanceRule(c.Metric.ACCURACY)), START) == ()
