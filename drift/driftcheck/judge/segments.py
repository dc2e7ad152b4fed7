"""Segments: the rows of one value of a column, judged as windows of their own.

A drift of one country among ten is diluted in the whole. Each segment with enough rows
on both sides is therefore judged by the same rules, at a stricter significance: the
whole has one half of it, and the segments share the other half evenly (Bonferroni), so
that all together raise no more false alarms than the whole alone. Within each segment
columns are corrected as usual (Benjamini-Hochberg). The reference alone determines how
many segments share it: a verdict's meaning does not change with the window's traffic.
"""

from dataclasses import replace

from driftcheck.contract import CheckRequest, SegmentRule, Verdict
from driftcheck.dataset import SegmentedReference, SegmentReader, without_column
from driftcheck.judge.evidence import (
    Evidence,
    Judgement,
    SegmentResults,
    native_evidence,
)
from driftcheck.judge.rules import decide
from driftcheck.judge.verdict import conclude
from driftcheck.windows import Window

NAME_SIGNS = 40
"""Characters shown of a segment's value: a name, not a text."""


def request_of_whole(request: CheckRequest) -> CheckRequest:
    """Return the request by which all rows together are judged beside segments."""
    return replace(request, significance=request.significance / 2)


def request_of_segment(
    request: CheckRequest, rule: SegmentRule, segments: int
) -> CheckRequest:
    """Return the request by which each of `segments` segments is judged."""
    return replace(
        request,
        significance=request.significance / 2 / max(1, segments),
        minimum_rows=rule.minimum_rows,
        columns=tuple(c for c in request.columns if c.name != rule.column),
    )


def can_matter(request: CheckRequest, whole: Evidence) -> bool:
    """Return whether segments could change the verdict on all rows, or add to it."""
    return decide(request, whole).verdict in (Verdict.DRIFT, Verdict.NO_DRIFT)


def judge_segments(
    request: CheckRequest,
    window: Window,
    reference: SegmentedReference,
    read: SegmentReader,
) -> SegmentResults:
    """Return the judgement on each segment of the reference.

    `read` returns the window's rows of one segment; CheckFailure where it cannot.
    """
    rule, segments = reference.rule, reference.segments
    segment_request = request_of_segment(request, rule, len(segments.judged))
    judged: list[tuple[str, Judgement]] = []
    for value in segments.judged:
        known = reference.references[value]
        rows = without_column(read(value, known), rule.column)
        evidence = native_evidence(segment_request, known.dataset, rows, segment=True)
        name = segment_name(rule, value)
        judged.append((name, conclude(segment_request, window, evidence)))
    return SegmentResults(
        rule.column,
        tuple(judged),
        tuple(segment_name(rule, value) for value in segments.small),
        segments.left_out,
    )


def segment_name(rule: SegmentRule, value: str) -> str:
    """Return the segment's name in messages, e.g. country=DE, on one short line."""
    line = "".join(sign if sign.isprintable() else " " for sign in value)
    return f"{rule.column}={' '.join(line.split())[:NAME_SIGNS]}"
