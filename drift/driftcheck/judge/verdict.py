"""A window's verdict, from its evidence, written once: see `rules` for what decides."""

from collections.abc import Iterator

from driftcheck.contract import CheckRequest, Kind, Verdict, WindowVerdict
from driftcheck.contract.reasons import Reason
from driftcheck.judge.drift import (
    columns_drifted,
    describe_performance,
    describe_segments,
    describe_unsupported_drift,
    drifted_share,
    features_of,
    inconclusive_drift,
    statistically_supported,
)
from driftcheck.judge.evidence import Evidence, Judgement, native_evidence
from driftcheck.judge.rules import Decision, decide
from driftcheck.stats.columns import Dataset
from driftcheck.stats.significance import LEAST_EFFECTIVE_ROWS
from driftcheck.windows import Window

TOP_COLUMNS = 5
"""Columns named in a verdict: as many as fit in an answer beside ten windows."""


def judge(
    request: CheckRequest, window: Window, reference: Dataset, current: Dataset
) -> Judgement:
    """Return the judgement of the engine Native on rows, without segments."""
    return conclude(request, window, native_evidence(request, reference, current))


def conclude(request: CheckRequest, window: Window, evidence: Evidence) -> Judgement:
    """Return the judgement that follows from the evidence."""
    decision = decide(request, evidence)
    features = features_of(evidence.scores)
    message = "; ".join((decision.message, *_beside(request, evidence, decision)))
    verdict = WindowVerdict(
        start=window.start,
        end=window.end,
        counting=window.counting,
        verdict=decision.verdict,
        reason=decision.reason,
        message=message,
        rows=evidence.rows,
        drifted=sum(score.drifted for score in features) if features else None,
        checked=len(features) or None,
        percent=int(drifted_share(features)) if features else None,
        kinds=_kinds(request, evidence, decision),
        top_columns=tuple(
            (score.name, score.effect) for score in evidence.scores[:TOP_COLUMNS]
        ),
        findings=(*map(str, evidence.findings), *_segment_findings(evidence)),
        sampled=evidence.sampled,
        borderline=decision.verdict is Verdict.NO_DRIFT
        and _is_borderline(request, evidence),
    )
    return Judgement(verdict, evidence)


def _beside(
    request: CheckRequest, evidence: Evidence, decision: Decision
) -> Iterator[str]:
    """Say what else a reader of a verdict Drift must know."""
    if decision.verdict is not Verdict.DRIFT:
        return
    if columns_drifted(request, evidence.scores):
        minimum = LEAST_EFFECTIVE_ROWS
        if not evidence.segment and not statistically_supported(
            request, evidence.scores, evidence.effective_rows, minimum
        ):
            yield describe_unsupported_drift(evidence, minimum)
        segments = describe_segments(evidence)
        if segments:
            yield segments
    performance = describe_performance(request, evidence)
    if performance and decision.reason is not Reason.PERFORMANCE_DROPPED:
        yield performance


def _kinds(
    request: CheckRequest, evidence: Evidence, decision: Decision
) -> tuple[Kind, ...]:
    """Return the kinds of drift; those of segments where a segment decides."""
    kinds = {kind for score in evidence.scores for kind in score.kinds}
    if decision.reason is Reason.SEGMENT_DRIFTED and evidence.segments:
        for _, judgement in evidence.segments.judged:
            if judgement.verdict.verdict is Verdict.DRIFT:
                kinds |= set(judgement.verdict.kinds)
    if decision.verdict is Verdict.DRIFT and describe_performance(request, evidence):
        kinds.add(Kind.PERFORMANCE)
    return tuple(kind for kind in Kind if kind in kinds)


def _segment_findings(evidence: Evidence) -> Iterator[str]:
    """Name the segments that drifted, and those that could not be judged."""
    segments = evidence.segments
    if segments is None:
        return
    verdicts = [(name, judgement.verdict) for name, judgement in segments.judged]
    for name, verdict in verdicts:
        if verdict.verdict is Verdict.DRIFT:
            yield f"{Reason.SEGMENT_DRIFTED}: {name}"
    unjudged = {
        Verdict.INCONCLUSIVE: Reason.SEGMENT_INCONCLUSIVE,
        Verdict.DATA_QUALITY: Reason.SEGMENT_DATA_QUALITY,
    }
    for name, verdict in verdicts:
        if verdict.verdict in unjudged:
            yield f"{unjudged[verdict.verdict]}: {name} ({verdict.reason})"
    for name in segments.small:
        reason = Reason.NOT_ENOUGH_REFERENCE_ROWS
        yield f"{Reason.SEGMENT_INCONCLUSIVE}: {name} ({reason})"
    if segments.left_out:
        count = f"{segments.left_out} of {segments.column}"
        yield f"{Reason.SEGMENTS_LEFT_OUT}: {count}"


def _is_borderline(request: CheckRequest, evidence: Evidence) -> bool:
    """Return whether lower thresholds would change NoDrift, here or in a segment."""
    lowered = evidence.lowered_scores
    if columns_drifted(request, lowered) or inconclusive_drift(request, lowered):
        return True
    segments = evidence.segments.judged if evidence.segments else ()
    return any(judgement.verdict.borderline for _, judgement in segments)
