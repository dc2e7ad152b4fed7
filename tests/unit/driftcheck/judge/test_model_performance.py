"""The performance of labeled rows: values by hand, intervals by simulation."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from driftcheck.contract import (
    CheckAnswer,
    Metric,
    Performance,
    PerformanceRule,
    decode,
    encode,
)
from driftcheck.dataset import LabeledPredictions
from driftcheck.judge.model_performance import (
    labeled_window,
    performance_of,
)
from driftcheck.stats.block_jackknife import integrated_autocorrelation_time, n_blocks
from driftcheck.stats.distance import Floats
from driftcheck.stats.metrics import definition_of
from driftcheck.windows import Window

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = Window(NOW - timedelta(days=1), NOW, counting=True)


def scored(
    metric: Metric, labels: Any, predictions: Any, minimum: int = 1
) -> Performance:
    """The performance of these rows."""
    table = pa.table({"l": pa.array(labels), "p": pa.array(predictions)})
    rule = PerformanceRule(metric, minimum)
    labeled_predictions = LabeledPredictions(len(table), len(table), table)
    return performance_of(rule, DAY, labeled_predictions)


@pytest.mark.parametrize(
    ("metric", "labels", "predictions", "score"),
    [
        (Metric.ACCURACY, ["a", "b", "b", "a"], ["a", "b", "a", "a"], 0.75),
        (Metric.ACCURACY, [True, False, True], [1, 0, 0], 2 / 3),
        (Metric.MEAN_ABSOLUTE_ERROR, [1.0, 2.0, 4.0], [1.0, 3.0, 2.0], 1.0),
        (Metric.ROOT_MEAN_SQUARED_ERROR, [0.0, 0.0], [3.0, 4.0], 12.5**0.5),
        # Of the four pairs three are in order, and one is a tie.
        (Metric.ROC_AUC, [0, 1, 0, 1], [0.1, 0.4, 0.4, 0.9], 3.5 / 4),
    ],
)
def test_scores_by_hand(
    metric: Metric, labels: Any, predictions: Any, score: float
) -> None:
    """The score is the metric's own."""
    assert scored(metric, labels, predictions).score == pytest.approx(score)


@pytest.mark.parametrize(
    ("metric", "labels", "predictions", "minimum", "labeled", "reason"),
    [
        (Metric.ACCURACY, [1, None, 1], [1, 1, 1], 3, 2, "NotEnoughLabels"),
        (Metric.ACCURACY, [None], [1], 1, 0, "NotEnoughLabels"),
        (Metric.ACCURACY, [float("nan"), 1.0], [1.0, 1.0], 2, 1, "NotEnoughLabels"),
        (Metric.ROC_AUC, [1, 1], [0.2, 0.3], 1, 2, "OneClass"),
        (Metric.ROC_AUC, [1, 2], [0.2, 0.3], 1, 2, "LabelsNotBinary"),
        (Metric.F1, ["yes", "no"], ["yes", "no"], 1, 2, "LabelsNotBinary"),
        (Metric.F1, [0, 0], [0, 0], 1, 2, "OneClass"),
        (Metric.MEAN_ABSOLUTE_ERROR, ["a"], [0.2], 1, 1, "NotANumber"),
    ],
)
def test_no_score_says_why(  # noqa: PLR0917
    metric: Metric,
    labels: Any,
    predictions: Any,
    minimum: int,
    labeled: int,
    reason: str,
) -> None:
    """What cannot be computed is None with a reason, and the coverage is told."""
    found = scored(metric, labels, predictions, minimum)
    assert (found.score, found.lower, found.upper) == (None, None, None)
    assert (found.labeled, found.reason) == (labeled, reason)


def test_all_labeled_rows_are_counted_though_not_all_are_scored() -> None:
    """The coverage is that of the log, not that of the bound on what is read."""
    table = pa.table({"l": [1, 0, None] * 40, "p": [1, 1, 1] * 40})
    rule = PerformanceRule(Metric.ACCURACY, 1)
    found = performance_of(rule, DAY, LabeledPredictions(1000, 900, table))
    assert (found.rows, found.labeled, found.score) == (1000, 860, 0.5)


def test_what_never_varies_has_no_interval() -> None:
    """Errors that are all alike do not show how much others may differ."""
    found = scored(Metric.MEAN_ABSOLUTE_ERROR, [1.0] * 30, [1.5] * 30)
    assert (found.score, found.lower, found.reason) == (0.5, None, "NothingVaries")


@pytest.mark.parametrize("metric", [Metric.ACCURACY, Metric.ROC_AUC])
def test_what_is_all_right_may_be_right_by_chance(metric: Metric) -> None:
    """A thousand rows count as 30: these are all right by chance, 1 in 40, at 88 %."""
    labels = [0, 1] * 500
    found = scored(metric, labels, labels)
    assert (found.score, found.upper, found.reason) == (1.0, 1.0, None)
    assert found.lower is not None
    assert found.lower**30 == pytest.approx(0.025)
    wrong = scored(metric, labels, [1 - label for label in labels])
    assert (wrong.score, wrong.lower) == (0.0, 0.0)
    assert wrong.upper == pytest.approx(1 - found.lower)


def test_few_rows_that_are_all_right_show_less() -> None:
    """Of an area it is the pairs that count: here two."""
    found = scored(Metric.ROC_AUC, [0, 1, 0, 1, 1], [0.1, 0.8, 0.2, 0.7, 0.9])
    assert found.lower is not None
    assert found.lower**2 == pytest.approx(0.025)


