"""Every metric has one definition; F1 by hand and by its properties."""

from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftcheck.contract import Metric
from driftcheck.errors import CheckFailure
from driftcheck.stats.block_jackknife import interval
from driftcheck.stats.metrics import METRICS, definition_of

F1 = definition_of(Metric.F1)
classes = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1)


def sides(labels: list[Any], predictions: list[Any]) -> Any:
    """Both sides as F1 takes them."""
    return F1.aligned(labels, predictions, "predictions")


def f1(labels: list[Any], predictions: list[Any]) -> float:
    """The score of all rows."""
    return float(F1.scorer(*sides(labels, predictions))(np.ones((1, len(labels))))[0])


def test_every_metric_is_defined() -> None:
    """No name of the contract is without a formula."""
    assert list(METRICS) == list(Metric)


def test_an_unknown_metric_is_an_error() -> None:
    """What is not defined is not scored as something else."""
    with pytest.raises(CheckFailure, match="the metric F2 is not defined") as caught:
        definition_of(cast("Metric", "F2"))
    assert caught.value.reason == "BadRequest"


@pytest.mark.parametrize(
    ("labels", "predictions", "score"),
    [
        # TP 3, FP 1, FN 2: precision 3/4, recall 3/5, harmonic mean 2/3.
        ([1, 1, 1, 1, 1, 0, 0, 0], [1, 1, 1, 0, 0, 1, 0, 0], 2 / 3),
        ([1, 0, 1], [1, 0, 1], 1.0),
        ([1, 0], [0, 1], 0.0),
        ([0, 0, 0], [0, 1, 0], 0.0),  # no positive label: scikit-learn says 0 as well
        ([1, 1, 0], [0, 0, 0], 0.0),
        ([True, False, True], [1.0, 1.0, 1.0], 0.8),
    ],
)
def test_f1_equals_its_value_by_hand(
    labels: list[Any], predictions: list[Any], score: float
) -> None:
    """The harmonic mean of precision and recall of the class 1."""
    assert f1(labels, predictions) == pytest.approx(score, abs=1e-12)


@given(classes)
def test_f1_is_the_harmonic_mean_of_precision_and_recall(
    rows: list[tuple[int, int]],
) -> None:
    """By its definition, wherever both exist; true negatives do not count."""
    labels, predictions = (list(side) for side in zip(*rows, strict=True))
    hits = sum(y and p for y, p in rows)
    if not hits:
        return
    precision, recall = hits / sum(predictions), hits / sum(labels)
    expected = 2 / (1 / precision + 1 / recall)
    assert f1(labels, predictions) == pytest.approx(expected)
    assert f1([*labels, 0, 0], [*predictions, 0, 0]) == pytest.approx(expected)


@given(classes, st.randoms(use_true_random=False))
def test_a_weight_is_a_repetition(rows: list[tuple[int, int]], random: Any) -> None:
    """A resample scores as the rows written out so many times."""
    weights = [random.randrange(3) for _ in rows]
    written = [
        row for row, times in zip(rows, weights, strict=True) for _ in range(times)
    ]
    if not any(sum(row) for row in rows):
        return
    score = F1.scorer(*sides(*map(list, zip(*rows, strict=True))))
    found = float(score(np.array([weights], dtype=np.float64))[0])
    if any(sum(row) for row in written):
        assert found == pytest.approx(f1(*map(list, zip(*written, strict=True))))
    else:
        assert np.isnan(found)


def test_influence_is_the_derivative_by_a_rows_weight() -> None:
    """The jackknife's memory is measured on what each row really adds."""
    rng = np.random.default_rng(1)
    labels = (rng.random(400) < 0.3).astype(float)
    predictions = np.where(rng.random(400) < 0.8, labels, 1 - labels)
    score, step = F1.scorer(labels, predictions), 1e-6
    weights = np.ones((401, 400))
    weights[np.arange(400), np.arange(400)] += step
    scores = score(weights)
    slopes = (scores[:400] - scores[400]) / step * 400
    influence = F1.influence(labels, predictions)
    assert influence == pytest.approx(slopes, abs=1e-4)
    assert influence.mean() == pytest.approx(0, abs=1e-12)


def test_the_interval_of_f1_covers_the_truth() -> None:
    """Of 200 samples the 95 % interval holds the true F1 in about 95 of a hundred."""
    rng, covered = np.random.default_rng(7), 0
    share, right = 0.3, 0.85  # of positives; of right predictions in both classes
    hits, false = share * right, (1 - share) * (1 - right)
    truth = 2 * hits / (2 * hits + false + share * (1 - right))
    for _ in range(200):
        labels = (rng.random(1500) < share).astype(float)
        predictions = np.where(rng.random(1500) < right, labels, 1 - labels)
        found = interval(
            F1.scorer(labels, predictions), F1.influence(labels, predictions)
        )
        assert found is not None
        covered += found[0] <= truth <= found[1]
    assert 180 <= covered <= 199


@pytest.mark.parametrize(
    ("labels", "predictions", "reason", "words"),
    [
        (["yes", "no"], ["yes", "yes"], "LabelsNotBinary", "labels: F1 needs classes"),
        ([1, 2], [1, 1], "LabelsNotBinary", "labels: F1 needs classes 0 and 1"),
        ([1, 0], [0.7, 0.2], "LabelsNotBinary", "predictions: F1 needs classes"),
        ([1, 0], [[0.3, 0.7], [0.8, 0.2]], "LabelsNotBinary", "predictions: F1"),
        ([0, 0], [0, 0], "OneClass", "whose label or prediction is 1"),
        ([1, 0], [float("nan"), 0], "LabelsNotBinary", "predictions: F1"),
    ],
)
def test_what_has_no_f1_is_refused(
    labels: list[Any], predictions: list[Any], reason: str, words: str
) -> None:
    """The positive class and a threshold are not guessed, and 0/0 is no score."""
    with pytest.raises(CheckFailure, match=words) as caught:
        sides(labels, predictions)
    assert caught.value.reason == reason


def test_where_all_are_right_f1_counts_its_own_rows() -> None:
    """True negatives are no evidence: the interval is of rows with a positive side."""
    labels = np.array([1.0] * 12 + [0.0] * 500)
    assert F1.independent(labels, labels) == 12
    assert F1.score_of(1.0) == 1.0
    assert F1.score_of(0.5) == pytest.approx(2 / 3)  # one of two is a hit: 2 / (2 + 1)
