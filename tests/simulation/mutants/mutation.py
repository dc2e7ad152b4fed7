"""What a mutant is, and where it can be built into the operator's `World`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from killick.act.dispatch import EffectContext
from killick.observe.gather import Ports
from killick.plan.context import Context
from killick.plan.effects import Effect
from killick.plan.planner import Plan, plan
from killick.resource.status import Status
from killick.world import World

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


def cluster(make: Callable[[Any], Any]) -> Mutation:
    """Return a mutation of the cluster port."""
    return porting(lambda ports: replace(ports, cluster=make(ports.cluster)))


def registry(make: Callable[[Any], Any]) -> Mutation:
    """Return a mutation of the registry port."""
    return porting(lambda ports: replace(ports, registry=make(ports.registry)))


def git(make: Callable[[Any], Any]) -> Mutation:
    """Return a mutation of the Git port."""
    return porting(lambda ports: replace(ports, git=make(ports.git)))
