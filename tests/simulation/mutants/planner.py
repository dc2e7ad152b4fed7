"""Bugs of the planner and of the executor: what is decided, written and carried out.

The classes are those of docs/contributing/simulator.md.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

from killick.act.dispatch import EffectContext, act
from killick.errors import KillickError
from killick.plan.context import Context
from killick.plan.effects import DeleteJob, Effect, MarkChampion, StartTraining
from killick.plan.planner import Plan, plan
from killick.registry.port import ChampionChange
from killick.resource.status import Status
from tests.simulation.mutants.mutation import Mutation, acting, looking


def nameless() -> Mutation:
    """Class 2: each try to start a training gives its Job another name."""
    number = itertools.count()

    async def carry_out(effects_context: EffectContext, effect: Effect) -> str:
        if isinstance(effect, StartTraining):
            effect = replace(effect, job=f"{effect.job[:-4]}{next(number):04x}")
        return await act(effects_context, effect)

    return acting(carry_out)


async def swallow(effects_context: EffectContext, effect: Effect) -> str:
    """Class 8: an effect that failed is taken for done."""
    try:
        return await act(effects_context, effect)
    except KillickError:
        return "done"


async def acts_twice(effects_context: EffectContext, effect: Effect) -> str:
    """Class 4: a Job whose creation failed is created under another name."""
    try:
        return await act(effects_context, effect)
    except KillickError:
        if isinstance(effect, StartTraining):
            return await act(effects_context, replace(effect, job=f"{effect.job}2"))
        raise


def with_spec(**changes: Any) -> Mutation:
    """Return a mutation that plans with another spec."""
    return looking(lambda ctx: replace(ctx, spec=replace(ctx.spec, **changes)))


def without_pace(ctx: Context) -> Context:
    """Class 9: neither cooldown nor budget."""
    policy = ctx.spec.retraining
    if policy is None:
        return ctx
    free = replace(policy, cooldown="0s", budget=replace(policy.budget, attempts=99))
    return replace(ctx, spec=replace(ctx.spec, retraining=free))


def always_passes(_ctx: Context, _before: Status, after: Status) -> Status:
    """Class 11: whatever the evaluation said, the candidate won."""
    evaluation, attempt = after.evaluation, after.attempt
    if evaluation is None or attempt is None or evaluation.state != "Rejected":
        return after
    won = replace(evaluation, state="Passed")
    going_on = replace(attempt, state="Registered")
    return replace(after, evaluation=won, attempt=going_on)


def claims_early(_ctx: Context, _before: Status, after: Status) -> Status:
    """Class 11: Promoted is True as soon as the promotion is proposed."""
    if after.promotion is None or after.promotion.state != "Proposed":
        return after
    claimed = tuple(
        replace(c, status="True") if c.type == "Promoted" else c
        for c in after.conditions
    )
    return replace(after, conditions=claimed)


def restless(ctx: Context, _before: Status, after: Status) -> Status:
    """Class 13: every pass moves the conditions' times."""
    moved = tuple(replace(c, last_transition_time=ctx.now) for c in after.conditions)
    return replace(after, conditions=moved)


def latched(_ctx: Context, before: Status, after: Status) -> Status:
    """Class 12: a condition that was False once stays so."""
    ready = before.condition("Ready")
    if ready is None or ready.status != "False":
        return after
    kept = tuple(ready if c.type == "Ready" else c for c in after.conditions)
    return replace(after, conditions=kept)


def moody_id(ctx: Context, before: Status, after: Status) -> Status:
    """Class 2: a promotion's ID is made of the time."""
    promotion = after.promotion
    if promotion is None or before.promotion is not None or promotion.base == "":
        return after
    identity = ctx.name.derive("promotion", ctx.now.isoformat())
    return replace(after, promotion=replace(promotion, id=identity))


def crowns_early(ctx: Context, before: Status) -> Plan:
    """Class 6: the alias moves before Git has the version."""
    made = plan(ctx, before)
    promotion = made.status.promotion
    if promotion is None or promotion.state != "Proposed" or promotion.base == "":
        return made
    change = ChampionChange(promotion.version, promotion.previous)
    return replace(made, effect=MarkChampion(change))


def tidies_running(ctx: Context, before: Status) -> Plan:
    """Class 6: Jobs are tidied away while they run."""
    made = plan(ctx, before)
    jobs = ctx.children.jobs if ctx.children else ()
    running = [j for j in jobs if j.purpose == "training" and j.state == "Running"]
    if made.effect or not running:
        return made
    return replace(made, effect=DeleteJob(running[0].name, running[0].uid))


def impatient(ctx: Context, before: Status) -> Plan:
    """Class 9: look again at once, always."""
    return replace(plan(ctx, before), wake_at=ctx.now)


def sleepy(ctx: Context, before: Status) -> Plan:
    """Class 3: only an event wakes."""
    made = plan(ctx, before)
    return replace(made, wake_at=ctx.now + timedelta(days=1))


def blind_to_policy(ctx: Context, before: Status) -> Plan:
    """Class 12: a policy that changed is not seen."""
    evaluation = before.evaluation
    if evaluation:
        policy = ctx.spec.fingerprint("evaluation")
        before = replace(before, evaluation=replace(evaluation, policy=policy))
    return plan(ctx, before)


def forgets_deletion(ctx: Context) -> Context:
    """Class 15: an object that is being deleted is served like any other."""
    return replace(ctx, facts=replace(ctx.facts, deleting=False))


def without_failures(ctx: Context) -> Context:
    """Class 9: what failed a moment ago is tried again at once."""
    return replace(ctx, failures={})


def hasty(_ctx: Context, _before: Status, after: Status) -> Status:
    """Class 5: a version that the search does not show yet does not exist."""
    attempt = after.attempt
    searching = attempt and attempt.state == "Running" and attempt.finished_at
    if attempt is None or not searching:
        return after
    return replace(after, attempt=replace(attempt, state="Failed"))


def alone(ctx: Context) -> Context:
    """Class 14: nobody else's claim is seen."""
    return replace(ctx, observed=replace(ctx.observed, conflicts=()))


def forgetful(ctx: Context) -> Context:
    """Class 9: a lost status buys a new budget; the registry is not asked for it."""
    if ctx.registry is None:
        return ctx
    found = replace(ctx.registry, past=())
    return replace(ctx, observed=replace(ctx.observed, registry=found))
