"""The rule by which a candidate passes its evaluation."""

from __future__ import annotations

from driftcheck.contract.evaluation import (
    ContractError,
    EvaluationAnswer,
    decode_evaluation,
)
from killick.plan.context import Blocked
from killick.plan.facts import JobFact
from killick.plan.rules.performance import decimal
from killick.reasons import Reason
from killick.resource.bounds import clip, count
from killick.resource.spec import Evaluation as Policy
from killick.resource.status import EvaluationResult


def judge(
    policy: Policy, answer: EvaluationAnswer, *, has_champion: bool
) -> tuple[bool, Blocked]:
    """Return whether the candidate may be promoted, and why (not).

    Without a champion the minimum alone decides.
    """
    score, name = answer.candidate_score, policy.metric.name
    if score is None:
        return False, Blocked(
            Reason.NO_SCORE, "the evaluation has no score of the candidate"
        )
    if policy.minimum is not None and score < float(policy.minimum):
        message = f"{name} {score:.4g} is below the minimum {policy.minimum}"
        return False, Blocked(Reason.BELOW_MINIMUM, message)
    if policy.maximum is not None and score > float(policy.maximum):
        message = f"{name} {score:.4g} is above the maximum {policy.maximum}"
        return False, Blocked(Reason.ABOVE_MAXIMUM, message)
    if not has_champion:
        return True, Blocked(
            Reason.NO_CHAMPION, f"{name} {score:.4g}; there is no champion"
        )
    return _improves(policy, answer, score)


def _improves(
    policy: Policy, answer: EvaluationAnswer, score: float
) -> tuple[bool, Blocked]:
    if answer.lower is None or answer.upper is None or answer.champion_score is None:
        message = "the evaluation has no interval of the improvement"
        return False, Blocked(Reason.NO_INTERVAL, message)
    needed = float(policy.minimum_improvement)
    message = (
        f"{policy.metric.name} {score:.4g} against {answer.champion_score:.4g} on "
        f"{answer.rows} rows: improvement {answer.improvement or 0.0:.4g}, "
        f"95 % interval {answer.lower:.4g} to {answer.upper:.4g}"
    )
    if answer.lower > needed:
        return True, Blocked(Reason.BETTER, message)
    return False, Blocked(Reason.NOT_BETTER, f"{message}; it must lie above {needed:g}")


def result_of(answer: EvaluationAnswer) -> EvaluationResult:
    """Return the answer as the status keeps it, numbers as decimal strings."""
    return EvaluationResult(
        rows=count(answer.rows) or 0,
        metric=str(answer.metric or ""),
        digest=clip(answer.digest, 100) if answer.digest else None,
        champion_score=decimal(answer.champion_score),
        candidate_score=decimal(answer.candidate_score),
        improvement=decimal(answer.improvement),
        lower=decimal(answer.lower),
        upper=decimal(answer.upper),
    )


def rows_changed(job: JobFact, answer: EvaluationAnswer) -> str | None:
    """Return how the compared rows differ from those that `rows` wrote, else None.

    `rows` runs no model's code, so its own message is the one that decides.
    """
    try:
        wrote = decode_evaluation(job.rows_answer or "")
    except (ContractError, UnicodeError) as error:
        return f"The container rows left no readable message: {error}"
    facts = ("id", "rows", "digest", "after", "until")
    differing = [f for f in facts if getattr(wrote, f) != getattr(answer, f)]
    if not differing:
        return None
    return f"The containers rows and compare disagree about {', '.join(differing)}"
