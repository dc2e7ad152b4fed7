"""Model performance in a check: of the latest labelled rows and counting windows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from driftcheck.contract import CheckRequest, Performance, PerformanceRule, Verdict
from driftcheck.dataset import LoadedReference
from driftcheck.errors import CheckFailure
from driftcheck.inference_log.base import Log
from driftcheck.judge.data_quality import data_quality_findings
from driftcheck.judge.model_performance import labelled_window, performance_of
from driftcheck.judge.performance import judged
from driftcheck.judge.verdict import broken_data, in_order
from driftcheck.storage.limits import MAXIMUM_ROWS
from driftcheck.windows import Window, labelled_windows


class PerformanceResults(NamedTuple):
    """What is shown, None where nobody asked, and what counts, oldest first."""

    latest: Performance | None = None
    counting: tuple[Performance, ...] = ()


def measure_performance(
    request: CheckRequest,
    windows: Sequence[Window],
    now: datetime,
    reference: LoadedReference,
    log: Log,
) -> PerformanceResults:
    """Every performance that is due; what hinders one is no failure of the check.

    `windows` are those of the verdicts on drift: the latest stretch with labels is as
    long as the last of them.
    """
    rule = request.performance
    if rule is None or not windows:
        return PerformanceResults()

    def found(window: Window) -> Performance:
        try:
            performance = judged(
                rule,
                performance_of(
                    rule,
                    window,
                    log.labelled_predictions(window, MAXIMUM_ROWS),
                ),
            )
            if performance.verdict is not Verdict.DRIFT:
                return performance
            return _unless_broken(request, performance, window, reference, log)
        except CheckFailure as failure:
            return failed(rule, window, failure)

    counting = tuple(found(window) for window in labelled_windows(request, now))
    return PerformanceResults(found(labelled_window(rule, windows[-1])), counting)


def failed(rule: PerformanceRule, window: Window, failure: CheckFailure) -> Performance:
    """The performance of rows that could not be read."""
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
    """The performance, DataQuality where the features of its rows were broken.

    Answers to broken data are bad, and no retraining mends that. So the features are
    read, but only where it matters.
    """
    current = log.window(window, reference.kinds)
    findings = data_quality_findings(reference.dataset, current, request.significance)
    broken = broken_data(in_order(findings))
    if broken is None:
        return performance
    verdict, reason, _ = broken
    return replace(performance, verdict=verdict, reason=reason)
