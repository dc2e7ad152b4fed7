"""Whether the scores of the columns make the dataset drift: pure predicates.

Drift by chance has two ways to occur, a decisive column and the share of columns. Each
may happen with the probability `alarm_level`, so both together cause less than one
false alarm a year in daily checks with the usual significance of 0.05.
"""

from collections.abc import Mapping, Sequence

from driftcheck.contract import CheckRequest
from driftcheck.judge.evidence import EffectiveRows
from driftcheck.judge.scores import ColumnScore

ALARM_DIVISOR = 40
"""0.05 / 40 is one check in 800 for each of the two ways: 2/800 a day, 0.9 a year."""


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
