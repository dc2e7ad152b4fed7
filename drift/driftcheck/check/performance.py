"""The qualities of a check: of the latest labelled stretch, and of counting windows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from driftcheck.contract import CheckRequest, Quality, QualityRule, Verdict
from driftcheck.dataset import MOST, LoadedReference
from driftcheck.errors import CheckFailure
from driftcheck.inference_log.base import Log
from driftcheck.judge.data_quality import quality_findings
from driftcheck.judge.model_performance import quality_of, quality_window
from driftcheck.judge.performance import judged
from driftcheck.judge.verdict import broken_data, in_order
from driftcheck.windows import Window, labelled_windows


class Qualities(NamedTuple):
    """What is shown, None where nobody asked, and what counts, oldest first."""

    latest: Quality | None = None
    counting: tuple[Quality, ...] = ()


def qualities(
    request: CheckRequest,
    windows: Sequence[Window],
    now: datetime,
    reference: LoadedReference,
    log: Log,
) -> Qualities:
    """Every quality that is due; what hinders one is no failure of the check.

    `windows` are those of the verdicts on drift: the latest stretch with labels is as
    long as the last of them.
    """
    rule = request.quality
    if rule is None or not windows:
        return Qualities()

    def found(window: Window) -> Quality:
        try:
            quality = judged(rule, quality_of(rule, window, log.outcomes(window, MOST)))
            if quality.verdict is not Verdict.DRIFT:
                return quality
            return _unless_broken(request, quality, window, reference, log)
        except CheckFailure as failure:
            return failed(rule, window, failure)

    counting = tuple(found(window) for window in labelled_windows(request, now))
    return Qualities(found(quality_window(rule, windows[-1])), counting)


def failed(rule: QualityRule, window: Window, failure: CheckFailure) -> Quality:
    """The quality of rows that could not be read."""
    verdict = None if rule.bound is None else Verdict.ERROR
    return Quality(
        window.start, window.end, rule.metric, reason=failure.reason, verdict=verdict
    )


def _unless_broken(
    request: CheckRequest,
    quality: Quality,
    window: Window,
    reference: LoadedReference,
    log: Log,
) -> Quality:
    """The quality, DataQuality where the features of its rows were broken.

    Answers to broken data are bad, and no retraining mends that. So the features are
    read, but only where it matters.
    """
    current = log.window(window, reference.kinds)
    findings = quality_findings(reference.dataset, current, request.significance)
    broken = broken_data(in_order(findings))
    if broken is None:
        return quality
    verdict, reason, _ = broken
    return replace(quality, verdict=verdict, reason=reason)
