"""Build the request of an evaluation's Job: its rows, versions and images."""

from __future__ import annotations

from datetime import datetime

from driftcheck.contract.evaluation import (
    EvaluationRequest,
    Metric,
    encode_evaluation_request,
)
from killick.names import TAG_TRAIN_BEFORE
from killick.plan.context import Blocked, Context
from killick.plan.effects import StartEvaluation
from killick.plan.requests.check import log_source
from killick.reasons import Reason
from killick.resource.codec import parse_time
from killick.resource.status import Evaluation, Status


def comparison(
    ctx: Context, status: Status, evaluation: Evaluation
) -> StartEvaluation | Blocked:
    """Return the effect that compares the versions, or why it cannot be done.

    `HoldoutOverlap`: it cannot be known which rows neither version was trained on.
    """
    after = _cut_off(ctx, status, evaluation)
    if isinstance(after, Blocked):
        return after
    candidate = ctx.version(evaluation.candidate)
    champion = ctx.version(evaluation.champion)
    policy = ctx.spec.evaluation
    template = ctx.children.template if ctx.children else None
    if policy is None or candidate is None or template is None:
        return Blocked(
            Reason.TEMPLATE_MISSING,
            "The training CronJob, whose image scores the versions, does not exist",
        )
    request = EvaluationRequest(
        id=evaluation.id,
        log=log_source(ctx),
        after=after,
        metric=Metric(policy.metric.name),
        champion=champion is not None,
        minimum_rows=policy.minimum_rows,
    )
    return StartEvaluation(
        evaluation=evaluation,
        job=ctx.name.evaluation_job(evaluation.id),
        request=encode_evaluation_request(request),
        candidate_image=candidate.image or template.image,
        champion_image=(champion.image or template.image) if champion else None,
    )


def _cut_off(
    ctx: Context, status: Status, evaluation: Evaluation
) -> datetime | Blocked:
    """Return the latest of both versions' training cut-offs and of the attempt's own.

    So a version's tag never widens its own holdout beyond what its training was given.
    """
    attempt = status.attempt
    ours = attempt is not None and attempt.id == evaluation.attempt
    moments = [attempt.started_at] if attempt and ours else []
    compared = (evaluation.candidate, evaluation.champion)
    for version in compared[: 2 if evaluation.champion else 1]:
        facts = ctx.version(version)
        text = facts.train_before if facts else None
        try:
            moments.append(parse_time(text or ""))
        except ValueError:
            message = (
                f"Version {version} does not say which rows it was trained on; set its "
                f"tag {TAG_TRAIN_BEFORE} to the time before which they lie"
            )
            return Blocked(Reason.HOLDOUT_OVERLAP, message)
    return max(moments)
