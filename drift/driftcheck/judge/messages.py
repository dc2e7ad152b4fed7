"""The sentences of a verdict: what happened, to what, and what follows.

They fit on one line of `kubectl describe`; the answer cuts them at 240 characters.
"""

from collections.abc import Sequence

from driftcheck.contract import CheckRequest, Kind, Verdict
from driftcheck.judge.column_drift import (
    drifted_share,
    features_of,
    reaches_share,
)
from driftcheck.judge.evidence import Evidence
from driftcheck.judge.scores import ColumnScore
from driftcheck.stats.columns import Finding

COLUMNS_NAMED = 3
DIGEST_SIGNS = 12
"""Characters of a digest that tell two of them apart."""


def changed_reference(pinned: str, read: str) -> str:
    """Name the pinned digest and the one that was read."""
    return f"pinned as {pinned[:DIGEST_SIGNS]}, found {read[:DIGEST_SIGNS]}"


def broken_data(findings: Sequence[Finding]) -> str:
    """Describe the first finding, and count the others."""
    first, more = findings[0], len(findings) - 1
    return f"{first.column}: {first.detail}" + (f" (and {more} more)" if more else "")


def missing_rows(rows: int, minimum: int, what: str) -> str:
    """Count the rows, of what they are, and how many are missing."""
    return f"{rows} of at least {minimum} {what}: {minimum - rows} missing"


def prevented_by_autocorrelation(column: ColumnScore) -> str:
    """Describe a drift that more independent rows could confirm."""
    return (
        f"{column.name} {column.effect:.2f}: consecutive rows are correlated "
        f"({column.dependence:.2f}), so this may be chance; a longer window can tell"
    )


def unsupported(evidence: Evidence, minimum: int) -> str:
    """Say how few effective rows the weakest drifted column has."""
    sizes = evidence.effective_rows
    drifted = [score.name for score in evidence.scores if score.drifted]
    name = min(drifted, key=lambda name: sizes[name].effective)
    size = sizes[name]
    return (
        f"not statistically supported: effective sample size {size.effective} of "
        f"{size.rows} rows ({name}); at least {minimum} are needed"
    )


def unsupported_drift(evidence: Evidence, minimum: int) -> str:
    """Say the same beside a verdict Drift, and what follows from it."""
    doubt = unsupported(evidence, minimum)
    return f"{doubt}. It counts as drift; check a longer window to confirm it"


def decisive_column(column: ColumnScore, scores: Sequence[ColumnScore]) -> str:
    """Name the critical column or the prediction, its effect and all counts."""
    limit = f"{column.effect:.2f}, threshold {column.threshold:g}"
    if column.effect < column.threshold:
        limit = f"{column.novelty:.1%} of the rows are unlike the reference"
    if column.kinds == (Kind.NEW_CATEGORY,):
        limit = "categories that the reference does not have"
    role = f"critical column {column.name}"
    if column.prediction:
        role = f"predictions ({column.name})"
    return f"{role}: {limit}; {_counts(scores)}"


def drifted_columns(scores: Sequence[ColumnScore]) -> str:
    """Count the drifted columns and name the most drifted ones."""
    return f"{_counts(scores)}: {_most_drifted(scores)}"


def drifted_segments(evidence: Evidence) -> str | None:
    """Name the first segment that drifted, and count the others; None without any."""
    segments = evidence.segments.judged if evidence.segments else ()
    drifted = [
        (name, judgement.verdict)
        for name, judgement in segments
        if judgement.verdict.verdict is Verdict.DRIFT
    ]
    if not drifted:
        return None
    (name, verdict), more = drifted[0], len(drifted) - 1
    others = f" (and in {more} more segments)" if more else ""
    return f"{name}: {verdict.message}{others}"


def dropped_performance(request: CheckRequest, evidence: Evidence) -> str | None:
    """Describe a performance that is drift; None where it is not."""
    rule, performance = request.performance, evidence.performance
    if rule is None or performance is None:
        return None
    if performance.verdict is not Verdict.DRIFT:
        return None
    return performance.describe(rule)


def no_drift(request: CheckRequest, scores: Sequence[ColumnScore]) -> str:
    """Count the columns that drifted, and say why they are no drift of the dataset."""
    drifted = [score for score in scores if score.drifted]
    decisive = any(score.decisive for score in drifted)
    if decisive or reaches_share(request, drifted_share(scores)):
        message = f"{_counts(scores)}, which may be chance: {_most_drifted(scores)}"
    elif drifted:
        limit = request.drifted_columns_percent
        message = f"{_counts(scores)}, below {limit} %: {_most_drifted(scores)}"
    else:
        message = f"none of {len(features_of(scores))} columns drifted"
    within = sum(score.within_baseline for score in scores)
    if within:
        vary = "varies" if within == 1 else "vary"
        message += f"; {within} {vary} within the reference's own variation over time"
    return message


def _counts(scores: Sequence[ColumnScore]) -> str:
    features = features_of(scores)
    drifted = sum(score.drifted for score in features)
    weighed = " by weight" if len({score.weight for score in features}) > 1 else ""
    percent = f"{int(drifted_share(scores))} %{weighed}"
    return f"{drifted} of {len(features)} columns drifted ({percent})"


def _most_drifted(scores: Sequence[ColumnScore]) -> str:
    drifted = [score for score in features_of(scores) if score.drifted]
    return ", ".join(f"{s.name} {s.effect:.2f}" for s in drifted[:COLUMNS_NAMED])
