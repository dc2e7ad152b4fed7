"""Segments: the rows of one value of a column, judged as windows of their own.

A drift of one country among ten is diluted in the whole. Each segment with enough rows
on both sides is therefore judged by the same rules, at a stricter significance: the
whole has one half of it, and the segments share the other half evenly (Bonferroni), so
that all together raise no more false alarms than the whole alone did. Within each,
columns are corrected as ever (Benjamini-Hochberg).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from driftcheck.contract import CheckRequest, Kind, Verdict
from driftcheck.verdict import Judgement

SHOWN = 40


@dataclass(frozen=True)
class SegmentRule:
    """Whose values make the segments, and the least rows of one on either side.

    Only the `maximum` largest of the reference are looked at.
    """

    column: str
    minimum_rows: int = 100
    maximum: int = 20

    def named(self, value: str) -> str:
        """The segment in messages, e.g. country=DE, on one line and not too long."""
        return f"{self.column}={' '.join(value.split())[:SHOWN]}"


@dataclass(frozen=True)
class Segments:
    """Which values are judged, which have too few rows, how many are left out."""

    judged: tuple[str, ...] = ()
    small: tuple[str, ...] = ()
    left_out: int = 0


def segments_of(
    rule: SegmentRule, reference: Mapping[str, int], current: Mapping[str, int]
) -> Segments:
    """The segments among the rows by value on both sides, largest first.

    A value that only the window has is none: it is a new category of its column.
    """
    ranked = sorted(reference, key=lambda value: (-reference[value], value))
    taken = ranked[: rule.maximum]
    judged = [
        value
        for value in taken
        if min(reference[value], current.get(value, 0)) >= rule.minimum_rows
    ]
    small = [value for value in taken if value not in judged]
    return Segments(tuple(judged), tuple(small), len(ranked) - len(taken))


def request_of_whole(request: CheckRequest) -> CheckRequest:
    """The request by which all rows together are judged, beside segments."""
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


def with_segments(
    whole: Judgement,
    rule: SegmentRule,
    segments: Segments,
    judged: Sequence[tuple[str, Judgement]],
) -> Judgement:
    """The whole's judgement with what its segments add.

    Drift in a segment makes NoDrift of the whole Drift, and is named beside a Drift of
    the whole. DataQuality and Inconclusive of the whole stand: they come before Drift.
    Segments that could not be judged are named in the findings and decide nothing.
    """
    verdict = whole.verdict
    found = [(rule.named(value), one.verdict) for value, one in judged]
    drifted = [(name, one) for name, one in found if one.verdict is Verdict.DRIFT]
    lines = [f"SegmentDrifted: {name}" for name, _ in drifted]
    lines += [
        f"Segment{one.verdict}: {name} ({one.reason})"
        for name, one in found
        if one.verdict in (Verdict.INCONCLUSIVE, Verdict.DATA_QUALITY)
    ]
    lines += [
        f"SegmentInconclusive: {rule.named(value)} (NotEnoughRows)"
        for value in segments.small
    ]
    if segments.left_out:
        lines.append(f"SegmentsLeftOut: {segments.left_out} of {rule.column}")
    near = verdict.near or (
        verdict.verdict is Verdict.NO_DRIFT and any(one.near for _, one in found)
    )
    verdict = replace(verdict, findings=(*verdict.findings, *lines), near=near)
    if not drifted or verdict.verdict not in (Verdict.NO_DRIFT, Verdict.DRIFT):
        return replace(whole, verdict=verdict)
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
            reason="SegmentDrifted",
            message=said,
            kinds=tuple(kind for kind in Kind if kind in kinds),
            near=False,
        )
    return replace(whole, verdict=verdict)
