"""The verdict on one window: the first that applies of a fixed order.

Error (not here: the window could not be read) > DataQuality > Inconclusive > Drift >
NoDrift. Too few rows or broken data are never "no drift" and never a reason to
retrain. Whatever the verdict, all findings and the scores that could be computed go
with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from driftcheck.contract import CheckRequest, Kind, Verdict, WindowVerdict
from driftcheck.contract.reasons import Reason
from driftcheck.judge.data_quality import data_quality_findings
from driftcheck.judge.scores import (
    ColumnScore,
    compare_columns,
    judge_columns,
    remarks_on,
)
from driftcheck.stats.columns import Dataset, Finding
from driftcheck.stats.comparison import Comparison
from driftcheck.windows import Window

TOP_COLUMNS = 5
# Drift has passed only where four fifths of each threshold would not make it either.
CLEAR = 0.8
# Either way to a dataset's drift is by chance in one check of 800 at most, for the
# usual significance of 0.05: together less than one false alarm a year of daily ones.
ALARM_DIVISOR = 40
DATA_QUALITY_ORDER = (
    "DuplicateColumn",
    Reason.MISSING_COLUMN,
    Reason.RETYPED_COLUMN,
    Reason.RAGGED_VECTOR,
    Reason.VECTOR_LENGTH,
    Reason.ALL_NULL,
    Reason.NULL_SHARE,
    Reason.INFINITE_SHARE,
)


@dataclass(frozen=True)
class Judgement:
    """A verdict with all scores behind it, worst first; of segments, by name, too."""

    verdict: WindowVerdict
    scores: tuple[ColumnScore, ...] = ()
    segments: tuple[tuple[str, "Judgement"], ...] = ()


def judge(
    request: CheckRequest, window: Window, reference: Dataset, current: Dataset
) -> Judgement:
    """The judgement on one window's rows."""
    broken = data_quality_findings(reference, current, request.significance)
    compared: dict[str, Comparison] = {}
    unchecked: tuple[Finding, ...] = ()
    if min(reference.rows, current.rows) >= request.minimum_rows:
        compared, unchecked = compare_columns(request, reference, current)
    scores = judge_columns(request, compared)
    remarks = (*unchecked, *remarks_on(scores, reference))
    findings = (*broken, *remarks)
    found = conclude(request, window, (reference, current), scores, findings)
    borderline = found.verdict.verdict is Verdict.NO_DRIFT and _is_borderline(
        request, compared
    )
    return replace(found, verdict=replace(found.verdict, borderline=borderline))


def conclude(
    request: CheckRequest,
    window: Window,
    sides: tuple[Dataset, Dataset],
    scores: tuple[ColumnScore, ...],
    findings: Sequence[Finding],
) -> Judgement:
    """The judgement that follows from scores, worst first, and from findings.

    `sides` are the reference and the window's rows.
    """
    reference, current = sides
    findings = in_order(findings)
    features = [score for score in scores if not score.prediction]
    kinds = {kind for score in scores for kind in score.kinds}
    verdict, reason, message = (
        broken_data(findings)
        or _inconclusive(request, reference, current, scores)
        or decide(request, scores)
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
            drifted=sum(score.drifted for score in features) if features else None,
            checked=len(features) or None,
            percent=int(drifted_share(features)) if features else None,
            kinds=tuple(kind for kind in Kind if kind in kinds),
            top_columns=tuple(
                (score.name, score.effect) for score in scores[:TOP_COLUMNS]
            ),
            findings=tuple(str(finding) for finding in findings),
            sampled=current.sampled,
        ),
        scores,
    )


def _is_borderline(request: CheckRequest, compared: Mapping[str, Comparison]) -> bool:
    """Whether thresholds a fifth lower would make the verdict another one."""
    scores = judge_columns(request, compared, CLEAR)
    return decide(request, scores)[0] is not Verdict.NO_DRIFT


def without_rows(
    window: Window, verdict: Verdict, reason: Reason, message: str
) -> Judgement:
    """The judgement on a window of which nothing could be compared."""
    return Judgement(
        WindowVerdict(
            window.start, window.end, window.counting, verdict, reason, message
        )
    )


