"""Drift of kind Performance: answers that are surely worse than a declared bound.

Labels come late, so a counting window has two verdicts: at once the one on what models
read and answer, and once its labels have come this one, on the same rows. Each kind
persists by itself, so no row counts twice.
"""

from dataclasses import replace

from driftcheck.contract import (
    Kind,
    Performance,
    PerformanceRule,
    Verdict,
    WindowVerdict,
)

DROPPED = "PerformanceDropped"


def judged(rule: PerformanceRule, found: Performance) -> Performance:
    """The performance with its verdict; as it is where no bound is declared.

    Drift where the whole 95 % interval lies beyond the bound; one that touches it is
    not. Nothing is judged by less than the minimum of labelled rows, nor where they
    hang together so much that they tell no more than fewer independent ones would:
    intervals of few independent rows are too narrow (see docs/statistics.md).
    """
    bound = rule.bound
    if bound is None:
        return found
    if found.lower is None or found.upper is None:
        return replace(found, verdict=Verdict.INCONCLUSIVE)
    if (found.effective or 0) < rule.minimum_rows:
        return replace(found, verdict=Verdict.INCONCLUSIVE, reason="RowsTooDependent")
    low, high = found.lower, found.upper
    beyond = high < bound if rule.metric.higher_is_better else low > bound
    if beyond:
        return replace(found, verdict=Verdict.DRIFT, reason=DROPPED)
    borderline = low < bound if rule.metric.higher_is_better else high > bound
    return replace(found, verdict=Verdict.NO_DRIFT, borderline=borderline)


def with_performance(
    window: WindowVerdict, rule: PerformanceRule, performance: Performance
) -> WindowVerdict:
    """The verdict on a window with what the performance of answers adds to it.

    Drift of kind Performance makes NoDrift Drift, and is told beside a Drift of another
    kind. Error, DataQuality and Inconclusive stand: they come before Drift.
    """
    if performance.verdict is not Verdict.DRIFT:
        return window
    said = performance.describe(rule)
    if window.verdict is Verdict.DRIFT:
        said, reason = f"{window.message}; {said}", window.reason
    elif window.verdict is Verdict.NO_DRIFT:
        reason = DROPPED
    else:
        return window
    return replace(
        window,
        verdict=Verdict.DRIFT,
        reason=reason,
        message=said,
        kinds=(*window.kinds, Kind.PERFORMANCE),
        borderline=False,
    )
