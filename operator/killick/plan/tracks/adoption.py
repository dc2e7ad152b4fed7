"""The adoption track: nothing acts before the world was read and agrees.

    world                                             → Adopted
    no registry and no repository declared            → True  NothingToAdopt
    registry or repository unreadable                 → Unknown, with the reason
    the repository's value cannot be read or parsed   → False, with the reason
    value and champion alias name one version         → True  Adopted
    a value, and no champion alias yet                → True  NoChampion
    value and champion alias differ                   → False ValueAliasDisagree
    they differ by a promotion of ours that landed    → True  Adopted, and it goes on
    the namespace cannot be read, which might hold
    a training that we began                          → Unknown, with the reason
    a repository is declared later on                 → adopt afresh
    the champion is not the one that we knew          → windows start anew

An object without status (restored, re-created, rebuilt) passes here first. After
that the hold track watches for other writers.
"""

from __future__ import annotations

from dataclasses import replace

from killick.plan.context import Blocked, Context, Step
from killick.plan.facts import Unknown
from killick.plan.rules.recovery import promotion_explains_mismatch
from killick.plan.rules.reference import adopt_reference, restart_windows
from killick.plan.rules.versions import desired_version
from killick.reasons import Reason
from killick.resource.status import Status, Versions


def step(ctx: Context, status: Status) -> Step:
    """Adopt the object once; a block says why it cannot be adopted yet."""
    if status.adopted_at is not None and not _newly_declared(ctx, status):
        return Step(status)
    status = replace(status, adopted_at=None)
    if ctx.observed.registry is None and ctx.observed.git is None:
        return Step(replace(status, adopted_at=ctx.now))
    for fact in (ctx.observed.registry, ctx.observed.git):
        if isinstance(fact, Unknown):
            return Step(status, blocked=Blocked(fact.reason, fact.message))
    problem = disagreement(ctx)
    if problem and not (
        problem.reason == "ValueAliasDisagree"
        and promotion_explains_mismatch(ctx, status)
    ):
        return Step(_seen(ctx, status), blocked=problem)
    namespace = ctx.observed.children
    if ctx.spec.retraining and isinstance(namespace, Unknown):
        return Step(status, blocked=Blocked(namespace.reason, namespace.message))
    return Step(replace(_taken_up(ctx, status), adopted_at=ctx.now))


def watch(ctx: Context, status: Status) -> Status:
    """Follow the versions of a target that belongs to another object."""
    status = replace(status, adopted_at=None)
    if any(isinstance(f, Unknown) for f in (ctx.observed.registry, ctx.observed.git)):
        return status
    return _taken_up(ctx, status)


def _taken_up(ctx: Context, before: Status) -> Status:
    """Return the versions as they are; what was judged of another is no evidence."""
    status = adopt_reference(ctx, _seen(ctx, before))
    known, found = before.versions.champion, status.versions.champion
    if known in (None, found) or status.reference is None:
        return status
    return restart_windows(status, status.reference, ctx.now)


def _newly_declared(ctx: Context, status: Status) -> bool:
    """Return whether a repository was declared after the adoption without one."""
    return ctx.spec.promotion is not None and status.versions.desired is None


def _seen(ctx: Context, status: Status) -> Status:
    desired = desired_version(ctx)
    registry = ctx.registry
    versions = Versions(
        desired=desired,
        serving=desired,
        champion=registry.champion if registry else None,
        candidate=registry.candidate if registry else None,
    )
    return replace(status, versions=versions)


def disagreement(ctx: Context) -> Blocked | None:
    """Return what keeps Git's value and the registry from being one truth."""
    registry, git = ctx.registry, ctx.git
    model = ctx.spec.model.name
    if registry is not None and not registry.model_exists:
        message = f"The registry has no model {model!r}; register its first version"
        return Blocked(Reason.MODEL_MISSING, message)
    if git is None:
        return None
    if git.refused:
        return Blocked(git.refused.reason, git.refused.message)
    desired = ctx.spec.version_in(git.value or "")
    if desired is None and ctx.spec.promotion:
        wanted = ctx.spec.promotion.git.value
        message = f"The value {git.value!r} in Git does not have the form {wanted!r}"
        return Blocked(Reason.VALUE_NOT_OURS, message)
    champion = registry.champion if registry else None
    if champion is None or champion == desired:
        return None
    return Blocked(
        Reason.VALUE_ALIAS_DISAGREE,
        f"Git names version {desired}, the alias "
        f"{ctx.spec.registry.aliases.champion!r} version {champion}: "
        "make them agree; nothing is written until then",
    )
