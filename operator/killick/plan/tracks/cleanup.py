"""The cleanup track: it removes Jobs whose outcome is recorded.

    finished, of an earlier attempt or evaluation           → DeleteJob
    running, of an attempt that is over (it ran too long)   → DeleteJob
    anything else                                           → nothing

The latest Jobs stay for a person to look at, until the next ones begin. Nothing goes
before the adoption: a lost status is recovered from these Jobs.
"""

from __future__ import annotations

from killick.names import PURPOSE_EVALUATION, PURPOSE_TRAINING
from killick.plan.context import Context, Step
from killick.plan.effects import DeleteJob
from killick.plan.facts import JobFact
from killick.resource.status import Status

PURPOSES = (PURPOSE_TRAINING, PURPOSE_EVALUATION)


def step(ctx: Context, status: Status) -> Step:
    """Delete the first Job that is over."""
    if ctx.children is None or ctx.facts.deleting or status.adopted_at is None:
        return Step(status)
    for job in ctx.children.jobs:
        if job.purpose in PURPOSES and job.owned and _is_over(ctx, status, job):
            return ctx.request_effect(status, DeleteJob(job.name, job.uid))
    return Step(status)


def _is_over(ctx: Context, status: Status, job: JobFact) -> bool:
    attempt, evaluation = status.attempt, status.evaluation
    if attempt and job.name == attempt.job:
        return attempt.state == "Failed" and job.state == "Running"
    if job.purpose == PURPOSE_EVALUATION and (
        evaluation is None or job.name == ctx.name.evaluation_job(evaluation.id)
    ):
        return False
    return job.state != "Running"
