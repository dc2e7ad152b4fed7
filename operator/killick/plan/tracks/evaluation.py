"""The evaluation track: is the candidate better on rows that neither version saw?

    state     event                                             → state, effect
    (none)    an attempt registered a version                   → Intended
    (none)    a version does not tell its training cut-off      → Inconclusive
    Intended  no Job                                            → StartEvaluation
    Intended  the Job exists                                    → Running
    Running   too few labeled rows yet                         → Waiting, then anew
    Running   the Job just ended, and no answer is seen         → waits a moment
    Running   the Job or its answer is broken                   → Waiting, 3 times
    Running   it met an outage                                  → Waiting, any number
    Running   the answer meets the policy                       → Passed
    Running   the answer does not                               → Rejected
    any       the champion or the policy changed, and no
              promotion of it is in flight                      → Intended, afresh
    any       the candidate is the champion already             → attempt Superseded
    any       spec.evaluation is not declared (any more)        → attempt Trained
    Passed    the candidate alias is elsewhere                  → MarkCandidate

An evaluation that was rejected or stayed inconclusive ends its attempt.

The policy (minimum, minimumImprovement) is fixed when the evaluation begins. The
candidate passes only if it reaches the minimum and the lower end of the 95 %
interval of its improvement exceeds minimumImprovement; a tie keeps the champion.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from driftcheck.contract.evaluation import (
    ContractError,
    EvaluationAnswer,
    decode_evaluation,
)
from killick.names import TAG_ATTEMPT, TAG_EVALUATION
from killick.plan.context import Blocked, Context, Outcome, Step
from killick.plan.effects import MarkCandidate, StartEvaluation
from killick.plan.facts import JobFact
from killick.plan.requests.evaluation import comparison
from killick.plan.rules.acceptance import judge, result_of, rows_changed
from killick.plan.rules.transient import is_away, pause
from killick.plan.rules.versions import is_marked, outdated
from killick.reasons import Reason
from killick.resource.parse import duration
from killick.resource.status import Attempt, Evaluation, Status

IN_FLIGHT = ("Intended", "Running", "Waiting")
TRIES = 3
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(hours=1)


def step(ctx: Context, status: Status) -> Step:
    """Follow the evaluation of the registered candidate."""
    attempt = status.attempt
    if attempt is None or attempt.state != "Registered" or status.promoting:
        return Step(status)
    over = _nothing_to_compare(ctx, status, attempt)
    if over:
        return over
    evaluation = status.evaluation
    if evaluation is None or evaluation.attempt != attempt.id:
        return Step(_begin(ctx, status, attempt, 1))
    if evaluation.state in (*IN_FLIGHT, "Passed") and outdated(ctx, status, evaluation):
        return Step(_begin(ctx, status, attempt, evaluation.number + 1))
    if evaluation.state == "Waiting":
        return _wait(ctx, status, attempt, evaluation)
    if evaluation.state in IN_FLIGHT:
        return _follow(ctx, status, evaluation)
    if evaluation.state == "Passed":
        return _mark(ctx, status, evaluation)
    return Step(status)


def _nothing_to_compare(ctx: Context, status: Status, attempt: Attempt) -> Step | None:
    """End an attempt whose version needs no evaluation."""
    if ctx.spec.evaluation is None:
        message = f"Version {attempt.version} is registered; spec.evaluation is not set"
        state, why = "Trained", Blocked(Reason.NO_EVALUATION, message)
    elif attempt.version == status.versions.champion:
        message = f"Version {attempt.version} is the champion already"
        state, why = "Superseded", Blocked(Reason.ALREADY_CHAMPION, message)
    else:
        return None
    return Step(status, blocked=why, outcome=Outcome(state, why))


def _begin(ctx: Context, status: Status, attempt: Attempt, number: int) -> Status:
    champion, candidate = status.versions.champion, attempt.version or ""
    policy = ctx.spec.fingerprint("evaluation")
    before = status.evaluation
    identity = ctx.name.derive(
        "evaluation", attempt.id, candidate, champion or "", policy, str(number)
    )
    evaluation = Evaluation(
        id=identity,
        attempt=attempt.id,
        candidate=candidate,
        champion=champion,
        state="Intended",
        started_at=ctx.now,
        number=number,
        failures=before.failures if before and before.attempt == attempt.id else 0,
        outages=before.outages if before and before.attempt == attempt.id else None,
        policy=policy,
    )
    return replace(status, evaluation=evaluation)


def _wait(
    ctx: Context, status: Status, attempt: Attempt, evaluation: Evaluation
) -> Step:
    due = evaluation.not_before or ctx.now
    if ctx.now < due:
        reason = evaluation.reason or "Waiting"
        return Step(status, blocked=Blocked(reason, evaluation.message or "", due))
    return Step(_begin(ctx, status, attempt, evaluation.number + 1))


def _follow(ctx: Context, status: Status, evaluation: Evaluation) -> Step:
    if ctx.registry is None or ctx.children is None:
        return Step(
            status,
            blocked=Blocked(
                Reason.UNREADABLE, "The registry or the namespace cannot be read"
            ),
        )
    job = ctx.children.job(ctx.name.evaluation_job(evaluation.id))
    if job is None:
        return _start(ctx, status, evaluation)
    if evaluation.state == "Intended":
        evaluation = replace(evaluation, state="Running")
        status = replace(status, evaluation=evaluation)
    if not job.owned:
        return _broken(
            ctx,
            status,
            evaluation,
            Reason.NAME_TAKEN,
            f"Job {job.name} exists and belongs to someone else",
        )
    if job.state == "Running":
        return _running(ctx, status, evaluation, job)
    return _answered(ctx, status, evaluation, job)


def _running(
    ctx: Context, status: Status, evaluation: Evaluation, job: JobFact
) -> Step:
    policy = ctx.spec.evaluation
    limit = evaluation.started_at + duration(policy.timeout if policy else "1h")
    if ctx.now < limit:
        message = f"Job {job.name} compares the versions"
        return Step(status, blocked=Blocked(Reason.RUNNING, message, limit))
    return _broken(
        ctx,
        status,
        evaluation,
        Reason.TIMEOUT,
        f"Job {job.name} ran longer than spec.evaluation.timeout",
    )


def _start(ctx: Context, status: Status, evaluation: Evaluation) -> Step:
    action = f"evaluate version {evaluation.candidate}"
    gate = ctx.gate(status, action)
    if gate:
        return Step(status, blocked=gate)
    effect = comparison(ctx, status, evaluation)
    if isinstance(effect, StartEvaluation):
        return ctx.request_effect(status, effect)
    if effect.reason == "HoldoutOverlap":
        return _conclude(ctx, status, evaluation, "Inconclusive", effect)
    return Step(status, blocked=effect)


def _answered(
    ctx: Context, status: Status, evaluation: Evaluation, job: JobFact
) -> Step:
    if job.answer_may_come(ctx.now):
        return Step(
            status, blocked=Blocked(Reason.RUNNING, f"Job {job.name} has just ended")
        )
    if not job.answer:
        why = (
            job.detail or f"Job {job.name} ended without an answer; read its pod's log"
        )
        return _broken(ctx, status, evaluation, job.reason or Reason.NO_ANSWER, why)
    try:
        answer = decode_evaluation(job.answer)
    except (ContractError, UnicodeError) as error:  # half of a pair
        return _broken(ctx, status, evaluation, Reason.BROKEN_ANSWER, str(error))
    if answer.id != evaluation.id:
        return _broken(
            ctx,
            status,
            evaluation,
            Reason.BROKEN_ANSWER,
            "The answer is of another evaluation",
        )
    if answer.error and answer.error.reason == "NotEnoughRows":
        return Step(_postpone(ctx, status, evaluation, answer))
    if answer.error:
        return _broken(
            ctx, status, evaluation, answer.error.reason, answer.error.message
        )
    changed = rows_changed(job, answer)
    if changed:
        return _broken(ctx, status, evaluation, Reason.ROWS_CHANGED, changed)
    return _judged(ctx, status, evaluation, answer)


def _judged(
    ctx: Context, status: Status, evaluation: Evaluation, answer: EvaluationAnswer
) -> Step:
    policy = ctx.spec.evaluation
    if policy is None:
        return Step(status)
    evaluation = replace(evaluation, result=result_of(answer))
    passed, block = judge(policy, answer, has_champion=evaluation.champion is not None)
    state = "Passed" if passed else "Rejected"
    return _conclude(ctx, status, evaluation, state, block)


def _conclude(
    ctx: Context, status: Status, evaluation: Evaluation, state: str, block: Blocked
) -> Step:
    done = replace(
        evaluation,
        state=state,
        finished_at=ctx.now,
        reason=block.reason,
        message=block.message,
    )
    status = replace(status, evaluation=done)
    if state == "Passed":
        return Step(status)
    # The episode stays open: another attempt may follow.
    outcome = Outcome("Rejected", block, closes_episode=False)
    return Step(status, outcome=outcome)


def _postpone(
    ctx: Context, status: Status, evaluation: Evaluation, answer: EvaluationAnswer
) -> Status:
    wait = duration(ctx.spec.drift.window) / 4
    due = ctx.now + min(max(wait, SHORTEST_WAIT), LONGEST_WAIT)
    block = Blocked(
        Reason.NOT_ENOUGH_ROWS, answer.error.message if answer.error else ""
    )
    return replace(status, evaluation=_waiting(evaluation, block, due))


def _broken(
    ctx: Context, status: Status, evaluation: Evaluation, reason: str, message: str
) -> Step:
    """Try again a few times; a broken evaluation never decides for anyone."""
    block = Blocked(reason, message)
    if is_away(reason):
        outages = (evaluation.outages or 0) + 1
        due = ctx.now + pause(outages)
        waiting = replace(_waiting(evaluation, block, due), outages=outages)
        return Step(replace(status, evaluation=waiting), blocked=block)
    failures = evaluation.failures + 1
    if failures >= TRIES:
        concluded = _conclude(ctx, status, evaluation, "Inconclusive", block)
        return replace(concluded, blocked=block)
    due = ctx.now + SHORTEST_WAIT * 2**failures
    waiting = replace(_waiting(evaluation, block, due), failures=failures)
    return Step(replace(status, evaluation=waiting), blocked=block)


def _waiting(evaluation: Evaluation, block: Blocked, due: datetime) -> Evaluation:
    return replace(
        evaluation,
        state="Waiting",
        not_before=due,
        reason=block.reason,
        message=block.message,
        outages=None,
    )


def _mark(ctx: Context, status: Status, evaluation: Evaluation) -> Step:
    """Let the registry say that this version is proven."""
    if ctx.registry is None or is_marked(ctx, evaluation):
        return Step(status)
    if ctx.registry.champion == evaluation.candidate:
        return Step(status)
    action = f"move the candidate alias to version {evaluation.candidate}"
    gate = ctx.gate(status, action)
    if gate:
        return Step(status, blocked=gate)
    tags = ((TAG_EVALUATION, evaluation.id), (TAG_ATTEMPT, evaluation.attempt))
    return ctx.request_effect(status, MarkCandidate(evaluation.candidate, tags))
