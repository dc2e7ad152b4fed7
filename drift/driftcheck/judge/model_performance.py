"""The performance of the answers whose labels have come.

Labels come late, and not for every row: what it means is judged in `performance`.
"""

import math
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from driftcheck.arrow.json_values import plain
from driftcheck.contract.performance import Metric, Performance, PerformanceRule
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import LabelledPredictions
from driftcheck.errors import CheckFailure
from driftcheck.stats.block_jackknife import (
    N_BLOCKS,
    integrated_autocorrelation_time,
    interval,
)
from driftcheck.stats.distance import Floats
from driftcheck.stats.metrics import aligned, scorer
from driftcheck.windows import Window


def labelled_window(rule: PerformanceRule, judged: Window) -> Window:
    """The stretch that is scored: as long as the judged one, earlier by the delay."""
    delay = timedelta(seconds=rule.delay_seconds)
    return Window(judged.start - delay, judged.end - delay, counting=False)


def performance_of(
    rule: PerformanceRule, window: Window, labelled_predictions: LabelledPredictions
) -> Performance:
    """The score of these rows, with its interval; a reason where there is none."""
    pairs = [
        (label, prediction)
        for label, prediction in zip(
            *(
                map(_plain, column.to_pylist())
                for column in labelled_predictions.table.columns
            ),
            strict=True,
        )
        if label is not None and prediction is not None
    ]
    # Not a number is none: it is found only in the rows that were read.
    labelled = labelled_predictions.labelled - (
        len(labelled_predictions.table) - len(pairs)
    )
    found = Performance(
        window.start, window.end, rule.metric, labelled_predictions.rows, labelled
    )
    if len(pairs) < rule.minimum_rows:
        return replace(found, reason=Reason.NOT_ENOUGH_LABELS)
    labels, predictions = (list(side) for side in zip(*pairs, strict=True))
    try:
        sides = aligned(rule.metric, labels, predictions, "predictions")
    except CheckFailure as failure:
        return replace(found, reason=failure.reason)
    score = scorer(rule.metric, *sides)
    found = replace(found, score=float(score(np.ones((1, len(pairs))))[0]))
    each = influence(rule.metric, *sides)
    found = replace(
        found, effective=int(each.size / integrated_autocorrelation_time(each))
    )
    if each.min() == each.max():
        bounds, reason = _all_alike(found, sides[0]), Reason.NOTHING_VARIES
    else:
        bounds, reason = interval(score, each), Reason.ROWS_TOO_DEPENDENT
    if bounds is None:
        return replace(found, reason=reason)
    most = 1.0 if rule.metric.higher_is_better else math.inf
    return replace(found, lower=max(0.0, bounds[0]), upper=min(most, bounds[1]))


def _all_alike(found: Performance, labels: Floats) -> tuple[float, float] | None:
    """The interval where all rows are right, or all are wrong; None for errors.

    Of m independent rows (for RocAuc: pairs of both labels) all are right with the
    chance of score^m. How far rows hang together does not show where nothing varies:
    they count as one row for each stretch that an interval is made of elsewhere.

    Source: Clopper and Pearson (1934), "The use of confidence or fiducial limits".
    """
    if found.score not in (0.0, 1.0) or not found.metric.higher_is_better:
        return None
    independent = labels.size
    if found.metric is Metric.ROC_AUC:
        ups = int((labels == 1).sum())
        independent = min(ups, labels.size - ups)
    reach = 1 - 0.025 ** (1 / min(independent, N_BLOCKS))
    return (1 - reach, 1.0) if found.score else (0.0, reach)


def influence(metric: Metric, labels: Floats, predictions: Floats) -> Floats:
    """What each row adds to the score: its loss, or for RocAuc its placement.

    The placement of a row is the share of the other label's rows on the right side of
    it, ties half, over the share of its own label.

    Source: DeLong, DeLong and Clarke-Pearson (1988), "Comparing the areas under two or
    more correlated receiver operating characteristic curves".
    """
    if metric is Metric.ACCURACY:
        right: Floats = (labels == predictions).astype(np.float64)
        return right
    if metric is Metric.MEAN_ABSOLUTE_ERROR:
        losses: Floats = np.abs(labels - predictions)
        return losses
    if metric is Metric.ROOT_MEAN_SQUARED_ERROR:
        squares: Floats = (labels - predictions) ** 2
        return squares
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


def _plain(value: Any) -> Any:
    """A value as a number or a text; None for one that is missing or not finite."""
    return plain(float(value) if isinstance(value, Decimal) else value)
