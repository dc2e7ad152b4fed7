"""Seeded bugs: each breaks one rule that the operator keeps, and must be noticed.

The classes are those of reliability.md §2. A mutant exchanges the planner, the
executor or a port of the operator's `World`; the product has no switch for it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from killick.act.dispatch import EffectContext, act
from killick.errors import KillickError
from killick.observe.gather import Ports
from killick.plan.context import Context
from killick.plan.effects import DeleteJob, Effect, MarkChampion, StartTraining
from killick.plan.planner import Plan, plan
from killick.registry.port import (
    ChampionChange,
)
from killick.resource.status import Status
from killick.world import World
from tests.simulation.mutants.lag import (
    AnotherName,
    LooksOnce,
    Overflowing,
    ReadsAny,
    alone,
    forgetful,
    hasty,
    impatiently,
)
from tests.simulation.mutants.ports import (
    EmptyOnError,
    FirstTarget,
    Forcing,
    Latest,
    MovesAliasAnyway,
    Overwriting,
    OwnsAll,
    Repushing,
    Talkative,
    Unlocked,
    Untraced,
)

Mutation = Callable[[World], World]


@dataclass(frozen=True)
class Mutant:
    """A seeded bug: its class, what it gets wrong, and how it is built in."""

    name: str
    bug_class: int
    mutate: Mutation


def deciding(decide: Callable[[Context, Status], Plan]) -> Mutation:
    """Return a mutation of the planner."""
    return lambda world: replace(world, decide=decide)


def looking(change: Callable[[Context], Context]) -> Mutation:
    """Return a mutation of what the planner is given."""
    return deciding(lambda ctx, before: plan(change(ctx), before))


def telling(change: Callable[[Context, Status, Status], Status]) -> Mutation:
    """Return a mutation of the status that is written."""

    def decide(ctx: Context, before: Status) -> Plan:
        made = plan(ctx, before)
        return replace(made, status=change(ctx, before, made.status))

    return deciding(decide)


def acting(carry_out: Callable[[EffectContext, Effect], Any]) -> Mutation:
    """Return a mutation of the executor."""
    return lambda world: replace(world, act=carry_out)


def porting(change: Callable[[Ports], Ports]) -> Mutation:
    """Return a mutation of a port."""
    return lambda world: replace(world, ports=change(world.ports))


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


def cluster(make: Callable[[Any], Any]) -> Mutation:
    """Return a mutation of the cluster port."""
    return porting(lambda ports: replace(ports, cluster=make(ports.cluster)))


def registry(make: Callable[[Any], Any]) -> Mutation:
    """Return a mutation of the registry port."""
    return porting(lambda ports: replace(ports, registry=make(ports.registry)))


def git(make: Callable[[Any], Any]) -> Mutation:
    """Return a mutation of the Git port."""
    return porting(lambda ports: replace(ports, git=make(ports.git)))


MUTANTS: tuple[Mutant, ...] = (
    Mutant("a status is written without its lock", 1, cluster(Unlocked)),
    Mutant("a training Job's name changes at each try", 2, nameless()),
    Mutant("a promotion's ID is made of the time", 2, telling(moody_id)),
    Mutant("only an event wakes the object", 3, deciding(sleepy)),
    Mutant("the history is not searched before a push", 4, git(Untraced)),
    Mutant("a failed creation is tried under another name", 4, acting(acts_twice)),
    Mutant("a push without an answer is made again", 4, git(Repushing)),
    Mutant("a version that is not found yet does not exist", 5, telling(hasty)),
    Mutant("an alias that is news is believed at once", 5, registry(LooksOnce)),
    Mutant("the alias moves before Git has the version", 6, deciding(crowns_early)),
    Mutant("the newest version is the candidate", 6, registry(Latest)),
    Mutant("Jobs are tidied away while they run", 6, deciding(tidies_running)),
    Mutant("the value is set whatever it is now", 7, git(Overwriting)),
    Mutant("the branch is forced", 7, git(Forcing)),
    Mutant("the alias moves whoever moved it", 7, registry(MovesAliasAnyway)),
    Mutant("an effect that failed is taken for done", 8, acting(swallow)),
    Mutant("an unreadable registry is an empty one", 8, registry(EmptyOnError)),
    Mutant("an error's text holds the token", 8, git(Talkative)),
    Mutant("neither cooldown nor budget", 9, looking(without_pace)),
    Mutant("what failed is tried again at once", 9, looking(without_failures)),
    Mutant("the next look is always at once", 9, deciding(impatient)),
    Mutant("a lost status buys a new budget", 9, looking(forgetful)),
    Mutant("a wish to be left alone is not read", 9, porting(impatiently)),
    Mutant("one look serves two keys", 10, git(FirstTarget)),
    Mutant("a file nested too deep ends the process", 10, git(Overflowing)),
    Mutant("whatever the evaluation said, it passed", 11, telling(always_passes)),
    Mutant("Promoted is claimed when proposed", 11, telling(claims_early)),
    Mutant("Ready, once False, stays False", 12, telling(latched)),
    Mutant("a policy that changed is not seen", 12, deciding(blind_to_policy)),
    Mutant("every pass moves the conditions' times", 13, telling(restless)),
    Mutant("whoever owns a Job, it is ours", 14, cluster(OwnsAll)),
    Mutant("nobody else's claim is seen", 14, looking(alone)),
    Mutant("deletion is not seen", 15, looking(forgets_deletion)),
    Mutant("suspend is not seen", 12, with_spec(suspend=False)),
    Mutant("another version's status is read as our own", 17, cluster(ReadsAny)),
    Mutant("a name that is taken is answered by another", 18, cluster(AnotherName)),
)
