"""The performance of the answers whose labels have come.

Labels come late, and not for every row: what it means is judged in `performance`.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from driftcheck.arrow.json_values import plain
from driftcheck.contract.performance import Performance, PerformanceRule
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import LabeledPredictions
from driftcheck.errors import CheckFailure
from driftcheck.stats.block_jackknife import (
    N_BLOCKS,
    integrated_autocorrelation_time,
    interval,
)
from driftcheck.stats.metrics import definition_of
from driftcheck.windows import Window


def labeled_window(rule: PerformanceRule, judged: Window) -> Window:
    """Return the window that is scored: earlier by the delay, unless it is all rows."""
    if judged.all_rows:
        return judged
    delay = timedelta(seconds=rule.delay_seconds)
    return Window(judged.start - delay, judged.end - delay, counting=False)


def performance_of(
    rule: PerformanceRule, window: Window, labeled_predictions: LabeledPredictions
) -> Performance:
    """The score of these rows, with its interval; a reason where there is none."""
    pairs = [
        (label, prediction)
        for label, prediction in zip(
            *(
                map(_plain, column.to_pylist())
                for column in labeled_predictions.table.columns
            ),
            strict=True,
        )
        if label is not None and prediction is not None
    ]
    # Not a number is none: it is found only in the rows that were read.
    labeled = labeled_predictions.labeled - (
        len(labeled_predictions.table) - len(pairs)
    )
    found = Performance(
        window.start, window.end, rule.metric, labeled_predictions.rows, labeled
    )
    if len(pairs) < rule.minimum_rows:
        return replace(found, reason=Reason.NOT_ENOUGH_LABELS)
    labels, predictions = (list(side) for side in zip(*pairs, strict=True))
    definition = definition_of(rule.metric)
    try:
        sides = definition.aligned(labels, predictions, "predictions")
    except CheckFailure as failure:
        return replace(found, reason=failure.reason)
    score = definition.scorer(*sides)
    found = replace(found, score=float(score(np.ones((1, len(pairs))))[0]))
    each = definition.influence(*sides)
    found = replace(
        found, effective=int(each.size / integrated_autocorrelation_time(each))
    )
    if each.min() == each.max():
        bounds, reason = (
            _all_alike(found, definition.independent(*sides)),
            Reason.NOTHING_VARIES,
        )
    else:
        bounds, reason = interval(score, each), Reason.ROWS_TOO_DEPENDENT
    if bounds is None:
        return replace(found, reason=reason)
    return replace(
        found, lower=max(0.0, bounds[0]), upper=min(definition.maximum, bounds[1])
    )


def _all_alike(found: Performance, independent: int) -> tuple[float, float] | None:
    """Return the interval where all rows are right, or all wrong; None for errors.

    Of m `independent` rows all are right with the chance of p^m, where p is the chance
    of one; the bound of p becomes one of the score by the metric's `score_of`. How far
    rows depend on each other does not show where nothing varies: they count as one row
    for each block that an interval is made of elsewhere.

    Source: Clopper and Pearson (1934), "The use of confidence or fiducial limits".
    """
    if found.score not in (0.0, 1.0) or not found.metric.higher_is_better:
        return None
    score_of = definition_of(found.metric).score_of
    reach = 1 - 0.025 ** (1 / min(independent, N_BLOCKS))
    return (score_of(1 - reach), 1.0) if found.score else (0.0, score_of(reach))


def _plain(value: Any) -> Any:
    """A value as a number or a text; None for one that is missing or not finite."""
    return plain(float(value) if isinstance(value, Decimal) else value)
