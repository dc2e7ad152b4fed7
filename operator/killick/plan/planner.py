"""Decides one pass: facts in, a new status and at most one effect out.

The tracks run in a fixed order. The order is a priority: what is under way goes
before what is new, and production goes before everything else. The first effect
wins; a later track reads the status that the earlier ones left.

    hold → adoption → check → promotion → evaluation → attempt → episode → cleanup

Each track writes its own state. Where it asks for the end of the attempt or for a
hold, `fold` lets the owner of that state do it, before the next track runs.

An object whose target belongs to an older one (`ownership`) is only checked. So is an
object in the pass that adopts it: the pass did not ask about what it recovered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from killick.names import PURPOSE_TRAINING
from killick.plan.context import Blocked, Context, Step
from killick.plan.effects import Effect
from killick.plan.facts import JobFact, Unknown
from killick.plan.report.conditions import conditions
from killick.plan.report.events import Decision, transitions
from killick.plan.report.phase import phase, waiting_for
from killick.plan.rules import ownership
from killick.plan.tracks import (
    adoption,
    attempt,
    check,
    cleanup,
    episode,
    evaluation,
    hold,
    promotion,
)
from killick.resource.bounds import bounded, clip
from killick.resource.conditions import merge
from killick.resource.status import Status

POLL = timedelta(seconds=10)  # while a Job runs; a watch event wakes earlier
RETRY = timedelta(seconds=10)  # after a read that failed: who is back is used at once


@dataclass(frozen=True)
class Plan:
    """What a pass decided.

    `wake_at` is when to look again if nothing happens before.
    """

    status: Status
    effect: Effect | None
    decisions: tuple[Decision, ...]
    blocked_tracks: dict[str, Blocked]
    wake_at: datetime


TRACKS: tuple[tuple[str, Callable[[Context, Status], Step]], ...] = (
    ("hold", hold.step),
    ("adoption", adoption.step),
    ("check", check.step),
    ("promotion", promotion.step),
    ("evaluation", evaluation.step),
    ("attempt", attempt.step),
    ("episode", episode.step),
    ("cleanup", cleanup.step),
)


def plan(ctx: Context, before: Status) -> Plan:
    """Decide one pass. Pure: the same input gives the same plan."""
    status, effect = before, None
    blocked_tracks: dict[str, Blocked] = {}
    tracks = TRACKS
    conflict = ownership.conflict(ctx)
    if conflict:
        blocked_tracks["target"] = conflict
        status = adoption.watch(ctx, status)
        tracks = tuple(row for row in TRACKS if row[0] == "check")
    for name, track in tracks:
        if name != "check" and _is_adopted_now(before, status):
            continue
        result = fold(ctx, track(ctx, status))
        status = result.status
        if name == "adoption" and _is_adopted_now(before, status):
            status = attempt.recover(ctx, status)
        effect = effect or result.effect
        if result.blocked:
            blocked_tracks[name] = result.blocked
    status = _finish(ctx, before, status, blocked_tracks)
    return Plan(
        status=status,
        effect=effect,
        decisions=transitions(ctx.name, before, status),
        blocked_tracks=blocked_tracks,
        wake_at=_wake_at(ctx, before, status, blocked_tracks),
    )


def fold(ctx: Context, step: Step) -> Step:
    """Return the step with what it asks of other tracks done by their owners."""
    status, hold_for = step.status, step.hold
    if step.outcome:
        finished = attempt.finish(ctx, status, step.outcome)
        status, hold_for = finished.status, hold_for or finished.hold
        if step.outcome.closes_episode:
            status = episode.close(ctx, status, step.outcome.state)
    if hold_for:
        status = hold.open_hold(ctx, status, hold_for)
    return replace(step, status=status, outcome=None, hold=None)


def _is_adopted_now(before: Status, status: Status) -> bool:
    return status.adopted_at not in (None, before.adopted_at)


def _finish(
    ctx: Context, before: Status, status: Status, blocked_tracks: dict[str, Blocked]
) -> Status:
    wanted = conditions(ctx, status, blocked_tracks)
    generation = ctx.facts.generation
    finished = replace(
        status,
        observed_generation=generation,
        phase=phase(ctx, status),
        waiting_for=clip(waiting_for(ctx, status, blocked_tracks)),
        conditions=merge(before.conditions, wanted, generation, ctx.now),
    )
    return bounded(finished)


def _wake_at(
    ctx: Context, before: Status, status: Status, blocked_tracks: dict[str, Blocked]
) -> datetime:
    moved = replace(before, conditions=()) != replace(status, conditions=())
    if moved and _changed_track(before, status):
        return ctx.now
    # Spread by name, so that objects created together do not look together.
    share = int(ctx.name.derive("jitter"), 16) % 100 / 100
    moments = [ctx.now + ctx.settings.resync * (0.75 + 0.5 * share)]
    moments += [
        n.retry_at
        for n in blocked_tracks.values()
        if n.retry_at and n.retry_at > ctx.now
    ]
    jobs = ctx.children.jobs if ctx.children else ()
    if any(
        job.owned and (job.state == "Running" or _is_awaited(ctx, job)) for job in jobs
    ):
        moments.append(ctx.now + POLL)
    seen = (ctx.observed.children, ctx.observed.registry, ctx.observed.git)
    for fact in seen:
        if isinstance(fact, Unknown):
            moments.append(ctx.now + max(RETRY * (1 + share), fact.retry_after))
    if status.drift.next_check_time:
        moments.append(status.drift.next_check_time + POLL)
    return min(moments)


def _is_awaited(ctx: Context, job: JobFact) -> bool:
    """Return whether a Job's answer is still to be seen; a training's is none."""
    return job.purpose != PURPOSE_TRAINING and job.answer_may_come(ctx.now)


def _changed_track(before: Status, status: Status) -> bool:
    """Return whether a track moved, so that the next pass may go on at once."""
    tracks = ("adopted_at", "episode", "attempt", "evaluation", "promotion", "hold")
    return any(getattr(before, t) != getattr(status, t) for t in tracks)
