"""The rule by which a candidate passes, as a table."""

import pytest

from driftcheck.contract.evaluation import EvaluationAnswer, Metric
from killick.plan.rules.acceptance import judge, result_of
from killick.resource.spec import Evaluation
from killick.resource.spec import Metric as Named

ERROR, SCORE = "MeanAbsoluteError", "RocAuc"
TABLE = [
    # metric, minimum, maximum, needed, candidate, champion, lower | passed, reason
    (ERROR, None, None, "0", 1.5, 2.0, 0.2, True, "Better"),
    (ERROR, None, None, "0", 1.5, 2.0, 0.0, False, "NotBetter"),
    (ERROR, None, None, "0", 1.5, 2.0, -0.1, False, "NotBetter"),
    (ERROR, None, None, "0.2", 1.5, 2.0, 0.2, False, "NotBetter"),
    (ERROR, None, None, "0.2", 1.5, 2.0, 0.21, True, "Better"),
    (ERROR, None, "1.4", "0", 1.5, 2.0, 0.2, False, "AboveMaximum"),
    (ERROR, None, "1.5", "0", 1.5, 2.0, 0.2, True, "Better"),
    (SCORE, "0.7", None, "0", 0.69, 0.5, 0.1, False, "BelowMinimum"),
    (SCORE, "0.7", None, "0", 0.7, 0.5, 0.1, True, "Better"),
    (SCORE, "0.7", None, "0", 0.9, 0.5, None, False, "NoInterval"),
    (SCORE, "0.7", None, "0", 0.9, None, 0.1, False, "NoInterval"),
    (SCORE, None, None, "0", None, 0.5, 0.1, False, "NoScore"),
]


@pytest.mark.parametrize(
    (
        "metric",
        "low",
        "high",
        "needed",
        "score",
        "champion",
        "lower",
        "passed",
        "reason",
    ),
    TABLE,
)
def test_against_a_champion(  # noqa: PLR0917  a row of the table
    metric: str,
    low: str | None,
    high: str | None,
    needed: str,
    score: float | None,
    champion: float | None,
    lower: float | None,
    passed: bool,
    reason: str,
) -> None:
    """The bound comes first, then the interval's lower end; a tie is a no."""
    policy = Evaluation(Named(metric), low, high, needed)
    answer = EvaluationAnswer(
        "e1",
        100,
        champion_score=champion,
        candidate_score=score,
        lower=lower,
        upper=1.0,
    )
    verdict, block = judge(policy, answer, has_champion=True)
    assert (verdict, block.reason) == (passed, reason)


@pytest.mark.parametrize(
    ("score", "passed", "reason"),
    [(0.7, True, "NoChampion"), (0.6, False, "BelowMinimum"), (None, False, "NoScore")],
)
def test_without_a_champion(score: float | None, passed: bool, reason: str) -> None:
    """Without a champion the minimum alone decides."""
    policy = Evaluation(Named(SCORE), "0.7")
    answer = EvaluationAnswer("e1", 100, candidate_score=score)
    verdict, block = judge(policy, answer, has_champion=False)
    assert (verdict, block.reason) == (passed, reason)


def test_the_result_is_what_was_measured() -> None:
    """Numbers become decimal strings, what was not measured stays absent."""
    answer = EvaluationAnswer(
        "e1", 120, "d" * 400, metric=Metric.ACCURACY, candidate_score=1 / 3, lower=1e-9
    )
    result = result_of(answer)
    assert (result.rows, result.metric) == (120, "Accuracy")
    assert (result.candidate_score, result.lower) == ("0.333333", "1e-09")
    assert result.champion_score is None
    assert result.digest is not None
    assert len(result.digest) == 100
