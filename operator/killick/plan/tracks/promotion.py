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

import textwrap
from dataclasses import replace

from killick.gitops.port import GitState, ValueChange
from killick.names import (
    TAG_PROMOTION,
    TRAILER_EPISODE,
    TRAILER_EVALUATION,
    TRAILER_MODEL,
    TRAILER_PREVIOUS,
    TRAILER_VERSION,
)
from killick.plan.context import Blocked, Context, Step
from killick.plan.effects import MarkChampion, PushPromotion
from killick.plan.rules.recovery import (
    UNKNOWN_EPISODE,
    WHOLE_HISTORY,
    recover_promotion,
)
from killick.plan.tracks import attempt as attempts
from killick.plan.tracks import episode as episodes
from killick.plan.tracks import hold as holds
from killick.plan.tracks.adoption import adopt_reference
from killick.plan.tracks.check import restart_windows
from killick.plan.tracks.evaluation import is_marked, outdated
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

COMMIT_WIDTH = 72  # columns, as Git's own tools expect


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
            Reason.SPEC_CHANGED, "spec.promotion changed; nothing more is pushed"
        )
        return Step(_end(ctx, status, promotion, "Superseded", block), blocked=block)
    if ctx.git is None:
        return Step(
            status, blocked=Blocked(Reason.UNREADABLE, "waiting for the Git server")
        )
    if promotion.state == "Proposed":
        return _land(ctx, status, promotion, ctx.git)
    if ctx.git.value is None:
        refused = ctx.git.refused
        reason = refused.reason if refused else "Unreadable"
        message = refused.message if refused else "the value cannot be read"
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
    blocked = ctx.blocked(status)
    if blocked or ctx.recommends():
        would = f"would promote version {evaluation.candidate}"
        return Step(status, blocked=blocked or Blocked(Reason.RECOMMENDED, would))
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
    block = Blocked(Reason.NO_PROMOTION, f"version {evaluation.candidate} is proven")
    status = attempts.finish(ctx, status, "Proven", block)
    return Step(episodes.close(ctx, status, "Proven"), blocked=block)


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
            f"the history of {git.head[:10]} back to {base} is too long "
            f"to search for promotion {promotion.id}; look for it, then release"
        )
        return _stop(ctx, status, promotion, Blocked(Reason.HISTORY_TOO_DEEP, message))
    if git.refused:
        return Step(status, blocked=Blocked(git.refused.reason, git.refused.message))
    if status.adopted_at is None:
        block = Blocked(Reason.NOT_OURS, "the value in Git was set by someone else")
        return Step(_end(ctx, status, promotion, "Superseded", block), blocked=block)
    if git.value == promotion.to_value:
        landed = replace(promotion, state="Landed", landed_at=ctx.now)
        return Step(replace(status, promotion=landed))
    if git.value != promotion.from_value:
        message = (
            f"the value is {git.value!r}, expected {promotion.from_value!r}; "
            f"changed by {holds.who(git.last_change)}"
        )
        return _stop(ctx, status, promotion, Blocked(Reason.VALUE_CHANGED, message))
    return _push(ctx, status, promotion)


def _push(ctx: Context, status: Status, promotion: Promotion) -> Step:
    proof = status.evaluation
    if proof is None or proof.id != promotion.evaluation or proof.state != "Passed":
        block = Blocked(
            Reason.NOT_PROVEN, "the evaluation that proved this version is not there"
        )
        return Step(_end(ctx, status, promotion, "Superseded", block), blocked=block)
    blocked = ctx.blocked(status)
    if blocked or ctx.recommends():
        return Step(
            status, blocked=blocked or Blocked(Reason.RECOMMENDED, "would push")
        )
    return ctx.request_effect(
        status, PushPromotion(value_change(ctx, status, promotion))
    )


