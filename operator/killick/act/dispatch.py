"""From an effect to the executor that carries it out.

An executor raises when it failed, and otherwise returns one line about what it did.
Neither is taken as the truth: only the next pass's observation completes an intent.
"""

from __future__ import annotations

from dataclasses import dataclass

from killick.act.evaluation import evaluation_job
from killick.act.manifests import JobOwner, check_cronjob, requested_check
from killick.act.training import training_job
from killick.cluster.port import ClusterPort
from killick.errors import Conflict, KillickError
from killick.gitops.port import (
    AlreadyLanded,
    GitCredentials,
    GitPort,
    GitTarget,
    Landed,
    Refused,
    Rejected,
    Unknown,
    ValueChanged,
)
from killick.plan.effects import (
    ApplyCheck,
    DeleteJob,
    Effect,
    MarkCandidate,
    MarkChampion,
    PushPromotion,
    RunCheck,
    StartEvaluation,
    StartTraining,
)
from killick.reasons import Reason
from killick.registry.port import Credentials, Registry, RegistryTarget
from killick.resource.status import ReferencePin


@dataclass(frozen=True)
class EffectContext:
    """The ports, targets and credentials that executors need in this pass."""

    owner: JobOwner
    cluster: ClusterPort
    reference: ReferencePin | None = None
    registry: tuple[Registry, RegistryTarget, Credentials] | None = None
    git: tuple[GitPort, GitTarget, GitCredentials | None] | None = None


async def act(effect_context: EffectContext, effect: Effect) -> str:
    """Carry out one effect. Raises KillickError when it failed or may have."""
    if isinstance(effect, PushPromotion):
        return await _push(effect_context, effect)
    if isinstance(effect, MarkCandidate | MarkChampion):
        return await _mark(effect_context, effect)
    return await _in_cluster(effect_context, effect)


async def _in_cluster(effect_context: EffectContext, effect: Effect) -> str:
    cluster, owner = effect_context.cluster, effect_context.owner
    namespace = owner.name.namespace
    if isinstance(effect, ApplyCheck):
        await cluster.apply_cronjob(check_cronjob(owner, effect))
        return f"applied CronJob {owner.name.check_cronjob}"
    if isinstance(effect, DeleteJob):
        await cluster.delete_job(namespace, effect.name, effect.uid)
        return f"deleted Job {effect.name}"
    if isinstance(effect, StartEvaluation):
        return await _create(cluster, evaluation_job(owner, effect))
    if isinstance(effect, StartTraining) and owner.spec.retraining:
        name = owner.spec.retraining.job.cron_job_ref.name
        template = await _cronjob(cluster, namespace, name)
        manifest = training_job(owner, template, effect, effect_context.reference)
        return await _create(cluster, manifest)
    if isinstance(effect, RunCheck):
        cronjob = await _cronjob(cluster, namespace, owner.name.check_cronjob)
        return await _create(cluster, requested_check(cronjob, effect.job))
    raise KillickError(f"nothing carries out {effect.key}", Reason.NO_EXECUTOR)


async def _cronjob(
    cluster: ClusterPort, namespace: str, name: str
) -> dict[str, object]:
    found = await cluster.get_cronjob(namespace, name)
    if found is None:
        raise KillickError(f"CronJob {name!r} does not exist", Reason.TEMPLATE_MISSING)
    return found


async def _create(cluster: ClusterPort, manifest: dict[str, object]) -> str:
    metadata = manifest["metadata"]
    name = metadata["name"] if isinstance(metadata, dict) else ""
    try:
        await cluster.create_job(manifest)
    except Conflict:
        # The next pass looks whose it is: the name may be taken by someone else.
        return f"Job {name} exists"
    return f"created Job {name}"


async def _mark(
    effect_context: EffectContext, effect: MarkCandidate | MarkChampion
) -> str:
    if effect_context.registry is None:
        raise KillickError("no registry is declared", Reason.NO_TRACKING_URI)
    registry, target, credentials = effect_context.registry
    if isinstance(effect, MarkChampion):
        await registry.mark_champion(target, credentials, effect.change)
        return f"champion is version {effect.change.version}"
    sync = effect_context.owner.spec.registry.stage_policy == "Sync"
    await registry.mark_candidate(
        target, credentials, effect.version, dict(effect.tags), sync_stage=sync
    )
    return f"candidate is version {effect.version}"


async def _push(effect_context: EffectContext, effect: PushPromotion) -> str:
    if effect_context.git is None:
        raise KillickError("no repository is declared", Reason.NO_REPOSITORY)
    git, target, credentials = effect_context.git
    outcome = await git.push_value(target, credentials, effect.change)
    match outcome:
        case Landed(sha) | AlreadyLanded(sha):
            return f"commit {sha} is on {target.branch}"
        case ValueChanged(current):
            # The next pass reads who changed it, and decides.
            return f"not pushed: the value is {current!r} now"
        case Refused(reason, message):
            raise KillickError(message, reason)
        case Rejected(message):
            raise KillickError(
                f"the server rejected the push: {message}", Reason.PUSH_REJECTED
            )
        case Unknown(message):
            raise KillickError(message, Reason.PUSH_UNKNOWN)
