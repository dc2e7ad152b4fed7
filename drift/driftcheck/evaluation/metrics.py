"""Metrics over weighted rows: one formula serves the score and all its resamples.

Weights are an array of B x n: row b holds how often each of the n rows occurs in
resample b. Each function returns B values; NaN where a resample has no score.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from driftcheck.distance import Floats
from driftcheck.evaluation_contract import Metric

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
