"""Segments: the rows of one value of a column, judged as windows of their own.

A drift of one country among ten is diluted in the whole. Each segment with enough rows
on both sides is therefore judged by the same rules, at a stricter significance: the
whole has one half of it, and the segments share the other half evenly (Bonferroni), so
that all together raise no more false alarms than the whole alone did. Within each,
columns are corrected as ever (Benjamini-Hochberg). How many share it is told by the
reference alone: what a verdict means does not change with the window's traffic.
"""

from collections.abc import Sequence
from dataclasses import replace

from driftcheck.contract import CheckRequest, Kind, SegmentRule, Verdict
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import (
    SegmentedReference,
    SegmentReader,
    Segments,
    without_column,
)
from driftcheck.judge.effective_rows import warranted
from driftcheck.judge.verdict import Judgement, judge
from driftcheck.windows import Window

SHOWN = 40


def request_of_whole(request: CheckRequest) -> CheckRequest:
    """The request by which all rows together are judged, beside segments."""
    if request.segments is None:
        return request
    return replace(request, significance=request.significance / 2)


def request_of_segment(
    request: CheckRequest, rule: SegmentRule, segments: int
) -> CheckRequest:
    """The request by which each of so many segments is judged."""
    return replace(
        request,
        significance=request.significance / 2 / max(1, segments),
        minimum_rows=rule.minimum_rows,
        columns=tuple(c for c in request.columns if c.name != rule.column),
    )


def judge_segments(
    request: CheckRequest,
    window: Window,
    whole: Judgement,
    reference: SegmentedReference,
    read: SegmentReader,
) -> Judgement:
    """The judgement on a window with that on its segments.

    `read` gives the window's rows of one value, as the reference's kinds want them.
    Where the whole is neither Drift nor NoDrift no segment is looked at: none could
    change that.
    """
    if whole.verdict.verdict not in (Verdict.DRIFT, Verdict.NO_DRIFT):
        return whole
    rule, segments = reference.rule, reference.segments
    asked = request_of_segment(request, rule, len(segments.judged))
    judged = []
    for value in segments.judged:
        known = reference.references[value]
        rows = without_column(read(value, known.kinds), rule.column)
        sides = known.dataset, rows
        found = warranted(asked, judge(asked, window, *sides), sides)
        judged.append((_named(rule, value), found))
    small = [_named(rule, value) for value in segments.small]
    return with_segments(whole, judged, small, _left_out(rule, segments))


def with_segments(
    whole: Judgement,
    judged: Sequence[tuple[str, Judgement]],
    small: Sequence[str] = (),
    left_out: str | None = None,
) -> Judgement:
    """The whole's judgement with what its segments, by name, add.

    Drift in a segment makes NoDrift of the whole Drift, and is named beside a Drift of
    the whole. Segments that could not be judged are named in the findings and decide
    nothing.
    """
    verdict = whole.verdict
    found = [(name, one.verdict) for name, one in judged]
    drifted = [(name, one) for name, one in found if one.verdict is Verdict.DRIFT]
    lines = [f"SegmentDrifted: {name}" for name, _ in drifted]
    lines += [
        f"Segment{one.verdict}: {name} ({one.reason})"
        for name, one in found
        if one.verdict in (Verdict.INCONCLUSIVE, Verdict.DATA_QUALITY)
    ]
    lines += [f"SegmentInconclusive: {name} (NotEnoughReferenceRows)" for name in small]
    lines += [left_out] if left_out else []
    borderline = verdict.borderline or (
        verdict.verdict is Verdict.NO_DRIFT and any(one.borderline for _, one in found)
    )
    verdict = replace(
        verdict, findings=(*verdict.findings, *lines), borderline=borderline
    )
    with_them = replace(whole, segments=tuple(judged))
    if not drifted:
        return replace(with_them, verdict=verdict)
    first, of_first = drifted[0]
    more = f" (and in {len(drifted) - 1} more segments)" if len(drifted) > 1 else ""
    said = f"{first}: {of_first.message}{more}"
    if verdict.verdict is Verdict.DRIFT:
        verdict = replace(verdict, message=f"{verdict.message}; {said}")
    else:
        kinds = {*verdict.kinds, *(kind for _, one in drifted for kind in one.kinds)}
        verdict = replace(
            verdict,
            verdict=Verdict.DRIFT,
            reason=Reason.SEGMENT_DRIFTED,
            message=said,
            kinds=tuple(kind for kind in Kind if kind in kinds),
            borderline=False,
        )
    return replace(with_them, verdict=verdict)


def _named(rule: SegmentRule, value: str) -> str:
    """The segment in messages, e.g. country=DE, on one line and not too long."""
    line = "".join(sign if sign.isprintable() else " " for sign in value)
    return f"{rule.column}={' '.join(line.split())[:SHOWN]}"


def _left_out(rule: SegmentRule, segments: Segments) -> str | None:
    if not segments.left_out:
        return None
    return f"SegmentsLeftOut: {segments.left_out} of {rule.column}"