def test_an_interval_stays_within_what_the_metric_can_be() -> None:
    """98 of 100 right are not up to 101 %."""
    predictions = [1] * 100
    predictions[10] = predictions[60] = 0
    found = scored(Metric.ACCURACY, [1] * 100, predictions)
    assert found.upper == 1.0
    assert found.lower is not None
    assert 0.9 < found.lower < 0.98


def test_rows_are_looked_at_once_their_labels_have_come() -> None:
    """The scored stretch is as long as the judged one, and earlier by the delay."""
    rule = PerformanceRule(Metric.ACCURACY, delay_seconds=3600)
    window = labeled_window(rule, DAY)
    hour = timedelta(hours=1)
    assert (window.start, window.end) == (DAY.start - hour, DAY.end - hour)


def series(rows: int, rho: float, seed: int) -> Floats:
    """A stationary AR(1) of unit variance."""
    rng = np.random.default_rng(seed)
    noise: Floats = rng.standard_normal(rows) * np.sqrt(1 - rho**2)
    noise[0] = rng.standard_normal()
    for row in range(1, rows):
        noise[row] += rho * noise[row - 1]
    return noise


@pytest.mark.parametrize(("rho", "tau"), [(0.0, 1.0), (0.5, 3.0), (0.9, 19.0)])
def test_memory_is_that_of_the_series(rho: float, tau: float) -> None:
    """Of AR(1) it is (1 + ρ) / (1 - ρ)."""
    assert integrated_autocorrelation_time(series(50_000, rho, 1)) == pytest.approx(
        tau, rel=0.15
    )


COVERAGE = [
    (Metric.ACCURACY, 0.0, 200, 0.91),
    (Metric.ACCURACY, 0.5, 500, 0.90),
    (Metric.ACCURACY, 0.9, 2000, 0.90),
    (Metric.MEAN_ABSOLUTE_ERROR, 0.0, 200, 0.91),
    (Metric.MEAN_ABSOLUTE_ERROR, 0.9, 2000, 0.90),
    (Metric.ROC_AUC, 0.0, 500, 0.91),
    (Metric.ROC_AUC, 0.9, 2000, 0.88),
]


@pytest.mark.parametrize(("metric", "rho", "rows", "least"), COVERAGE)
def test_intervals_hold_the_truth(
    metric: Metric, rho: float, rows: int, least: float
) -> None:
    """Of 200 intervals about 95 % hold the true score, however rows depend."""
    true = {
        Metric.ACCURACY: 0.841345,
        Metric.MEAN_ABSOLUTE_ERROR: (2 / np.pi) ** 0.5,
        Metric.ROC_AUC: 0.760250,  # Φ(1 / √2) of two normals one sd apart
    }[metric]
    held = 0
    for seed in range(200):
        noise = series(rows, rho, seed)
        labels, predictions = np.zeros(rows), noise
        if metric is Metric.ACCURACY:
            predictions = (noise > 1).astype(float)
        if metric is Metric.ROC_AUC:
            labels = np.random.default_rng(seed).integers(0, 2, rows).astype(float)
            predictions = noise + labels
        found = scored(metric, labels, predictions)
        assert found.lower is not None
        assert found.upper is not None
        held += found.lower <= true <= found.upper
    assert least <= held / 200 <= 0.995


def test_too_few_independent_stretches_have_no_interval() -> None:
    """Rows that all hang together give a score, and no false certainty about it."""
    found = scored(Metric.MEAN_ABSOLUTE_ERROR, np.zeros(60), np.arange(60.0))
    assert found.score == 29.5
    assert (found.lower, found.reason) == (None, "RowsTooDependent")
    assert n_blocks(np.arange(100.0)) is None


def test_the_placements_of_an_area_average_to_nothing() -> None:
    """They are centred on their own label's mean, so that labels are no memory."""
    labels = np.array([0.0, 1, 0, 1, 1])
    found = definition_of(Metric.ROC_AUC).influence(
        labels, np.array([0.1, 0.4, 0.4, 0.9, 0.2])
    )
    assert found[labels == 1].sum() == pytest.approx(0)
    assert found[labels == 0].sum() == pytest.approx(0)


def test_the_answer_carries_it() -> None:
    """To six digits, and never cut."""
    found = scored(Metric.MEAN_ABSOLUTE_ERROR, np.zeros(500), series(500, 0.5, 1))
    answer = CheckAnswer("hash", None, NOW, performance=found)
    read = decode(encode(answer)).performance
    assert read is not None
    assert read.score == pytest.approx(found.score, rel=1e-5)
    assert (read.start, read.labeled, read.metric) == (DAY.start, 500, found.metric)


def test_f1_is_measured_with_its_interval() -> None:
    """A window's F1 has an interval around it; a perfect one is bounded by its rows."""
    rng = np.random.default_rng(3)
    labels = (rng.random(2000) < 0.3).astype(int)
    predictions = np.where(rng.random(2000) < 0.9, labels, 1 - labels)
    found = scored(Metric.F1, labels, predictions)
    assert found.score is not None
    assert found.lower is not None
    assert found.upper is not None
    assert 0.75 < found.lower < found.score < found.upper < 0.95
    perfect = scored(Metric.F1, labels, labels)
    assert (perfect.score, perfect.upper) == (1.0, 1.0)
    # 30 blocks, each one independent row at most: share 0.025^(1/30), F1 2s / (1 + s).
    share = 0.025 ** (1 / 30)
    assert perfect.lower == pytest.approx(2 * share / (1 + share))
