"""The metrics that score predictions against labels: one definition each.

A scorer takes weights of B x n: row b says how often each of the n rows occurs in
resample b. It returns B scores, NaN where a resample has none, so one formula serves
the score itself and every resample. To add a metric, name it in `contract.metric` and
define it in `METRICS`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

from driftcheck.contract import Metric
from driftcheck.contract.reasons import Reason
from driftcheck.errors import CheckFailure
from driftcheck.stats.distance import Floats

Scorer: TypeAlias = Callable[[Floats], Floats]
Sides: TypeAlias = tuple[Floats, Floats]


class Align(Protocol):
    """Labels and predictions as numbers, n each; CheckFailure for any others."""

    def __call__(
        self, labels: list[Any], predictions: list[Any], name: str, /
    ) -> Sides:
        """`name` is that of the predictions, for messages."""
        ...


@dataclass(frozen=True)
class Definition:
    """How one metric is computed, from aligned labels and predictions of n rows.

    `influence`: what each row adds to the score, n values in the order of the rows; it
    shows how far rows depend on each other. `independent`: how many rows the score is
    made of, where all of them are right or all are wrong. `score_of`: the score, by the
    chance that one of these is right. `maximum`: the largest score.
    """

    aligned: Align
    scorer: Callable[[Floats, Floats], Scorer]
    influence: Callable[[Floats, Floats], Floats]
    maximum: float = math.inf
    independent: Callable[[Floats, Floats], int] = lambda labels, _: labels.size
    score_of: Callable[[float], float] = lambda chance: chance


def definition_of(metric: Metric) -> Definition:
    """Return the metric's definition; CheckFailure BadRequest where there is none."""
    if metric not in METRICS:
        raise CheckFailure(Reason.BAD_REQUEST, f"the metric {metric} is not defined")
    return METRICS[metric]


def _numbers(labels: list[Any], predictions: list[Any], name: str) -> Sides:
    return _finite(labels, "labels"), _finite(predictions, name)


def _finite(values: list[Any], name: str) -> Floats:
    for index, value in enumerate(values):
        if not isinstance(value, int | float) or not math.isfinite(value):
            message = f"{name}: row {index} is not a finite number"
            raise CheckFailure(Reason.NOT_A_NUMBER, message)
    return np.array(values, dtype=np.float64)


def _mean(values: Floats) -> Scorer:
    def score(weights: Floats) -> Floats:
        means: Floats = weights @ values / weights.sum(axis=1)
        return means

    return score


# Accuracy: the share of rows whose prediction is the label.


def _classes(labels: list[Any], predictions: list[Any], name: str) -> Sides:
    """Return numbers as they are, texts as codes; -1 is a class that no label has."""
    if not any(isinstance(value, str) for value in labels):
        return _numbers(labels, predictions, name)
    names = sorted({str(label) for label in labels})
    codes = {name: code for code, name in enumerate(names)}
    return (
        np.array([codes[str(label)] for label in labels], dtype=np.float64),
        np.array([codes.get(str(p), -1) for p in predictions], dtype=np.float64),
    )


def _right(labels: Floats, predictions: Floats) -> Floats:
    right: Floats = (labels == predictions).astype(np.float64)
    return right


# F1 of the class 1.


def _binary(labels: list[Any], predictions: list[Any], name: str) -> Sides:
    """Return classes 0 and 1; texts, scores and other classes are refused.

    Which of two texts is the positive class is not guessed, nor is the threshold above
    which a score means 1.
    """
    for side, values in (("labels", labels), (name, predictions)):
        if not all(isinstance(v, int | float) and v in (0, 1) for v in values):
            message = f"{side}: F1 needs classes 0 and 1, with 1 the positive class"
            raise CheckFailure(Reason.LABELS_NOT_BINARY, message)
    truth, found = _numbers(labels, predictions, name)
    if not (truth.any() or found.any()):
        raise CheckFailure(
            Reason.ONE_CLASS, "F1 needs rows whose label or prediction is 1"
        )
    return truth, found


def _f1(labels: Floats, predictions: Floats) -> Scorer:
    r"""Return the scorer of F1, the harmonic mean of precision and recall.

    .. math:: F_1 = \frac{2\,TP}{2\,TP + FP + FN}

    from 0 to 1, with the positive class 1; NaN in a resample whose labels and
    predictions are all 0. True negatives do not count.

    Source: van Rijsbergen (1979), "Information retrieval", chapter 7; scikit-learn's
    `f1_score` is the same.
    """
    both, either = labels * predictions, labels + predictions

    def score(weights: Floats) -> Floats:
        positives = weights @ either
        with np.errstate(invalid="ignore", divide="ignore"):
            scores: Floats = np.where(
                positives > 0, 2 * (weights @ both) / positives, np.nan
            )
        return scores

    return score


