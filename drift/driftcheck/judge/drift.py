"""Drift: whether columns, segments and performance show it, and how to describe it.

Drift by chance has two ways to occur, a decisive column and the share of columns. Each
may happen with the probability `alarm_level`, so both together cause less than one
false alarm a year in daily checks with the usual significance of 0.05. Sentences fit
on one line of `kubectl describe`; the answer cuts them at 240 characters.
"""

from collections.abc import Mapping, Sequence

from driftcheck.contract import CheckRequest, Kind, Verdict
from driftcheck.judge.column_score import ColumnScore
from driftcheck.judge.evidence import EffectiveRows, Evidence

ALARM_DIVISOR = 40
"""Divisor of the significance for each of the two ways to drift by chance.

0.05 / 40 is one check in 800 for each way: with daily checks 2/800 a day, 0.91 false
alarms a year. A larger divisor raises fewer false alarms and misses more changes.
"""

COLUMNS_NAMED = 3
"""Columns that a message names: more would be cut."""


def alarm_level(request: CheckRequest) -> float:
    """Return the probability of a false alarm that each way to drift may have."""
    return request.significance / ALARM_DIVISOR


def features_of(scores: Sequence[ColumnScore]) -> tuple[ColumnScore, ...]:
    """Return the scores of features, without that of the prediction."""
    return tuple(score for score in scores if not score.prediction)


def decisive_drift(
    request: CheckRequest, scores: Sequence[ColumnScore]
) -> ColumnScore | None:
    """Return the first critical column or prediction that drifted beyond chance."""
    decisive = [score for score in scores if score.decisive]
    level = alarm_level(request)
    for score in decisive:
        if score.drifted and score.standalone_p_value * len(decisive) <= level:
            return score
    return None


def share_drifted(request: CheckRequest, scores: Sequence[ColumnScore]) -> bool:
    """Return whether enough columns drifted, and at least one of them beyond chance.

    The p-value of one column alone includes the reference's own variation over time.
    """
    features = features_of(scores)
    drifted = [score for score in features if score.drifted]
    alone = len(drifted) == 1
    p_value = min(
        (s.standalone_p_value if alone else s.p_value for s in drifted), default=1.0
    )
    enough = reaches_share(request, drifted_share(scores))
    return enough and p_value * len(features) <= alarm_level(request)


def columns_drifted(request: CheckRequest, scores: Sequence[ColumnScore]) -> bool:
    """Return whether the scores of the columns make the dataset drift."""
    return bool(decisive_drift(request, scores)) or share_drifted(request, scores)


def inconclusive_drift(
    request: CheckRequest, scores: Sequence[ColumnScore]
) -> ColumnScore | None:
    """Return the most autocorrelated column if only autocorrelation prevents drift."""
    inconclusive = [score for score in scores if score.inconclusive]
    decisive = any(score.decisive for score in inconclusive)
    if not decisive and not reaches_share(request, possible_share(scores)):
        return None
    return max(inconclusive, key=lambda score: score.dependence, default=None)


def statistically_supported(
    request: CheckRequest,
    scores: Sequence[ColumnScore],
    effective_rows: Mapping[str, EffectiveRows],
    minimum: int,
) -> bool:
    """Return whether the columns with enough effective rows drift by themselves.

    A prediction alone is not enough, as it follows the features. True where the engine
    does not test significance.
    """
    if not effective_rows:
        return True
    supported = [s for s in scores if effective_rows[s.name].effective >= minimum]
    return bool(features_of(supported)) and columns_drifted(request, supported)


def reaches_share(request: CheckRequest, percent: float) -> bool:
    """Return whether a share of columns reaches the limit; 0 never does."""
    return percent > 0 and percent >= request.drifted_columns_percent


def drifted_share(scores: Sequence[ColumnScore]) -> float:
    """Return the drifted features by weight, in per cent of all compared features."""
    features = features_of(scores)
    return _share(features, [score for score in features if score.drifted])


def possible_share(scores: Sequence[ColumnScore]) -> float:
    """Return the share as of `drifted_share`, inconclusive columns included."""
    features = features_of(scores)
    return _share(features, [s for s in features if s.drifted or s.inconclusive])


def _share(features: Sequence[ColumnScore], part: Sequence[ColumnScore]) -> float:
    total = sum(score.weight for score in features)
    # Rounded, so that three tenths of ten equal weights are 30 per cent.
    return round(100 * sum(s.weight for s in part) / total, 9) if features else 0.0


def describe_unsupported(evidence: Evidence, minimum: int) -> str:
    """Say how few effective rows the weakest drifted column has."""
    sizes = evidence.effective_rows
    drifted = [score.name for score in evidence.scores if score.drifted]
    name = min(drifted, key=lambda name: sizes[name].effective)
    size = sizes[name]
    return (
        f"not statistically supported: effective sample size {size.effective} of "
        f"{size.rows} rows ({name}); at least {minimum} are needed"
    )


def describe_unsupported_drift(evidence: Evidence, minimum: int) -> str:
    """Say the same beside a verdict Drift, and what follows from it."""
    doubt = describe_unsupported(evidence, minimum)
    return f"{doubt}. It counts as drift; check a longer window to confirm it"


def describe_decisive_column(column: ColumnScore, scores: Sequence[ColumnScore]) -> str:
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


def describe_columns(scores: Sequence[ColumnScore]) -> str:
    """Count the drifted columns and name the most drifted ones."""
    return f"{_counts(scores)}: {_most_drifted(scores)}"


def describe_segments(evidence: Evidence) -> str | None:
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


def describe_performance(request: CheckRequest, evidence: Evidence) -> str | None:
    """Describe a performance that is drift; None where it is not."""
    rule, performance = request.performance, evidence.performance
    if rule is None or performance is None:
        return None
    if performance.verdict is not Verdict.DRIFT:
        return None
    return performance.describe(rule)


def describe_no_drift(request: CheckRequest, scores: Sequence[ColumnScore]) -> str:
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
