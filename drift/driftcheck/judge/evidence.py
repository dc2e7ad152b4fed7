"""All that a verdict on one window rests on, gathered before anything is decided.

n rows with the autocorrelation ρ carry as much information as n (1 - ρ)/(1 + ρ)
independent ones, their effective sample size (see `significance.effective_share`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from driftcheck.contract import CheckRequest, Performance, WindowVerdict
from driftcheck.errors import CheckFailure
from driftcheck.judge.data_quality import by_severity, data_quality_findings
from driftcheck.judge.scores import (
    ColumnScore,
    compare_columns,
    findings_on,
    judge_columns,
)
from driftcheck.stats.columns import Dataset, Finding
from driftcheck.stats.comparison import Comparison
from driftcheck.stats.significance import effective_share

CLEAR = 0.8
"""Share of each threshold that must hold for an earlier drift to count as ended."""


@dataclass(frozen=True)
class EffectiveRows:
    """A column's effective sample size among its compared rows."""

    effective: int
    rows: int


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True, eq=False)
class Judgement:
    """A verdict with the evidence that it rests on."""

    verdict: WindowVerdict
    evidence: Evidence

    @property
    def scores(self) -> tuple[ColumnScore, ...]:
        """The scores by column, most drifted first."""
        return self.evidence.scores

    @property
    def segments(self) -> tuple[tuple[str, "Judgement"], ...]:
        """The judgements by segment, e.g. `country=DE`, the largest segment first."""
        return self.evidence.segments.judged if self.evidence.segments else ()


@dataclass(frozen=True, eq=False)
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
    found = {}
    for score in scores:
        name = score.name
        rows = min(reference.columns[name].present, current.columns[name].present)
        found[name] = EffectiveRows(effective_rows_of(score, rows), rows)
    return found


def effective_rows_of(score: ColumnScore, rows: int) -> int:
    """Return the effective sample size of so many rows of a column."""
    return int(rows * effective_share(score.dependence, rows, least=1))
