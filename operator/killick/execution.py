"""Carries out the effect of a plan, if the object is still as the pass left it."""

from __future__ import annotations

from killick.act.dispatch import EffectContext
from killick.act.manifests import JobOwner
from killick.cluster.port import Manifest
from killick.errors import Conflict, KillickError, NotLeading
from killick.observe.credentials import git_credentials, registry_credentials
from killick.observe.gitops import git_target
from killick.observe.model_deployment import changed_since_read
from killick.observe.registry import registry_target
from killick.plan.context import Context
from killick.plan.effects import Effect, MarkCandidate, MarkChampion, PushPromotion
from killick.plan.facts import Failure
from killick.plan.planner import Plan
from killick.resource.status import Status
from killick.world import Memory, World


async def carry_out(
    world: World, context: Context, decided: Plan, memory: Memory, manifest: Manifest
) -> str:
    """Carry out the plan's effect; return what became of it, for the log."""
    effect = decided.effect
    if effect is None:
        return ""
    name = type(effect).__name__
    try:
        effect_context = await _effect_context(
            world, context, decided.status, manifest, effect
        )
        late = await changed_since_read(world.ports.cluster, manifest, decided.status)
        world.require_leader()
        outcome = "" if late else await world.act(effect_context, effect)
    except NotLeading:
        raise
    except KillickError as error:
        known = memory.failures.get(effect.key)
        memory.failures[effect.key] = Failure(
            known.count + 1 if known else 1,
            context.now,
            error.reason,
            error.message,
            error.retry_after,
        )
        world.collector.effects.labels(name, "failed").inc()
        return f"failed {effect.key}: {error.reason}: {error.message}"
    if late:
        raise Conflict(f"{effect.key} is not done: the object changed in this pass")
    memory.failures.pop(effect.key, None)
    world.collector.effects.labels(name, "done").inc()
    return outcome


async def _effect_context(
    world: World, context: Context, status: Status, manifest: Manifest, effect: Effect
) -> EffectContext:
    ports, settings, spec = world.ports, world.settings, context.spec
    namespace = context.name.namespace
    owner = JobOwner(
        name=context.name,
        uid=manifest["metadata"]["uid"],
        spec=spec,
        worker_image=settings.worker_image,
        tracking_uri=settings.tracking_uri,
        pushgateway_url=settings.pushgateway_url,
    )
    registry = git = None
    if isinstance(effect, MarkCandidate | MarkChampion):
        target = registry_target(spec, settings.tracking_uri)
        credentials = await registry_credentials(ports.cluster, namespace, spec)
        registry = (ports.registry, target, credentials)
    if isinstance(effect, PushPromotion) and spec.promotion:
        token = await git_credentials(ports.cluster, namespace, spec)
        git = (ports.git, git_target(spec.promotion), token)
    return EffectContext(owner, ports.cluster, status.reference, registry, git)
