"""Drift of kind Performance: a score that certainly lies beyond a declared bound.

Labels arrive late, so a counting window has two verdicts: the one on features and
predictions at once, and this one on the same rows once their labels have arrived. Each
kind persists by itself, so no row counts twice.
"""

from dataclasses import replace

from driftcheck.contract import Performance, PerformanceRule, Verdict
from driftcheck.contract.reasons import Reason


def judge_performance(rule: PerformanceRule, measured: Performance) -> Performance:
    """Return the performance with its verdict; unchanged where no bound is declared.

    Drift where the whole 95 % interval lies beyond the bound; an interval that touches
    the bound is NoDrift. Inconclusive where the labeled rows, or their effective
    sample size, are fewer than the minimum: intervals of few independent rows are too
    narrow (see docs/statistics.md).
    """
    bound = rule.bound
    if bound is None:
        return measured
    if measured.lower is None or measured.upper is None:
        return replace(measured, verdict=Verdict.INCONCLUSIVE)
    if (measured.effective or 0) < rule.minimum_rows:
        return replace(
            measured,
            verdict=Verdict.INCONCLUSIVE,
            reason=Reason.ROWS_TOO_DEPENDENT,
        )
    low, high = measured.lower, measured.upper
    beyond = high < bound if rule.metric.higher_is_better else low > bound
    if beyond:
        return replace(
            measured, verdict=Verdict.DRIFT, reason=Reason.PERFORMANCE_DROPPED
        )
    borderline = low < bound if rule.metric.higher_is_better else high > bound
    return replace(measured, verdict=Verdict.NO_DRIFT, borderline=borderline)
