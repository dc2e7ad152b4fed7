"""Data quality: nulls and infinite values whose share jumped. Broken data is not drift.

Missing and retyped columns are reported where data is read (`arrow.schema`); this
module holds what needs both sides. A broken pipeline must never start a retraining,
so these findings come before drift in a verdict.
"""

from collections.abc import Sequence

import numpy as np

from driftcheck.contract.reasons import Reason
from driftcheck.stats.columns import Column, Dataset, Finding
from driftcheck.stats.significance import benjamini_hochberg, share_pvalue

JUMP = 0.05
"""Least change of a share (0 to 1) that is a jump: 5 points are worth a look."""
ORDER = (
    Reason.MISSING_COLUMN,
    Reason.RETYPED_COLUMN,
    Reason.RAGGED_VECTOR,
    Reason.VECTOR_LENGTH,
    Reason.ALL_NULL,
    Reason.NULL_SHARE,
    Reason.INFINITE_SHARE,
)
"""Findings by severity; the first one decides the reason of a verdict DataQuality."""


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
    rank = {reason: place for place, reason in enumerate(ORDER)}
    return tuple(sorted(findings, key=lambda f: rank.get(f.reason, len(ORDER))))


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
