"""The attempt track: one retraining run for an open episode.

    state       event                                          → state, effect
    (none)      episode open, gates pass                       → Intended
    Intended    no Job, no version with the attempt's tag      → StartTraining
    Intended    the Job exists                                 → Running
    in flight   a FINISHED run registered a version            → Registered
    in flight   the Job succeeded, no version within the grace → Failed NoVersion
    in flight   the Job failed                                 → Failed, with reason
    Running     the Job vanished, no version within the grace  → Failed JobVanished
    in flight   the Job's name is taken by someone else        → Failed NameTaken
    Running     longer than the timeout                        → Failed Timeout
    Intended    spec.retraining is gone, and no Job            → Superseded
    Registered  spec.evaluation is not declared                → Trained
    Registered  the evaluation said no                         → Rejected
    Registered  it is proven, and no repository is declared    → Proven
    Registered  it became the champion without us              → Superseded
    Registered  the promotion ended                            → Promoted, Superseded,
                                                                 Reverted

Gates of a new attempt, in order: automation is not blocked (suspend, hold, adoption,
mode), the template exists, cooldown, budget. Before the Job is created (again) the
registry is searched for the attempt's tag: training that registered is never repeated.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from killick.names import TAG_ATTEMPT
from killick.plan.context import Blocked, Context, Outcome, Step
from killick.plan.effects import StartTraining
from killick.plan.facts import JobFact
from killick.plan.rules.recovery import recover_attempts
from killick.reasons import Reason
from killick.resource.codec import format_time
from killick.resource.parse import duration
from killick.resource.spec import Retraining
from killick.resource.status import HISTORY_LIMIT, Attempt, PastAttempt, Status

GRACE = timedelta(minutes=1)  # a registry's search may lag behind the run's end
BREAKER = 3  # rejected candidates in a row after which a person must look


def step(ctx: Context, status: Status) -> Step:
    """Follow the attempt in flight, or start one."""
    attempt = status.attempt
    if attempt and attempt.in_flight:
        return _follow(ctx, status, attempt)
    return _maybe_start(ctx, status)


def finish(ctx: Context, status: Status, outcome: Outcome) -> Step:
    """Return a status in which the attempt is over; the last rejection holds.

    The only place that ends an attempt: other tracks report an outcome.
    """
    attempt = status.attempt
    if attempt is None:
        return Step(status)
    why = outcome.why
    over = replace(
        attempt,
        state=outcome.state,
        finished_at=ctx.now,
        reason=why.reason,
        message=why.message,
    )
    history = _with_outcome(status, attempt, outcome.state)
    status = replace(status, attempt=over, attempts=history)
    rejected = [past.outcome for past in history[-BREAKER:]]
    if rejected == ["Rejected"] * BREAKER and status.hold is None:
        message = (
            f"{BREAKER} candidates in a row were rejected, the last one: {why.message}"
        )
        return Step(status, hold=Blocked(Reason.CANDIDATES_REJECTED, message))
    return Step(status)


def recover(ctx: Context, status: Status) -> Status:
    """Return a status with the attempts that a lost status left in the world."""
    if status.attempt or status.attempts:
        return status
    attempt, history = recover_attempts(ctx, status.versions.champion)
    return replace(status, attempt=attempt, attempts=history)


def _with_outcome(
    status: Status, attempt: Attempt, outcome: str
) -> tuple[PastAttempt, ...]:
    return tuple(
        replace(past, outcome=outcome) if past.id == attempt.id else past
        for past in status.attempts
    )


def _maybe_start(ctx: Context, status: Status) -> Step:
    policy, episode = ctx.spec.retraining, status.episode
    if policy is None or episode is None or not episode.is_open:
        return Step(status)
    if status.attempt and status.attempt.state == "Registered":
        return Step(status)  # its evaluation and promotion go first
    block = _gate(ctx, status, policy)
    if block:
        return Step(status, blocked=block)
    # Chained, not counted: the history is bounded, and an ID must never come twice.
    before = [past.id for past in status.attempts if past.episode == episode.id]
    identity = ctx.name.derive("attempt", episode.id, *before[-1:])
    attempt = Attempt(
        id=identity,
        episode=episode.id,
        state="Intended",
        started_at=ctx.now,
        champion=status.versions.champion,
        job=ctx.name.training_job(identity),
    )
    past = PastAttempt(identity, episode.id, ctx.now, "InFlight")
    history = (*status.attempts, past)[-HISTORY_LIMIT:]
    status = replace(status, attempt=attempt, attempts=history, evaluation=None)
    # The search for traces needs the attempt's ID: the Job is created next pass.
    return Step(status)


def _gate(ctx: Context, status: Status, policy: Retraining) -> Blocked | None:
    blocked = ctx.blocked(status)
    if blocked:
        return blocked
    template = policy.job.cron_job_ref.name
    if ctx.children is None:
        return Blocked(Reason.UNREADABLE, "The namespace cannot be read")
    if ctx.children.template is None:
        message = f"CronJob {template!r}, the template of the training, does not exist"
        return Blocked(Reason.TEMPLATE_MISSING, message)
    if not ctx.children.template.suspended:
        message = (
            f"CronJob {template!r} is only a template: set its spec.suspend to true"
        )
        return Blocked(Reason.TEMPLATE_NOT_SUSPENDED, message)
    episode = status.episode.id if status.episode else ""
    return _pace(ctx, status, policy) or ctx.gate(
        status, f"retrain for episode {episode}"
    )


def _pace(ctx: Context, status: Status, policy: Retraining) -> Blocked | None:
    if not status.attempts:
        return None
    rested = status.attempts[-1].started_at + duration(policy.cooldown)
    if ctx.now < rested:
        message = f"The cooldown ends at {format_time(rested)}"
        return Blocked(Reason.COOLDOWN, message, rested)
    period = duration(policy.budget.per)
    recent = [p for p in status.attempts if p.started_at > ctx.now - period]
    if len(recent) >= policy.budget.attempts:
        again = recent[-policy.budget.attempts].started_at + period
        message = (
            f"The budget allows {policy.budget.attempts} attempts in "
            f"{policy.budget.per}; the next may start at {format_time(again)}"
        )
        return Blocked(Reason.BUDGET_EXHAUSTED, message, again)
    return None


def _follow(ctx: Context, status: Status, attempt: Attempt) -> Step:
    if ctx.registry is None or ctx.children is None:
        return Step(
            status,
            blocked=Blocked(
                Reason.UNREADABLE, "The registry or the namespace cannot be read"
            ),
        )
    if ctx.registry.attempt_versions:
        version = ctx.registry.attempt_versions[0]
        registered = replace(
            attempt, state="Registered", version=version, finished_at=None
        )
        versions = replace(status.versions, candidate=version)
        return Step(replace(status, attempt=registered, versions=versions))
    job = ctx.children.job(attempt.job or "")
    if job and not job.owned:
        block = Blocked(
            Reason.NAME_TAKEN, f"Job {job.name} exists and belongs to someone else"
        )
        return _ended(ctx, status, "Failed", block)
    if job is None:
        return _without_job(ctx, status, attempt)
    return _with_job(ctx, status, attempt, job)


def _without_job(ctx: Context, status: Status, attempt: Attempt) -> Step:
    if attempt.state == "Running":
        return _vanished(ctx, status, attempt)
    if ctx.spec.retraining is None:
        block = Blocked(Reason.SPEC_CHANGED, "spec.retraining was removed")
        return _ended(ctx, status, "Superseded", block)
    gate = ctx.gate(status, "start the training")
    if gate:
        return Step(status, blocked=gate)
    if ctx.registry and not ctx.registry.attempt_search_complete:
        message = "The registry has too many versions to search for this attempt"
        return Step(status, blocked=Blocked(Reason.SEARCH_INCOMPLETE, message))
    effect = StartTraining(attempt, attempt.job or "")
    return ctx.request_effect(status, effect)


def _vanished(ctx: Context, status: Status, attempt: Attempt) -> Step:
    """Look a while longer for the version of a Job that is gone."""
    gone = attempt.finished_at or ctx.now
    if ctx.now < gone + GRACE:
        status = replace(status, attempt=replace(attempt, finished_at=gone))
        message = "The training Job was deleted; searching the registry for its version"
        return Step(status, blocked=Blocked(Reason.SEARCHING, message, gone + GRACE))
    block = Blocked(
        Reason.JOB_VANISHED,
        "The training Job was deleted before it registered a version",
    )
    return _ended(ctx, status, "Failed", block)


def _with_job(ctx: Context, status: Status, attempt: Attempt, job: JobFact) -> Step:
    if attempt.state == "Intended" or attempt.finished_at:
        attempt = replace(attempt, state="Running", finished_at=None)
        status = replace(status, attempt=attempt)
    if job.state == "Failed":
        block = Blocked(
            job.reason or Reason.JOB_FAILED,
            job.detail or f"Job {job.name} failed; read its pod's log",
        )
        return _ended(ctx, status, "Failed", block)
    if job.state == "Succeeded":
        ended = job.finished_at or ctx.now
        if ctx.now < ended + GRACE:
            message = "The training ended; searching the registry for its version"
            return Step(
                status, blocked=Blocked(Reason.SEARCHING, message, ended + GRACE)
            )
        message = (
            f"Job {job.name} succeeded, but no version of a FINISHED run has the tag "
            f"{TAG_ATTEMPT}={attempt.id}; see docs/training-contract.md"
        )
        block = Blocked(Reason.NO_VERSION, message)
        return _ended(ctx, status, "Failed", block)
    return _running(ctx, status, attempt, job)


def _ended(ctx: Context, status: Status, state: str, why: Blocked) -> Step:
    return replace(finish(ctx, status, Outcome(state, why)), blocked=why)


def _running(ctx: Context, status: Status, attempt: Attempt, job: JobFact) -> Step:
    policy = ctx.spec.retraining
    limit = attempt.started_at + duration(policy.timeout if policy else "6h")
    if ctx.now < limit:
        message = f"Job {job.name} is running"
        return Step(status, blocked=Blocked(Reason.RUNNING, message, limit))
    block = Blocked(
        Reason.TIMEOUT,
        f"Job {job.name} ran longer than spec.retraining.timeout and is deleted",
    )
    return _ended(ctx, status, "Failed", block)