def _f1_influence(labels: Floats, predictions: Floats) -> Floats:
    r"""Return the influence of each row on the ratio of means :math:`F_1 = 2A / B`.

    .. math:: \frac{2 y \hat y - F_1 (y + \hat y)}{B},\quad B = \overline{y + \hat y}

    Source: Hampel (1974), "The influence curve and its role in robust estimation".
    """
    both, either = labels * predictions, labels + predictions
    f1 = 2 * both.sum() / either.sum()
    values: Floats = (2 * both - f1 * either) / either.mean()
    return values


def _positive(labels: Floats, predictions: Floats) -> int:
    """Return the rows that F1 is made of: those whose label or prediction is 1."""
    return int(((labels == 1) | (predictions == 1)).sum())


def _f1_of_share(share: float) -> float:
    """Return F1 by the share of true positives among these rows (Jaccard's index)."""
    return 2 * share / (1 + share)


# Errors: the mean absolute one, and the root of the mean squared one.


def _absolute(labels: Floats, predictions: Floats) -> Floats:
    distances: Floats = np.abs(labels - predictions)
    return distances


def _squared(labels: Floats, predictions: Floats) -> Floats:
    squares: Floats = (labels - predictions) ** 2
    return squares


def _root_mean_square(labels: Floats, predictions: Floats) -> Scorer:
    mean_square = _mean(_squared(labels, predictions))
    return lambda weights: np.sqrt(mean_square(weights))


# The area under the ROC curve.


def _ranked(labels: list[Any], predictions: list[Any], name: str) -> Sides:
    """Return labels 0 and 1, both present, and scores of the label 1."""
    scores = [_positive_class(item) for item in predictions]
    truth, found = _numbers(labels, scores, name)
    values = set(np.unique(truth).tolist())
    if not values <= {0.0, 1.0}:
        raise CheckFailure(Reason.LABELS_NOT_BINARY, "RocAuc needs labels 0 and 1")
    if len(values) < 2:
        raise CheckFailure(Reason.ONE_CLASS, "RocAuc needs rows of both labels")
    return truth, found


def _positive_class(item: Any) -> Any:
    """Return of two class probabilities the second."""
    return item[1] if isinstance(item, list) and len(item) == 2 else item


def _area(labels: Floats, predictions: Floats) -> Scorer:
    r"""Return the scorer of the area under the ROC curve, the Mann-Whitney statistic.

    .. math:: AUC = P(s_+ > s_-) + \tfrac12 P(s_+ = s_-)

    for the predictions of a positive (label 1) and a negative row (label 0), from 0
    to 1; ties count half.

    Source: Hanley and McNeil (1982), "The meaning and use of the area under a
    receiver operating characteristic (ROC) curve".
    """
    order = np.argsort(predictions, kind="stable")
    positive = labels[order] == 1
    ordered = predictions[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))

    def score(weights: Floats) -> Floats:
        sorted_weights = weights[:, order]
        ups = np.add.reduceat(sorted_weights * positive, starts, axis=1)
        downs = np.add.reduceat(sorted_weights * ~positive, starts, axis=1)
        below = np.cumsum(downs, axis=1) - downs / 2
        pairs = ups.sum(axis=1) * downs.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            areas: Floats = np.where(
                pairs > 0, (ups * below).sum(axis=1) / pairs, np.nan
            )
        return areas

    return score


def _placements(labels: Floats, predictions: Floats) -> Floats:
    """Return each row's placement less the mean of its label.

    The placement of a row is the share of the other label's rows on the right side of
    it, ties half, over the share of its own label.

    Source: DeLong, DeLong and Clarke-Pearson (1988), "Comparing the areas under two or
    more correlated receiver operating characteristic curves".
    """
    ups, downs = labels == 1, labels != 1
    values = np.empty(labels.size)
    values[ups] = _share_below(predictions[downs], predictions[ups])
    values[downs] = 1 - _share_below(predictions[ups], predictions[downs])
    for side in (ups, downs):
        values[side] = (values[side] - values[side].mean()) / side.mean()
    return values


def _share_below(others: Floats, values: Floats) -> Floats:
    ordered = np.sort(others)
    below = np.searchsorted(ordered, values, "left")
    shares: Floats = (below + np.searchsorted(ordered, values, "right")) / 2
    return shares / others.size


def _rarer(labels: Floats, _: Floats) -> int:
    """Return the rows of the rarer label: so many independent pairs there are."""
    ups = int((labels == 1).sum())
    return min(ups, labels.size - ups)


METRICS: Mapping[Metric, Definition] = {
    Metric.ROC_AUC: Definition(_ranked, _area, _placements, 1.0, _rarer),
    Metric.ACCURACY: Definition(
        _classes, lambda *sides: _mean(_right(*sides)), _right, 1.0
    ),
    Metric.F1: Definition(_binary, _f1, _f1_influence, 1.0, _positive, _f1_of_share),
    Metric.MEAN_ABSOLUTE_ERROR: Definition(
        _numbers, lambda *sides: _mean(_absolute(*sides)), _absolute
    ),
    Metric.ROOT_MEAN_SQUARED_ERROR: Definition(_numbers, _root_mean_square, _squared),
}
