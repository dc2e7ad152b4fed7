"""The verdict on one window: the first that applies of a fixed order.

Error (not here: the window could not be read) > DataQuality > Inconclusive > Drift >
NoDrift. Too few rows or broken data are never "no drift" and never a reason to
retrain. Whatever the verdict, all findings and the scores that could be computed go
with it.
"""

from dataclasses import dataclass

from driftcheck.columns import Dataset, Finding
from driftcheck.contract import CheckRequest, Kind, Verdict, WindowVerdict
from driftcheck.quality import quality_findings
from driftcheck.scores import ColumnScore, score_columns
from driftcheck.windows import Window

WORST = 5
QUALITY_ORDER = (
    "MissingColumn",
    "RetypedColumn",
    "RaggedVector",
    "VectorLength",
    "AllNull",
    "NullShare",
    "InfiniteShare",
)


@dataclass(frozen=True)
class Judgement:
    """A verdict with all scores behind it, worst first."""

    verdict: WindowVerdict
    scores: tuple[ColumnScore, ...] = ()


def judge(
    request: CheckRequest, window: Window, reference: Dataset, current: Dataset
) -> Judgement:
    """The judgement on one window's rows."""
    quality = quality_findings(reference, current, request.significance)
    scores: tuple[ColumnScore, ...] = ()
    unchecked: tuple[Finding, ...] = ()
    if min(reference.rows, current.rows) >= request.minimum_rows:
        scores, unchecked = score_columns(request, reference, current)
    findings = (*sorted(quality, key=_rank), *unchecked)
    drifted = sum(score.drifted for score in scores)
    kinds = {kind for score in scores for kind in score.kinds}
    verdict, reason, message = (
        _quality(findings)
        or _inconclusive(request, reference, current, scores)
        or _drift(request, scores)
    )
    return Judgement(
        WindowVerdict(
            start=window.start,
            end=window.end,
            counting=window.counting,
            verdict=verdict,
            reason=reason,
            message=message,
            rows=current.rows,
            drifted=drifted if scores else None,
            checked=len(scores) if scores else None,
            percent=100 * drifted // len(scores) if scores else None,
            kinds=tuple(kind for kind in Kind if kind in kinds),
            worst=tuple((score.name, score.effect) for score in scores[:WORST]),
            findings=tuple(str(finding) for finding in findings),
        ),
        scores,
    )


def without_rows(
    window: Window, verdict: Verdict, reason: str, message: str
) -> Judgement:
    """The judgement on a window of which nothing could be compared."""
    return Judgement(
        WindowVerdict(
            window.start, window.end, window.counting, verdict, reason, message
        )
    )


def _rank(finding: Finding) -> int:
    if finding.reason in QUALITY_ORDER:
        return QUALITY_ORDER.index(finding.reason)
    return len(QUALITY_ORDER)


def _quality(findings: tuple[Finding, ...]) -> tuple[Verdict, str, str] | None:
    bad = [finding for finding in findings if finding.quality]
    if not bad:
        return None
    first = bad[0]
    more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
    return Verdict.DATA_QUALITY, first.reason, f"{first.column}: {first.detail}{more}"


def _inconclusive(
    request: CheckRequest,
    reference: Dataset,
    current: Dataset,
    scores: tuple[ColumnScore, ...],
) -> tuple[Verdict, str, str] | None:
    for rows, reason, whose in (
        (current.rows, "NotEnoughRows", "rows"),
        (reference.rows, "NotEnoughReferenceRows", "reference rows"),
    ):
        if rows < request.minimum_rows:
            least = request.minimum_rows
            message = f"{rows} of at least {least} {whose}: {least - rows} missing"
            return Verdict.INCONCLUSIVE, reason, message
    if not scores:
        return Verdict.INCONCLUSIVE, "NothingChecked", "no column could be compared"
    scored = {score.name for score in scores}
    for rule in request.columns:
        if rule.critical and rule.name not in scored:
            message = f"critical column {rule.name} could not be compared"
            return Verdict.INCONCLUSIVE, "CriticalColumnUnchecked", message
    return None


def _drift(
    request: CheckRequest, scores: tuple[ColumnScore, ...]
) -> tuple[Verdict, str, str]:
    drifted = [score for score in scores if score.drifted]
    worst = ", ".join(f"{score.name} {score.effect:.2f}" for score in drifted[:3])
    percent = 100 * len(drifted) // len(scores)
    counts = f"{len(drifted)} of {len(scores)} columns drifted ({percent} %)"
    critical = [score for score in drifted if score.critical]
    if critical:
        first = critical[0]
        limit = f"{first.effect:.2f}, threshold {first.threshold:g}"
        if first.kinds == (Kind.NEW_CATEGORY,):
            limit = "categories that the reference does not have"
        message = f"critical column {first.name}: {limit}; {counts}"
        return Verdict.DRIFT, "CriticalColumnDrifted", message
    least = request.drifted_columns_percent
    if drifted and 100 * len(drifted) >= least * len(scores):
        return Verdict.DRIFT, "ColumnsDrifted", f"{counts}: {worst}"
    if drifted:
        return Verdict.NO_DRIFT, "NoDrift", f"{counts}, below {least} %: {worst}"
    return Verdict.NO_DRIFT, "NoDrift", f"none of {len(scores)} columns drifted"
