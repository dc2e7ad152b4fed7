"""The hold track: when another writer decided, Killick stops and says who and what.

    event                                              → hold
    Git's value is not the desired one                 → ValueChanged
    the champion alias moved without us                → AliasMoved
    our promotion landed and was taken back            → PromotionReverted
    so many candidates in a row were rejected          → CandidatesRejected
    the history back to the intent is too long to see  → HistoryTooDeep
    the annotation killick.dev/release names the hold  → released; adopt anew

A hold blocks everything but checks. A promotion in flight looks after its own
conflicts (`promotion.py`) and asks for its hold in its step.
"""

from __future__ import annotations

from dataclasses import replace

from killick.names import ANNOTATION_RELEASE
from killick.plan.context import Blocked, Context, Step
from killick.plan.rules.versions import desired_version, who
from killick.reasons import Reason
from killick.resource.codec import format_time
from killick.resource.status import Hold, Status


def step(ctx: Context, status: Status) -> Step:
    """Release the hold that a person names, or open one for a foreign write."""
    status = _release(ctx, status)
    if status.hold or status.adopted_at is None or status.promoting:
        return Step(status)
    return Step(_foreign_alias(ctx, _foreign_value(ctx, status)))


def open_hold(ctx: Context, status: Status, why: Blocked) -> Status:
    """Return a status with a hold whose ID follows from its cause and its time.

    The time is part of it, so that the token that released one hold never releases
    a later one of the same cause.
    """
    head = ctx.git.head if ctx.git else ""
    identity = ctx.name.derive("hold", why.reason, head, format_time(ctx.now))
    hold = Hold(identity, why.reason, why.message, ctx.now)
    return replace(status, hold=hold)


def _release(ctx: Context, status: Status) -> Status:
    token = ctx.facts.annotations.get(ANNOTATION_RELEASE)
    if token is None or status.hold is None or token != status.hold.id:
        return status
    requests = replace(status.requests, release=token)
    # What people decided in the meantime is the truth now: adopt it afresh.
    return replace(status, hold=None, requests=requests, adopted_at=None)


def _foreign_value(ctx: Context, status: Status) -> Status:
    git, desired = ctx.git, status.versions.desired
    if git is None or git.value is None or ctx.spec.promotion is None:
        return status
    if desired is None or git.value == ctx.spec.value_of(desired):
        return status
    path = ctx.spec.promotion.git
    message = (
        f"{who(git.last_change)} changed {path.json_pointer} in {path.values_path} "
        f"from {ctx.spec.value_of(desired)!r} to {git.value!r}"
    )
    status = open_hold(ctx, status, Blocked(Reason.VALUE_CHANGED, message))
    found = desired_version(ctx)
    versions = replace(status.versions, desired=found, serving=found)
    return replace(status, versions=versions)


def _foreign_alias(ctx: Context, status: Status) -> Status:
    registry, champion = ctx.registry, status.versions.champion
    if registry is None or status.hold or registry.champion == champion:
        return status
    if champion is None:  # the first champion was named by a person
        versions = replace(status.versions, champion=registry.champion)
        return replace(status, versions=versions, adopted_at=None)
    message = (
        f"Someone moved the alias {ctx.spec.registry.aliases.champion!r} from version "
        f"{champion} to {registry.champion or 'none'} without a promotion"
    )
    return open_hold(ctx, status, Blocked(Reason.ALIAS_MOVED, message))