def value_change(ctx: Context, status: Status, promotion: Promotion) -> ValueChange:
    """Return the commit of a promotion, wholly determined by its record."""
    evaluation, episode = status.evaluation, status.episode
    model = ctx.spec.model.name
    body = []
    if episode:
        body.append(f"Drift persists: {episode.message}")
    if evaluation and evaluation.message:
        body.append(f"The new version is better: {evaluation.message}")
    return ValueChange(
        promotion_id=promotion.id,
        old=promotion.from_value,
        new=promotion.to_value,
        subject=f"Promote {model} to version {promotion.version}",
        timestamp=int(promotion.proposed_at.timestamp()),
        body="\n\n".join(textwrap.fill(text, COMMIT_WIDTH) for text in body),
        trailers=(
            (TRAILER_MODEL, model),
            (TRAILER_VERSION, promotion.version),
            (TRAILER_PREVIOUS, promotion.previous or "none"),
            (TRAILER_EVALUATION, promotion.evaluation or "none"),
            (TRAILER_EPISODE, promotion.episode or "none"),
        ),
        base=promotion.base or None,
    )


def _reverted(
    ctx: Context, status: Status, promotion: Promotion, git: GitState
) -> Step:
    message = (
        f"commit {(promotion.commit or '')[:10]} set {promotion.to_value!r}; the value "
        f"is {git.value!r} now, changed by {holds.who(git.last_change)}"
    )
    block = Blocked(Reason.PROMOTION_REVERTED, message)
    status = _end(ctx, status, promotion, "Reverted", block)
    desired = ctx.spec.version_in(git.value or "")
    versions = replace(status.versions, desired=desired, serving=desired)
    status = replace(status, versions=versions)
    return Step(holds.open_hold(ctx, status, block.reason, message), blocked=block)


def _stop(ctx: Context, status: Status, promotion: Promotion, block: Blocked) -> Step:
    status = _end(ctx, status, promotion, "Superseded", block)
    return Step(
        holds.open_hold(ctx, status, block.reason, block.message), blocked=block
    )


def _end(
    ctx: Context, status: Status, promotion: Promotion, state: str, block: Blocked
) -> Status:
    over = replace(
        promotion,
        state=state,
        finished_at=ctx.now,
        reason=block.reason,
        message=block.message,
    )
    status = replace(status, promotion=over)
    outcome = "Promoted" if state == "Done" else state
    status = attempts.finish(ctx, status, outcome, block)
    return episodes.close(ctx, status, outcome)


def _move_champion_alias(ctx: Context, status: Status, promotion: Promotion) -> Step:
    """The alias follows what is deployed; then the new reference, then the end."""
    if ctx.registry is None:
        return Step(
            status, blocked=Blocked(Reason.UNREADABLE, "waiting for the registry")
        )
    if ctx.registry.champion not in (promotion.version, status.versions.champion):
        message = (
            f"the alias {ctx.spec.registry.aliases.champion!r} is at version "
            f"{ctx.registry.champion or 'none'}, while version {promotion.version} is "
            "in Git: somebody moved it during the promotion"
        )
        return _stop(ctx, status, promotion, Blocked(Reason.ALIAS_MOVED, message))
    if ctx.registry.champion != promotion.version:
        blocked = ctx.blocked(status)
        if blocked or ctx.recommends():
            return Step(
                status, blocked=blocked or Blocked(Reason.RECOMMENDED, "would move it")
            )
        change = ChampionChange(
            version=promotion.version,
            previous=status.versions.champion,
            tags={TAG_PROMOTION: promotion.id},
            sync_stage=ctx.spec.registry.stage_policy == "Sync",
        )
        return ctx.request_effect(status, MarkChampion(change))
    return Step(_done(ctx, status, promotion))


def _done(ctx: Context, status: Status, promotion: Promotion) -> Status:
    block = Blocked(Reason.PROMOTED, f"version {promotion.version} is the champion")
    version = promotion.version
    versions = Versions(desired=version, serving=version, champion=version)
    status = _end(ctx, status, promotion, "Done", block)
    status = replace(status, versions=versions)
    pin = status.reference or ReferencePin(ctx.spec.reference.uri)
    status = restart_windows(status, pin, ctx.now)
    return adopt_reference(ctx, status)
