"""What the registry and Git say about versions, for more than one track."""

from __future__ import annotations

from killick.gitops.port import CommitInfo
from killick.names import TAG_EVALUATION
from killick.plan.context import Context
from killick.resource.status import Evaluation, Status


def desired_version(ctx: Context) -> str | None:
    """Return the version that Git names; without a repository, the champion."""
    if ctx.spec.promotion is None:
        return ctx.registry.champion if ctx.registry else None
    if ctx.git is None or ctx.git.value is None:
        return None
    return ctx.spec.version_in(ctx.git.value)


def outdated(ctx: Context, status: Status, evaluation: Evaluation) -> bool:
    """Return whether the champion or the policy is not what was compared with."""
    moved = evaluation.champion != status.versions.champion
    return moved or evaluation.policy != ctx.spec.fingerprint("evaluation")


def is_marked(ctx: Context, evaluation: Evaluation) -> bool:
    """Return whether alias, tag and stage of the candidate are in place."""
    facts = ctx.version(evaluation.candidate)
    if ctx.registry is None or facts is None:
        return False
    staged = facts.stage in ("Staging", "Production")
    return (
        ctx.registry.candidate == evaluation.candidate
        and facts.tags.get(TAG_EVALUATION) == evaluation.id
        and (staged or ctx.spec.registry.stage_policy == "Ignore")
    )


def who(commit: CommitInfo | None) -> str:
    """Return who made a commit, for a message."""
    if commit is None:
        return "someone (in a commit too far back to read)"
    return f"{commit.author_name} <{commit.author_email}> in {commit.sha[:10]}"
