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
from driftcheck.judge import messages
from driftcheck.judge.column_drift import (
    columns_drifted,
    decisive_drift,
    features_of,
    inconclusive_drift,
    share_drifted,
    statistically_supported,
)
from driftcheck.judge.evidence import Evidence


class Decision(NamedTuple):
    """A verdict with its reason and a sentence."""

    verdict: Verdict
    reason: Reason
    message: str


Rule: TypeAlias = Callable[[CheckRequest, Evidence], Decision | None]


def window_unreadable(_: CheckRequest, evidence: Evidence) -> Decision | None:
    """The window could not be read."""
    failure = evidence.failure
    if failure is None:
        return None
    return Decision(Verdict.ERROR, failure.reason, failure.message)


def reference_changed(request: CheckRequest, evidence: Evidence) -> Decision | None:
    """The reference does not have the pinned digest."""
    if evidence.changed_reference is None:
        return None
    message = messages.changed_reference(
        str(request.reference.sha256), evidence.changed_reference
    )
    return Decision(Verdict.DATA_QUALITY, Reason.REFERENCE_CHANGED, message)


def data_broken(_: CheckRequest, evidence: Evidence) -> Decision | None:
    """The data is broken; the most severe finding is the reason."""
    broken = [finding for finding in evidence.findings if finding.data_quality]
    if not broken:
        return None
    return Decision(
        Verdict.DATA_QUALITY, broken[0].reason, messages.broken_data(broken)
    )


def too_few_rows(request: CheckRequest, evidence: Evidence) -> Decision | None:
    """The window has fewer rows than the minimum."""
    rows, minimum = evidence.rows or 0, request.minimum_rows
    if rows >= minimum:
        return None
    message = messages.missing_rows(rows, minimum, "rows")
    return Decision(Verdict.INCONCLUSIVE, Reason.NOT_ENOUGH_ROWS, message)


def too_few_reference_rows(
    request: CheckRequest, evidence: Evidence
) -> Decision | None:
    """The reference has fewer rows than the minimum."""
    rows, minimum = evidence.reference_rows or 0, request.minimum_rows
    if rows >= minimum:
        return None
    message = messages.missing_rows(rows, minimum, "reference rows")
    return Decision(Verdict.INCONCLUSIVE, Reason.NOT_ENOUGH_REFERENCE_ROWS, message)


def nothing_compared(_: CheckRequest, evidence: Evidence) -> Decision | None:
    """No feature could be compared."""
    if features_of(evidence.scores):
        return None
    message = "no column could be compared"
    return Decision(Verdict.INCONCLUSIVE, Reason.NOTHING_CHECKED, message)


def critical_column_not_compared(
    request: CheckRequest, evidence: Evidence
) -> Decision | None:
    """A critical column could not be compared."""
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
    """Only the autocorrelation of the rows prevents drift, which other rows may show.

    It does not apply where other columns establish drift.
    """
    if columns_drifted(request, evidence.scores):
        return None
    column = inconclusive_drift(request, evidence.scores)
    if column is None:
        return None
    message = messages.prevented_by_autocorrelation(column)
    return Decision(Verdict.INCONCLUSIVE, Reason.AUTOCORRELATED_ROWS, message)


def segment_drift_unsupported(
    request: CheckRequest, evidence: Evidence
) -> Decision | None:
    """A segment's drift rests on fewer effective rows than the minimum of rows.

    In a segment the significance is so strict that chance in few autocorrelated rows
    exceeds it. All rows together are judged Drift with a warning in the message.
    """
    if not evidence.segment or not columns_drifted(request, evidence.scores):
        return None
    scores, minimum = evidence.scores, request.minimum_rows
    if statistically_supported(request, scores, evidence.effective_rows, minimum):
        return None
    message = messages.unsupported(evidence, minimum)
    return Decision(Verdict.INCONCLUSIVE, Reason.AUTOCORRELATED_ROWS, message)


def decisive_column_drifted(
    request: CheckRequest, evidence: Evidence
) -> Decision | None:
    """The prediction or a critical column drifted beyond chance."""
    column = decisive_drift(request, evidence.scores)
    if column is None:
        return None
    reason = Reason.CRITICAL_COLUMN_DRIFTED
    if column.prediction:
        reason = Reason.PREDICTION_DRIFTED
    message = messages.decisive_column(column, evidence.scores)
    return Decision(Verdict.DRIFT, reason, message)


def enough_columns_drifted(
    request: CheckRequest, evidence: Evidence
) -> Decision | None:
    """The share of drifted columns reaches the limit, beyond chance."""
    if not share_drifted(request, evidence.scores):
        return None
    message = messages.drifted_columns(evidence.scores)
    return Decision(Verdict.DRIFT, Reason.COLUMNS_DRIFTED, message)


def segment_drifted(_: CheckRequest, evidence: Evidence) -> Decision | None:
    """A segment drifted."""
    message = messages.drifted_segments(evidence)
    if message is None:
        return None
    return Decision(Verdict.DRIFT, Reason.SEGMENT_DRIFTED, message)


def performance_dropped(request: CheckRequest, evidence: Evidence) -> Decision | None:
    """The performance is certainly beyond the declared bound."""
    message = messages.dropped_performance(request, evidence)
    if message is None:
        return None
    return Decision(Verdict.DRIFT, Reason.PERFORMANCE_DROPPED, message)


def no_drift(request: CheckRequest, evidence: Evidence) -> Decision:
    """Nothing above applies."""
    message = messages.no_drift(request, evidence.scores)
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
