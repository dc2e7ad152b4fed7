"""The verdict on one window: the first rule that applies, in one fixed order.

Error > DataQuality > Inconclusive > Drift > NoDrift. Too few rows or broken data are
never "no drift" and never a reason to retrain. A rule reads the evidence and returns a
decision, or None where it does not apply; nothing changes a decision afterwards. Read
RULES at the end first.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from driftcheck.contract import CheckRequest, Verdict
from driftcheck.contract.reasons import Reason
from driftcheck.judge.drift import (
    columns_drifted,
    decisive_drift,
    describe_columns,
    describe_decisive_column,
    describe_no_drift,
    describe_performance,
    describe_segments,
    describe_unsupported,
    features_of,
    inconclusive_drift,
    share_drifted,
    statistically_supported,
)
from driftcheck.judge.evidence import Evidence

DIGEST_SIGNS = 12
"""Characters of a digest that tell two of them apart."""


class Decision(NamedTuple):
    """A verdict with its reason and a sentence."""

    verdict: Verdict
    reason: Reason
    message: str


Rule: TypeAlias = Callable[[CheckRequest, Evidence], Decision | None]


def window_unreadable(_: CheckRequest, evidence: Evidence) -> Decision | None:
    """Report Error if the window could not be read."""
    failure = evidence.failure
    if failure is None:
        return None
    return Decision(Verdict.ERROR, failure.reason, failure.message)


def reference_changed(request: CheckRequest, evidence: Evidence) -> Decision | None:
    """Report DataQuality if the reference does not have the pinned digest."""
    if evidence.changed_reference is None:
        return None
    pinned = str(request.reference.sha256)[:DIGEST_SIGNS]
    message = f"pinned as {pinned}, found {evidence.changed_reference[:DIGEST_SIGNS]}"
    return Decision(Verdict.DATA_QUALITY, Reason.REFERENCE_CHANGED, message)


def data_broken(_: CheckRequest, evidence: Evidence) -> Decision | None:
    """Report DataQuality with the most severe finding on broken data."""
    broken = [finding for finding in evidence.findings if finding.data_quality]
    if not broken:
        return None
    first, others = broken[0], len(broken) - 1
    more = f" (and {others} more)" if others else ""
    message = f"{first.column}: {first.detail}{more}"
    return Decision(Verdict.DATA_QUALITY, first.reason, message)


def too_few_rows(request: CheckRequest, evidence: Evidence) -> Decision | None:
    """Report Inconclusive if the window has fewer rows than the minimum."""
    rows, minimum = evidence.rows or 0, request.minimum_rows
    if rows >= minimum:
        return None
    message = f"{rows} of at least {minimum} rows: {minimum - rows} missing"
    return Decision(Verdict.INCONCLUSIVE, Reason.NOT_ENOUGH_ROWS, message)


def too_few_reference_rows(
    request: CheckRequest, evidence: Evidence
) -> Decision | None:
    """Report Inconclusive if the reference has fewer rows than the minimum."""
    rows, minimum = evidence.reference_rows or 0, request.minimum_rows
    if rows >= minimum:
        return None
    message = f"{rows} of at least {minimum} reference rows: {minimum - rows} missing"
    return Decision(Verdict.INCONCLUSIVE, Reason.NOT_ENOUGH_REFERENCE_ROWS, message)


def nothing_compared(_: CheckRequest, evidence: Evidence) -> Decision | None:
    """Report Inconclusive if no feature could be compared."""
    if features_of(evidence.scores):
        return None
    message = "no column could be compared"
    return Decision(Verdict.INCONCLUSIVE, Reason.NOTHING_CHECKED, message)


def critical_column_not_compared(
    request: CheckRequest, evidence: Evidence
) -> Decision | None:
    """Report Inconclusive if a critical column could not be compared."""
    compared = {score.name for score in evidence.scores}
    for rule in request.columns:
        if rule.critical and rule.name not in compared:
            message = f"critical column {rule.name} could not be compared"
            reason = Reason.CRITICAL_COLUMN_UNCHECKED
            return Decision(Verdict.INCONCLUSIVE, reason, message)
    return None


def drift_prevented_by_autocorrelation(
    request: CheckRequest, evidence: Evidence
) -> Decision | None:
    """Report Inconclusive if only the autocorrelation of the rows prevents drift.

    It does not apply where other columns establish drift.
    """
    if columns_drifted(request, evidence.scores):
        return None
    column = inconclusive_drift(request, evidence.scores)
    if column is None:
        return None
    message = (
        f"{column.name} {column.effect:.2f}: consecutive rows are correlated "
        f"({column.dependence:.2f}), so this may be chance; a longer window can tell"
    )
    return Decision(Verdict.INCONCLUSIVE, Reason.AUTOCORRELATED_ROWS, message)


def segment_drift_unsupported(
    request: CheckRequest, evidence: Evidence
) -> Decision | None:
    """Report Inconclusive if a segment's drift rests on too few effective rows.

    In a segment the significance is so strict that chance in few autocorrelated rows
    exceeds it. All rows together are judged Drift with a warning in the message.
    """
    if not evidence.segment or not columns_drifted(request, evidence.scores):
        return None
    scores, minimum = evidence.scores, request.minimum_rows
    if statistically_supported(request, scores, evidence.effective_rows, minimum):
        return None
    message = describe_unsupported(evidence, minimum)
    return Decision(Verdict.INCONCLUSIVE, Reason.AUTOCORRELATED_ROWS, message)


def decisive_column_drifted(
    request: CheckRequest, evidence: Evidence
) -> Decision | None:
    """Report Drift if the prediction or a critical column drifted beyond chance."""
    column = decisive_drift(request, evidence.scores)
    if column is None:
        return None
    reason = Reason.CRITICAL_COLUMN_DRIFTED
    if column.prediction:
        reason = Reason.PREDICTION_DRIFTED
    message = describe_decisive_column(column, evidence.scores)
    return Decision(Verdict.DRIFT, reason, message)


def enough_columns_drifted(
    request: CheckRequest, evidence: Evidence
) -> Decision | None:
    """Report Drift if the share of drifted columns reaches the limit."""
    if not share_drifted(request, evidence.scores):
        return None
    message = describe_columns(evidence.scores)
    return Decision(Verdict.DRIFT, Reason.COLUMNS_DRIFTED, message)


def segment_drifted(_: CheckRequest, evidence: Evidence) -> Decision | None:
    """Report Drift if a segment drifted."""
    message = describe_segments(evidence)
    if message is None:
        return None
    return Decision(Verdict.DRIFT, Reason.SEGMENT_DRIFTED, message)


def performance_dropped(request: CheckRequest, evidence: Evidence) -> Decision | None:
    """Report Drift if the performance is beyond its bound with 95 % confidence."""
    message = describe_performance(request, evidence)
    if message is None:
        return None
    return Decision(Verdict.DRIFT, Reason.PERFORMANCE_DROPPED, message)


def no_drift(request: CheckRequest, evidence: Evidence) -> Decision:
    """Report NoDrift: no rule applies."""
    message = describe_no_drift(request, evidence.scores)
    return Decision(Verdict.NO_DRIFT, Reason.NO_DRIFT, message)


RULES: tuple[Rule, ...] = (
    # Error
    window_unreadable,
    # DataQuality
    reference_changed,
    data_broken,
    # Inconclusive
    too_few_rows,
    too_few_reference_rows,
    nothing_compared,
    critical_column_not_compared,
    drift_prevented_by_autocorrelation,
    segment_drift_unsupported,
    # Drift
    decisive_column_drifted,
    enough_columns_drifted,
    segment_drifted,
    performance_dropped,
)


def decide(request: CheckRequest, evidence: Evidence) -> Decision:
    """Return the decision of the first rule that applies, else NoDrift."""
    for rule in RULES:
        decision = rule(request, evidence)
        if decision is not None:
            return decision
    return no_drift(request, evidence)
