"""What an object without status can still learn of what it had begun.

A status can vanish: a restore, a re-creation, a rebuild from Git. The traces of its
intents are in the world, by their IDs, and are taken up instead of begun again.

    trace                                               → what is taken up
    training Jobs of ours, versions whose run says that
    one of our trainings made it                        → attempts, for cooldown and
                                                          budget
    the newest of them did not fail                     → it is the attempt in flight;
                                                          the registry's tag says what
                                                          became of it
    Git names a version that we proved, and the champion
    alias is still at the one before                    → its promotion, if the history
                                                          has our commit
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

from killick.names import ID_LENGTH, PURPOSE_TRAINING, TAG_EVALUATION
from killick.plan.context import Context
from killick.plan.facts import Children, JobFact
from killick.registry.port import PastRun
from killick.resource.status import (
    HISTORY_LIMIT,
    Attempt,
    PastAttempt,
    Promotion,
    Status,
)

UNKNOWN_EPISODE = "recovered"  # its cause was in the status that vanished
WHOLE_HISTORY = ""  # nobody knows where it began: the whole history is searched


Recovered = tuple[Attempt | None, tuple[PastAttempt, ...]]


def recover_attempts(ctx: Context, champion: str | None) -> Recovered:
    """Return the attempt in flight, if any, and all that left a Job or a version."""
    if ctx.children is None:
        return None, ()
    attempt, history = _from_jobs(ctx, ctx.children, champion)
    known = {past.id for past in history}
    runs = ctx.registry.past if ctx.registry else ()
    registered = [
        PastAttempt(run.attempt, UNKNOWN_EPISODE, _begun(run, ctx.now), "Recovered")
        for run in runs
        if re.fullmatch(f"[0-9a-f]{{{ID_LENGTH}}}", run.attempt)
        and run.attempt not in known
    ]
    whole = sorted([*registered, *history], key=lambda past: past.started_at)
    return attempt, tuple(whole[-HISTORY_LIMIT:])


def _begun(run: PastRun, now: datetime) -> datetime:
    """Return when a version was registered; now, where a clock was set back since."""
    return min(datetime.fromtimestamp(int(run.registered), UTC), now)


def _from_jobs(ctx: Context, children: Children, champion: str | None) -> Recovered:
    jobs = [job for job in children.jobs if _attempt_id(ctx, job)]
    jobs.sort(key=lambda job: (job.created_at, job.name))
    if not jobs:
        return None, ()
    past = [
        PastAttempt(
            _attempt_id(ctx, job) or "",
            UNKNOWN_EPISODE,
            job.created_at,
            "Failed" if job.state == "Failed" else "Recovered",
        )
        for job in jobs
    ]
    latest, job = past[-1], jobs[-1]
    if job.state == "Failed":
        return None, tuple(past[-HISTORY_LIMIT:])
    past[-1] = replace(latest, outcome="InFlight")
    attempt = Attempt(
        id=latest.id,
        episode=UNKNOWN_EPISODE,
        state="Running",
        started_at=job.created_at,
        champion=champion,
        job=job.name,
    )
    return attempt, tuple(past[-HISTORY_LIMIT:])


def _attempt_id(ctx: Context, job: JobFact) -> str | None:
    """Return the attempt that a Job's name tells, None if it is not such a Job."""
    identity = job.name.rpartition("-")[2]
    ours = job.owned and job.purpose == PURPOSE_TRAINING
    return identity if ours and job.name == ctx.name.training_job(identity) else None


def recover_promotion(ctx: Context, status: Status, target: str) -> Promotion | None:
    """Return the promotion that Git may have had before the status vanished.

    It is only assumed: its commit must be found in the history before anything
    follows from it.
    """
    git, registry, desired = ctx.git, ctx.registry, status.versions.desired
    if git is None or git.value is None or registry is None or desired is None:
        return None
    facts, champion = ctx.version(desired), registry.champion
    evaluation = facts.tags.get(TAG_EVALUATION) if facts else None
    if champion in (None, desired) or evaluation is None:
        return None
    return Promotion(
        id=ctx.name.derive("promotion", evaluation, desired),
        state="Proposed",
        version=desired,
        previous=champion,
        from_value=ctx.spec.value_of(champion or ""),
        to_value=git.value,
        base=WHOLE_HISTORY,
        target=target,
        proposed_at=ctx.now,
        evaluation=evaluation,
    )


def promotion_explains_mismatch(ctx: Context, status: Status) -> bool:
    """Return whether a landed promotion explains that value and alias differ."""
    promotion = status.promotion
    if promotion is None or promotion.state not in ("Landed", "Deployed"):
        return False
    if ctx.git is None or ctx.registry is None:
        return False
    return (
        ctx.git.value == promotion.to_value
        and ctx.registry.champion == promotion.previous
    )