def _rank(finding: Finding) -> int:
    if finding.reason in DATA_QUALITY_ORDER:
        return DATA_QUALITY_ORDER.index(finding.reason)
    return len(DATA_QUALITY_ORDER)


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings on data quality first, the gravest of them first."""
    return tuple(sorted(findings, key=_rank))


def broken_data(findings: Sequence[Finding]) -> tuple[Verdict, str, str] | None:
    """DataQuality with the first finding on it; None where there is none."""
    bad = [finding for finding in findings if finding.data_quality]
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
        (current.rows, Reason.NOT_ENOUGH_ROWS, "rows"),
        (reference.rows, Reason.NOT_ENOUGH_REFERENCE_ROWS, "reference rows"),
    ):
        if rows < request.minimum_rows:
            least = request.minimum_rows
            message = f"{rows} of at least {least} {whose}: {least - rows} missing"
            return Verdict.INCONCLUSIVE, reason, message
    if not any(not score.prediction for score in scores):
        return (
            Verdict.INCONCLUSIVE,
            Reason.NOTHING_CHECKED,
            "no column could be compared",
        )
    scored = {score.name for score in scores}
    for rule in request.columns:
        if rule.critical and rule.name not in scored:
            message = f"critical column {rule.name} could not be compared"
            return Verdict.INCONCLUSIVE, Reason.CRITICAL_COLUMN_UNCHECKED, message
    return None


def decide(
    request: CheckRequest, scores: tuple[ColumnScore, ...]
) -> tuple[Verdict, str, str]:
    """Verdict, reason and message from the scores of at least one feature."""
    return (
        _drift(request, scores) or _doubt(request, scores) or _no_drift(request, scores)
    )


def _drift(
    request: CheckRequest, scores: tuple[ColumnScore, ...]
) -> tuple[Verdict, str, str] | None:
    """Drift where a decisive column, or enough of the others, drifted beyond chance.

    "Beyond chance" is stricter than what marks a single column: see `alarm_level`.
    """
    level = alarm_level(request)
    decisive = [score for score in scores if score.decisive]
    for score in decisive:
        if score.drifted and score.standalone_p_value * len(decisive) <= level:
            return _led_by(score, _counts(scores))
    features = [score for score in scores if not score.prediction]
    drifted = [score for score in features if score.drifted]
    surest = min(
        (s.p_value if len(drifted) > 1 else s.standalone_p_value for s in drifted),
        default=1.0,
    )
    if _enough(request, scores) and surest * len(features) <= level:
        message = f"{_counts(scores)}: {_top_columns(drifted)}"
        return Verdict.DRIFT, Reason.COLUMNS_DRIFTED, message
    return None


def _doubt(
    request: CheckRequest, scores: tuple[ColumnScore, ...]
) -> tuple[Verdict, str, str] | None:
    """Inconclusive where only the dependence of rows speaks against a drift.

    Neither Drift nor NoDrift is warranted then: more independent rows are needed.
    """
    inconclusive = [score for score in scores if score.inconclusive]
    if not inconclusive:
        return None
    is_decisive = any(score.decisive for score in inconclusive)
    if not is_decisive and not _enough(request, scores, inconclusive=True):
        return None
    first = max(inconclusive, key=lambda score: score.dependence)
    message = (
        f"{first.name} {first.effect:.2f}: each row resembles the one before "
        f"({first.dependence:.2f}), so this may be chance; a longer window can tell"
    )
    return Verdict.INCONCLUSIVE, Reason.AUTOCORRELATED_ROWS, message


def _no_drift(
    request: CheckRequest, scores: tuple[ColumnScore, ...]
) -> tuple[Verdict, str, str]:
    drifted = [score for score in scores if score.drifted and not score.prediction]
    counts = _counts(scores)
    least = request.drifted_columns_percent
    is_decisive = any(score.drifted and score.decisive for score in scores)
    if is_decisive or _enough(request, scores):
        message = f"{counts}, which may be chance: {_top_columns(drifted)}"
    elif drifted:
        message = f"{counts}, below {least} %: {_top_columns(drifted)}"
    else:
        checked = sum(not score.prediction for score in scores)
        message = f"none of {checked} columns drifted"
    usual = sum(score.within_baseline for score in scores)
    if usual:
        message += f"; {usual} differ as stretches of the reference itself do"
    return Verdict.NO_DRIFT, Reason.NO_DRIFT, message


def _enough(
    request: CheckRequest, scores: tuple[ColumnScore, ...], inconclusive: bool = False
) -> bool:
    """Whether the share of drifted (or inconclusive) columns reaches the limit."""
    features = [score for score in scores if not score.prediction]
    share = drifted_share(features, inconclusive)
    return share > 0 and share >= request.drifted_columns_percent


def drifted_share(features: Sequence[ColumnScore], inconclusive: bool = False) -> float:
    """What drifted (or may have), by weight, in per cent of all that was compared."""
    counted = (
        s.weight for s in features if s.drifted or (inconclusive and s.inconclusive)
    )
    # Rounded, so that three tenths of ten equal weights are 30 per cent.
    return round(100 * sum(counted) / sum(score.weight for score in features), 9)


def _counts(scores: tuple[ColumnScore, ...]) -> str:
    features = [score for score in scores if not score.prediction]
    drifted = sum(score.drifted for score in features)
    percent = int(drifted_share(features))
    weighed = " by weight" if len({score.weight for score in features}) > 1 else ""
    return f"{drifted} of {len(features)} columns drifted ({percent} %{weighed})"


def _top_columns(drifted: list[ColumnScore]) -> str:
    return ", ".join(f"{score.name} {score.effect:.2f}" for score in drifted[:3])


def alarm_level(request: CheckRequest) -> float:
    """The chance of a false alarm that each of the two ways to Drift may have."""
    return request.significance / ALARM_DIVISOR


def _led_by(score: ColumnScore, counts: str) -> tuple[Verdict, str, str]:
    limit = f"{score.effect:.2f}, threshold {score.threshold:g}"
    if score.effect < score.threshold:
        limit = f"{score.novelty:.1%} of the rows are unlike the reference"
    if score.kinds == (Kind.NEW_CATEGORY,):
        limit = "categories that the reference does not have"
    if score.prediction:
        message = f"predictions ({score.name}): {limit}; {counts}"
        return Verdict.DRIFT, Reason.PREDICTION_DRIFTED, message
    message = f"critical column {score.name}: {limit}; {counts}"
    return Verdict.DRIFT, Reason.CRITICAL_COLUMN_DRIFTED, message
