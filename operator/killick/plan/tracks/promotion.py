"""The promotion track: the proven version becomes the value in Git, once.

    state     event                                             → state, effect
    (none)    candidate passed and is marked, Git holds desired → Proposed
    (none)    status lost, Git names a version that we proved   → Proposed, to be found
    Proposed  so assumed, and the history has no such commit    → Superseded
    Proposed  history has no trace, value as expected           → PushPromotion
    Proposed  history has our commit, value is ours             → Landed
    Proposed  history has our commit, value is not ours         → Reverted, hold
    Proposed  the value is already ours, by someone else        → Landed
    Proposed  the value is a third one                          → Superseded, hold
    Proposed  the history is too long to be searched            → Superseded, hold
    any       spec.promotion points elsewhere now               → Superseded
    Proposed  its evaluation is not there or did not pass       → Superseded
    Landed…   the value cannot be read                          → waits, with the reason
    Landed    (no deployment declared: landed is deployed)      → Deployed
    Landed…   the value is not ours any more                    → Reverted, hold
    Deployed  the champion alias is elsewhere                   → MarkChampion
    Deployed  the champion alias is at the version              → Done
    Deployed  the champion alias is at a third version          → Superseded, hold

The search for our commit, from the head back to `base`, comes before every push and
outranks the value: what a person took back is never pushed again.
"""

from __future__ import annotations

from dataclasses import replace

from killick.gitops.port import GitState
from killick.names import TAG_PROMOTION
from killick.plan.context import Blocked, Context, Outcome, Step
from killick.plan.effects import MarkChampion, PushPromotion
from killick.plan.requests.commit import value_change
from killick.plan.rules.recovery import (
    UNKNOWN_EPISODE,
    WHOLE_HISTORY,
    recover_promotion,
)
from killick.plan.rules.reference import adopt_reference, restart_windows
from killick.plan.rules.versions import is_marked, outdated, who
from killick.reasons import Reason
from killick.registry.port import ChampionChange
from killick.resource.status import (
    Attempt,
    Evaluation,
    Promotion,
    ReferencePin,
    Status,
    Versions,
)


def step(ctx: Context, status: Status) -> Step:
    """Move the promotion in flight one step, or propose one."""
    promotion = status.promotion
    if promotion is None and status.adopted_at is None:
        return Step(
            replace(status, promotion=recover_promotion(ctx, status, target(ctx)))
        )
    if promotion is None or not promotion.in_flight:
        return _maybe_propose(ctx, status)
    if ctx.spec.promotion is None or promotion.target != target(ctx):
        block = Blocked(
            Reason.SPEC_CHANGED, "spec.promotion changed; nothing is pushed any more"
        )
        return _end(ctx, status, promotion, "Superseded", block)
    if ctx.git is None:
        return Step(
            status, blocked=Blocked(Reason.UNREADABLE, "The Git server does not answer")
        )
    if promotion.state == "Proposed":
        return _land(ctx, status, promotion, ctx.git)
    if ctx.git.value is None:
        refused = ctx.git.refused
        reason = refused.reason if refused else Reason.UNREADABLE
        message = refused.message if refused else "The value in Git cannot be read"
        return Step(status, blocked=Blocked(reason, message))
    if ctx.git.value != promotion.to_value:
        return _reverted(ctx, status, promotion, ctx.git)
    if promotion.state == "Landed":
        deployed = replace(promotion, state="Deployed")
        versions = replace(
            status.versions, desired=promotion.version, serving=promotion.version
        )
        return Step(replace(status, promotion=deployed, versions=versions))
    return _move_champion_alias(ctx, status, promotion)


def target(ctx: Context) -> str:
    """Identify the value in Git that a promotion is for."""
    return ctx.spec.fingerprint("model", "promotion")


def _maybe_propose(ctx: Context, status: Status) -> Step:
    evaluation = status.evaluation
    attempt = status.attempt
    if evaluation is None or evaluation.state != "Passed":
        return Step(status)
    if attempt is None or attempt.state != "Registered":
        return Step(status)
    if evaluation.attempt != attempt.id or outdated(ctx, status, evaluation):
        return Step(status)  # the evaluation track compares afresh
    if ctx.spec.promotion is None:
        return _proven(ctx, status, evaluation)
    gate = ctx.gate(status, f"promote version {evaluation.candidate}")
    if gate:
        return Step(status, blocked=gate)
    if ctx.git is None or not is_marked(ctx, evaluation):
        return Step(status)
    if ctx.git.refused:
        return Step(
            status, blocked=Blocked(ctx.git.refused.reason, ctx.git.refused.message)
        )
    return Step(_propose(ctx, status, attempt, ctx.git))


def _proven(ctx: Context, status: Status, evaluation: Evaluation) -> Step:
    """End the story here when no repository is declared."""
    if ctx.blocked(status) or not is_marked(ctx, evaluation):
        return Step(status)
    block = Blocked(
        Reason.NO_PROMOTION,
        f"Version {evaluation.candidate} passed; spec.promotion is not set",
    )
    return Step(status, blocked=block, outcome=Outcome("Proven", block))


def _propose(ctx: Context, status: Status, attempt: Attempt, git: GitState) -> Status:
    evaluation = status.evaluation
    if evaluation is None:
        return status
    desired = status.versions.desired or ""
    episode = status.episode.id if status.episode else None
    identity = ctx.name.derive("promotion", evaluation.id, evaluation.candidate)
    promotion = Promotion(
        id=identity,
        state="Proposed",
        version=evaluation.candidate,
        previous=desired or None,
        from_value=ctx.spec.value_of(desired) if desired else git.value or "",
        to_value=ctx.spec.value_of(evaluation.candidate),
        # A recovered attempt may have been promoted, and taken back, long ago.
        base=WHOLE_HISTORY if attempt.episode == UNKNOWN_EPISODE else git.head,
        target=target(ctx),
        proposed_at=ctx.now,
        evaluation=evaluation.id,
        episode=episode,
    )
    # The history must be searched for this ID before the push: that is next pass.
    return replace(status, promotion=promotion)


