"""Model performance in a check: of the latest labeled rows and counting windows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import NamedTuple

from driftcheck.contract import CheckRequest, Performance, PerformanceRule, Verdict
from driftcheck.dataset import LoadedReference
from driftcheck.errors import CheckFailure
from driftcheck.inference_log.base import Log
from driftcheck.judge.evidence import by_severity, data_quality_findings
from driftcheck.judge.model_performance import labeled_window, performance_of
from driftcheck.judge.performance import judge_performance
from driftcheck.storage.limits import MAXIMUM_ROWS
from driftcheck.windows import Window, labeled_windows


class PerformanceResults(NamedTuple):
    """The latest performance, None where nobody asked, and counting ones by time."""

    latest: Performance | None = None
    counting: tuple[Performance, ...] = ()


NOT_MEASURED = PerformanceResults()


def measure_performance(
    request: CheckRequest,
    windows: Sequence[Window],
    now: datetime,
    reference: LoadedReference,
    log: Log,
) -> PerformanceResults:
    """Return every performance that is due; one that fails does not fail the check.

    `windows` are those of the verdicts on drift: the latest labeled window is as
    long as the last of them.
    """
    rule = request.performance
    if rule is None or not windows:
        return NOT_MEASURED
    measure = partial(_measured, request, rule, reference, log)
    latest = measure(labeled_window(rule, windows[-1]))
    counting = tuple(measure(window) for window in labeled_windows(request, now))
    return PerformanceResults(latest, counting)


def _measured(
    request: CheckRequest,
    rule: PerformanceRule,
    reference: LoadedReference,
    log: Log,
    window: Window,
) -> Performance:
    try:
        predictions = log.labeled_predictions(window, MAXIMUM_ROWS)
        measured = judge_performance(rule, performance_of(rule, window, predictions))
        if measured.verdict is not Verdict.DRIFT:
            return measured
        return _unless_broken(request, measured, window, reference, log)
    except CheckFailure as failure:
        return _failed(rule, window, failure)


def _failed(
    rule: PerformanceRule, window: Window, failure: CheckFailure
) -> Performance:
    """Return the performance of rows that could not be read."""
    verdict = None if rule.bound is None else Verdict.ERROR
    return Performance(
        window.start, window.end, rule.metric, reason=failure.reason, verdict=verdict
    )


def _unless_broken(
    request: CheckRequest,
    performance: Performance,
    window: Window,
    reference: LoadedReference,
    log: Log,
) -> Performance:
    """Return the performance, DataQuality where the features of its rows are broken.

    Predictions on broken data are bad, and no retraining fixes that. The features are
    read only here, where it matters.
    """
    current = log.window(window, reference)
    findings = by_severity(
        data_quality_findings(reference.dataset, current, request.significance)
    )
    broken = [finding for finding in findings if finding.data_quality]
    if not broken:
        return performance
    return replace(performance, verdict=Verdict.DATA_QUALITY, reason=broken[0].reason)
