"""The performance that a check measured, as the status keeps them.

The latest is shown. Those of counting windows are evidence, by the rules of `check`:
each counts once, of rows not older than the anchor, and one that an outage prevented
is judged by a later check.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

from driftcheck.contract import (
    CheckAnswer,
    Metric,
    Performance,
    PerformanceRule,
    Verdict,
)
from killick.plan.context import Context
from killick.plan.rules.transient import is_away
from killick.resource.bounds import count
from killick.resource.drift_status import PerformanceStatus
from killick.resource.parse import duration
from killick.resource.spec import Spec
from killick.resource.status import Status


def performance_rule(spec: Spec, status: Status) -> PerformanceRule | None:
    """Return how answers are scored, and how far that was done."""
    rule = spec.drift.performance
    if rule is None:
        return None
    known = status.drift.performance_windows
    return PerformanceRule(
        metric=Metric(rule.metric.name),
        minimum_rows=rule.minimum_rows,
        delay_seconds=int(
            duration(spec.inference_log.label_delay or "0s").total_seconds()
        ),
        minimum=_number(rule.minimum),
        maximum=_number(rule.maximum),
        judged_through=known[-1].end if known else None,
    )


def show_performance(ctx: Context, status: Status, answer: CheckAnswer) -> Status:
    """Return a status with the answer's performance folded in."""
    rule = performance_rule(ctx.spec, status)
    latest = (
        _kept(ctx, rule, answer.performance) if rule and answer.performance else None
    )
    drift = replace(status.drift, performance=latest)
    if rule and rule.bound is not None:
        known = {q.start for q in drift.performance_windows}
        anchor = drift.anchor or ctx.now
        judged = takewhile(lambda q: not _unjudged(q), answer.performance_windows)
        added = [
            _kept(ctx, rule, q)
            for q in judged
            if q.start not in known and q.start >= anchor
        ]
        keep = ctx.spec.drift.persistence.windows
        windows = sorted([*drift.performance_windows, *added], key=lambda q: q.start)
        drift = replace(drift, performance_windows=tuple(windows[-keep:]))
    return replace(status, drift=drift)


def performance_breaches(status: Status, windows: int) -> int:
    """Return how many of the last `windows` labeled ones are drift of Performance."""
    last = status.drift.performance_windows[-windows:]
    return sum(q.verdict == Verdict.DRIFT for q in last)


def decimal(value: float | None) -> str | None:
    """Return a number to six digits, as a decimal string."""
    return None if value is None else f"{value:.6g}"


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def _unjudged(found: Performance) -> bool:
    return found.verdict is None or (
        found.verdict is Verdict.ERROR and is_away(found.reason)
    )


def _kept(ctx: Context, rule: PerformanceRule, found: Performance) -> PerformanceStatus:
    """Return a performance, its numbers as decimal strings."""
    declared = ctx.spec.drift.performance
    return PerformanceStatus(
        metric=str(found.metric),
        start=found.start,
        end=found.end,
        rows=count(found.rows),
        labeled=count(found.labeled),
        score=decimal(found.score),
        lower=decimal(found.lower),
        upper=decimal(found.upper),
        reason=found.reason,
        effective=count(found.effective),
        bound=declared.bound if declared else None,
        verdict=str(found.verdict) if found.verdict else None,
        borderline=found.borderline or None,
        message=found.describe(rule),
    )
