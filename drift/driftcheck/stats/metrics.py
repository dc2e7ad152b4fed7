"""Metrics over weighted rows: one formula serves the score and all its resamples.

Weights are an array of B x n: row b holds how often each of the n rows occurs in
resample b. Each function returns B values; NaN where a resample has no score.
"""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from driftcheck.contract.evaluation import Metric
from driftcheck.contract.reasons import Reason
from driftcheck.errors import CheckFailure
from driftcheck.stats.distance import Floats

Scorer: TypeAlias = Callable[[Floats], Floats]


def scorer(metric: Metric, labels: Floats, predictions: Floats) -> Scorer:
    """The metric of these predictions as a function of the rows' weights."""
    if metric is Metric.ROC_AUC:
        return _area(labels, predictions)
    if metric is Metric.ACCURACY:
        return _mean((labels == predictions).astype(np.float64))
    if metric is Metric.MEAN_ABSOLUTE_ERROR:
        return _mean(np.abs(labels - predictions))
    mean_square = _mean((labels - predictions) ** 2)
    return lambda weights: np.sqrt(mean_square(weights))


def _mean(values: Floats) -> Scorer:
    def score(weights: Floats) -> Floats:
        means: Floats = weights @ values / weights.sum(axis=1)
        return means

    return score


def _area(labels: Floats, predictions: Floats) -> Scorer:
    r"""Area under the ROC curve, as the Mann-Whitney statistic.

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


def aligned(
    metric: Metric, labels: list[Any], predictions: list[Any], name: str
) -> tuple[Floats, Floats]:
    """Labels and predictions as numbers, in the way that the metric needs them."""
    if metric is Metric.ACCURACY and any(isinstance(v, str) for v in labels):
        names = sorted({str(label) for label in labels})
        codes = {name: code for code, name in enumerate(names)}
        return (
            np.array([codes[str(label)] for label in labels], dtype=np.float64),
            np.array([codes.get(str(p), -1) for p in predictions], dtype=np.float64),
        )
    if metric is Metric.ROC_AUC:
        predictions = [_positive_class(item) for item in predictions]
    truth, found = _numbers(labels, "labels"), _numbers(predictions, name)
    if metric is Metric.ROC_AUC:
        values = set(np.unique(truth).tolist())
        if not values <= {0.0, 1.0}:
            raise CheckFailure(Reason.LABELS_NOT_BINARY, "RocAuc needs labels 0 and 1")
        if len(values) < 2:
            raise CheckFailure(Reason.ONE_CLASS, "RocAuc needs rows of both labels")
    return truth, found


def _positive_class(item: Any) -> Any:
    """Of two class probabilities the second."""
    return item[1] if isinstance(item, list) and len(item) == 2 else item


def _numbers(values: list[Any], name: str) -> Floats:
    for index, value in enumerate(values):
        if not isinstance(value, int | float) or not math.isfinite(value):
            message = f"{name}: row {index} is not a finite number"
            raise CheckFailure(Reason.NOT_A_NUMBER, message)
    return np.array(values, dtype=np.float64)