def _land(ctx: Context, status: Status, promotion: Promotion, git: GitState) -> Step:
    if git.trace:
        landed = replace(promotion, state="Landed", commit=git.trace, landed_at=ctx.now)
        if git.value not in (None, promotion.to_value):
            return _reverted(ctx, status, landed, git)
        return Step(replace(status, promotion=landed))
    if not git.trace_complete:
        base = promotion.base[:10] or "its root"
        message = (
            f"Git's history from {git.head[:10]} back to {base} is too long to search "
            f"for promotion {promotion.id}; search for it, then release the hold"
        )
        return _stop(ctx, status, promotion, Blocked(Reason.HISTORY_TOO_DEEP, message))
    if git.refused:
        return Step(status, blocked=Blocked(git.refused.reason, git.refused.message))
    if status.adopted_at is None:
        block = Blocked(Reason.NOT_OURS, "No commit of Killick set the value in Git")
        return _end(ctx, status, promotion, "Superseded", block)
    if git.value == promotion.to_value:
        landed = replace(promotion, state="Landed", landed_at=ctx.now)
        return Step(replace(status, promotion=landed))
    if git.value != promotion.from_value:
        message = (
            f"The value in Git is {git.value!r} instead of {promotion.from_value!r}; "
            f"{who(git.last_change)} changed it"
        )
        return _stop(ctx, status, promotion, Blocked(Reason.VALUE_CHANGED, message))
    return _push(ctx, status, promotion)


def _push(ctx: Context, status: Status, promotion: Promotion) -> Step:
    proof = status.evaluation
    if proof is None or proof.id != promotion.evaluation or proof.state != "Passed":
        block = Blocked(
            Reason.NOT_PROVEN,
            "The evaluation that this version passed no longer applies",
        )
        return _end(ctx, status, promotion, "Superseded", block)
    gate = ctx.gate(status, f"commit version {promotion.version}")
    if gate:
        return Step(status, blocked=gate)
    return ctx.request_effect(
        status, PushPromotion(value_change(ctx, status, promotion))
    )


def _reverted(
    ctx: Context, status: Status, promotion: Promotion, git: GitState
) -> Step:
    message = (
        f"{_commit(promotion)} set {promotion.to_value!r}; {who(git.last_change)} "
        f"changed it to {git.value!r}"
    )
    desired = ctx.spec.version_in(git.value or "")
    versions = replace(status.versions, desired=desired, serving=desired)
    why = Blocked(Reason.PROMOTION_REVERTED, message)
    step = _end(ctx, replace(status, versions=versions), promotion, "Reverted", why)
    return replace(step, hold=why)


def _commit(promotion: Promotion) -> str:
    return f"Commit {promotion.commit[:10]}" if promotion.commit else "Someone"


def _stop(ctx: Context, status: Status, promotion: Promotion, why: Blocked) -> Step:
    """End the promotion, and ask for a hold: a person must look."""
    return replace(_end(ctx, status, promotion, "Superseded", why), hold=why)


def _end(
    ctx: Context, status: Status, promotion: Promotion, state: str, why: Blocked
) -> Step:
    """End the promotion, and report what became of its attempt."""
    ended = replace(
        promotion,
        state=state,
        finished_at=ctx.now,
        reason=why.reason,
        message=why.message,
    )
    outcome = Outcome("Promoted" if state == "Done" else state, why)
    return Step(replace(status, promotion=ended), blocked=why, outcome=outcome)


def _move_champion_alias(ctx: Context, status: Status, promotion: Promotion) -> Step:
    """The alias follows what is deployed; then the new reference, then the end."""
    if ctx.registry is None:
        return Step(
            status, blocked=Blocked(Reason.UNREADABLE, "The registry does not answer")
        )
    if ctx.registry.champion not in (promotion.version, status.versions.champion):
        message = (
            f"Someone moved the alias {ctx.spec.registry.aliases.champion!r} to "
            f"version {ctx.registry.champion or 'none'} while version "
            f"{promotion.version} was being promoted"
        )
        return _stop(ctx, status, promotion, Blocked(Reason.ALIAS_MOVED, message))
    if ctx.registry.champion != promotion.version:
        action = f"move the champion alias to version {promotion.version}"
        gate = ctx.gate(status, action)
        if gate:
            return Step(status, blocked=gate)
        change = ChampionChange(
            version=promotion.version,
            previous=status.versions.champion,
            tags={TAG_PROMOTION: promotion.id},
            sync_stage=ctx.spec.registry.stage_policy == "Sync",
        )
        return ctx.request_effect(status, MarkChampion(change))
    return _done(ctx, status, promotion)


def _done(ctx: Context, status: Status, promotion: Promotion) -> Step:
    """Judge from now on against the new champion's reference."""
    version = promotion.version
    why = Blocked(Reason.PROMOTED, f"Version {version} is the champion")
    versions = Versions(desired=version, serving=version, champion=version)
    pin = status.reference or ReferencePin(ctx.spec.reference.uri)
    status = restart_windows(replace(status, versions=versions), pin, ctx.now)
    step = _end(ctx, adopt_reference(ctx, status), promotion, "Done", why)
    return replace(step, blocked=None)
