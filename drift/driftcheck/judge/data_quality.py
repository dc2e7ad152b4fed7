"""Data quality: nulls and infinities that jumped. Broken data is not drift.

Missing and retyped columns are found where data is read (`schema`); this module
holds what needs both sides. A broken pipeline must never start a retraining, so
these findings come before drift in a verdict.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from driftcheck.contract.reasons import Reason
from driftcheck.stats.columns import Column, Dataset, Finding
from driftcheck.stats.significance import benjamini_hochberg, share_pvalue

JUMP = 0.05
Count: TypeAlias = Callable[[Column], int]


def data_quality_findings(
    reference: Dataset, current: Dataset, significance: float
) -> tuple[Finding, ...]:
    """All findings: those of both sides, all-null columns, jumps of shares.

    A jump is a change by at least 5 points that is significant after correction
    for the number of columns.
    """
    found = [*reference.findings, *current.findings]
    found += _jumps(reference, current, Reason.NULL_SHARE, significance)
    found += _jumps(reference, current, Reason.INFINITE_SHARE, significance)
    return tuple(found)


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
    found = []
    for name, pvalue in zip(names, pvalues, strict=True):
        before, rows_before, after, rows_after = counts[name]
        if not rows_before or not rows_after or pvalue > significance:
            continue
        share_before, share_after = before / rows_before, after / rows_after
        if abs(share_after - share_before) < JUMP:
            continue
        what = "null" if reason == Reason.NULL_SHARE else "infinite"
        detail = f"{share_after:.0%} {what}, {share_before:.0%} in the reference"
        all_null = reason == Reason.NULL_SHARE and after == rows_after
        found.append(Finding(Reason.ALL_NULL if all_null else reason, name, detail))
    return found


def _count(column: Column, reason: Reason) -> int:
    return column.nulls if reason == Reason.NULL_SHARE else column.infinite
