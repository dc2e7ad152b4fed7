"""All that a verdict on one window rests on, gathered before anything is decided.

Findings on data quality come first: a broken pipeline must never start a retraining.
Missing and retyped columns are reported where data is read (`arrow.schema`); jumps of
nulls and infinite values need both sides and are found here.

n rows with the autocorrelation ρ carry as much information as n (1 - ρ)/(1 + ρ)
independent ones, their effective sample size (see `significance.effective_share`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from driftcheck.contract import CheckRequest, Performance, WindowVerdict
from driftcheck.contract.reasons import Reason
from driftcheck.errors import CheckFailure
from driftcheck.judge.column_score import ColumnScore
from driftcheck.judge.scores import compare_columns, findings_on, judge_columns
from driftcheck.stats.columns import Column, Dataset, Finding
from driftcheck.stats.comparison import Comparison
from driftcheck.stats.significance import (
    benjamini_hochberg,
    effective_share,
    share_pvalue,
)

CLEAR = 0.8
"""Share of each threshold below which an earlier drift counts as ended.

This hysteresis keeps a column at its threshold from opening and closing episodes. A
smaller share closes an episode later.
"""


JUMP = 0.05
"""Change of a share, 0 to 1, from which it is a jump: 5 percentage points.

Smaller changes are significant in large windows, but rarely a broken pipeline. A
smaller value reports more of them, and DataQuality then hides the drift beside it.
"""

SEVERITY = (
    Reason.MISSING_COLUMN,
    Reason.RETYPED_COLUMN,
    Reason.RAGGED_VECTOR,
    Reason.VECTOR_LENGTH,
    Reason.ALL_NULL,
    Reason.NULL_SHARE,
    Reason.INFINITE_SHARE,
)
"""Findings by severity; the first one decides the reason of a verdict DataQuality."""


@dataclass(frozen=True)
class EffectiveRows:
    """A column's effective sample size among its compared rows."""

    effective: int
    rows: int


@dataclass(frozen=True)
class Evidence:
    """What is known of one window.

    `rows` and `reference_rows`: None where they were not read. `sampled`: how many of
    the rows were compared, None where all were. `findings`: the most severe first.
    `scores`: the most drifted first; `lowered_scores`: the same against CLEAR of each
    threshold. `effective_rows`: by column; empty where the engine does not test
    significance. `segment`: whether the rows are those of one segment. `segments` and
    `performance`: None where nobody asked or they could change nothing. `failure`: why
    the window could not be read. `changed_reference`: the digest of a reference that
    is not the pinned one.
    """

    rows: int | None = None
    reference_rows: int | None = None
    sampled: int | None = None
    findings: tuple[Finding, ...] = ()
    scores: tuple[ColumnScore, ...] = ()
    lowered_scores: tuple[ColumnScore, ...] = ()
    effective_rows: Mapping[str, EffectiveRows] = field(default_factory=dict)
    segment: bool = False
    segments: "SegmentResults | None" = None
    performance: Performance | None = None
    failure: CheckFailure | None = None
    changed_reference: str | None = None


@dataclass(frozen=True)
class Judgement:
    """A verdict with the evidence that it rests on."""

    verdict: WindowVerdict
    evidence: Evidence

    @property
    def scores(self) -> tuple[ColumnScore, ...]:
        """Return the scores by column, most drifted first."""
        return self.evidence.scores

    @property
    def segments(self) -> tuple[tuple[str, "Judgement"], ...]:
        """Return the judgements by segment, e.g. `country=DE`, the largest first."""
        return self.evidence.segments.judged if self.evidence.segments else ()


@dataclass(frozen=True)
class SegmentResults:
    """The judgement on each segment by name, and what was not judged.

    `small`: the names of segments with too few reference rows. `left_out`: how many
    segments of `column` exceed the maximum.
    """

    column: str
    judged: tuple[tuple[str, Judgement], ...] = ()
    small: tuple[str, ...] = ()
    left_out: int = 0


def native_evidence(
    request: CheckRequest,
    reference: Dataset,
    current: Dataset,
    *,
    segment: bool = False,
) -> Evidence:
    """Return the evidence of the engine Native; no scores where rows are too few."""
    broken = data_quality_findings(reference, current, request.significance)
    compared: dict[str, Comparison] = {}
    unchecked: tuple[Finding, ...] = ()
    if min(reference.rows, current.rows) >= request.minimum_rows:
        compared, unchecked = compare_columns(request, reference, current)
    scores = judge_columns(request, compared)
    return Evidence(
        rows=current.rows,
        reference_rows=reference.rows,
        sampled=current.sampled,
        findings=by_severity((*broken, *unchecked, *findings_on(scores, reference))),
        scores=scores,
        lowered_scores=judge_columns(request, compared, CLEAR),
        effective_rows=_effective_rows(scores, reference, current),
        segment=segment,
    )


def _effective_rows(
    scores: tuple[ColumnScore, ...], reference: Dataset, current: Dataset
) -> dict[str, EffectiveRows]:
    sizes = {}
    for score in scores:
        name = score.name
        rows = min(reference.columns[name].present, current.columns[name].present)
        sizes[name] = EffectiveRows(effective_rows_of(score, rows), rows)
    return sizes


def effective_rows_of(score: ColumnScore, rows: int) -> int:
    """Return the effective sample size of so many rows of a column."""
    return int(rows * effective_share(score.dependence, rows, min_rows=1))


def data_quality_findings(
    reference: Dataset, current: Dataset, significance: float
) -> tuple[Finding, ...]:
    """Return both sides' findings, and those on jumps of null and infinite shares.

    A jump is a change by at least 5 points that is significant after correction
    for the number of columns.
    """
    findings = [*reference.findings, *current.findings]
    findings += _jumps(reference, current, Reason.NULL_SHARE, significance)
    findings += _jumps(reference, current, Reason.INFINITE_SHARE, significance)
    return tuple(findings)


def by_severity(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings on data quality first, the most severe of them first."""
    rank = {reason: place for place, reason in enumerate(SEVERITY)}
    return tuple(sorted(findings, key=lambda f: rank.get(f.reason, len(SEVERITY))))


def _jumps(
    reference: Dataset, current: Dataset, reason: Reason, significance: float
) -> list[Finding]:
    names = [name for name in reference.columns if name in current.columns]
    counts = {
        name: (
            _count(reference.columns[name], reason),
            reference.columns[name].rows,
            _count(current.columns[name], reason),
            current.columns[name].rows,
        )
        for name in names
    }
    pvalues = benjamini_hochberg(np.array([share_pvalue(*counts[n]) for n in names]))
    findings = []
    for name, pvalue in zip(names, pvalues, strict=True):
        before, rows_before, after, rows_after = counts[name]
        if not rows_before or not rows_after or pvalue > significance:
            continue
        share_before, share_after = before / rows_before, after / rows_after
        if abs(share_after - share_before) < JUMP:
            continue
        what = "null" if reason is Reason.NULL_SHARE else "infinite"
        detail = f"{share_after:.0%} {what}, {share_before:.0%} in the reference"
        all_null = reason is Reason.NULL_SHARE and after == rows_after
        findings.append(Finding(Reason.ALL_NULL if all_null else reason, name, detail))
    return findings


def _count(column: Column, reason: Reason) -> int:
    return column.nulls if reason is Reason.NULL_SHARE else column.infinite
