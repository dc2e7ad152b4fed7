"""The episode track: one cause for acting.

    state   event                                               → state
    (none)  drift persists over counting windows                → open
    open    the newest counting windows show no drift, none of
            them is near one, and no attempt for it is under way → closed: Cleared
    open    the windows were started anew (spec, reference)
            and no attempt for it is under way                  → closed: Superseded
    open    its candidate was trained, and nothing more is
            declared                                  → closed: Trained or Proven
    open    its candidate was promoted                          → closed: Promoted
    open    its promotion was taken back by a person            → closed: Reverted

None opens during a promotion or a hold. While one is open, further breaches belong
to it, so one cause starts at most one series of attempts.
"""

from __future__ import annotations

from dataclasses import replace

from driftcheck.contract import Verdict
from killick.plan.check import breaches
from killick.plan.context import Context, Step
from killick.resource.status import Episode, Status

UNDER_WAY = ("Intended", "Running", "Registered")


def step(ctx: Context, status: Status) -> Step:
    """Open or close the episode as the windows say."""
    if status.episode and status.episode.is_open:
        return Step(_maybe_close(ctx, status, status.episode))
    return Step(_maybe_open(ctx, status))


def close(ctx: Context, status: Status, outcome: str) -> Status:
    """Return a status in which the open episode has an outcome."""
    if status.episode is None or not status.episode.is_open:
        return status
    episode = replace(status.episode, closed_at=ctx.now, outcome=outcome)
    return replace(status, episode=episode)


def _maybe_open(ctx: Context, status: Status) -> Status:
    rule = ctx.spec.drift.persistence
    if ctx.spec.retraining is None or status.hold:
        return status
    if status.promoting:
        return status
    if breaches(status, rule.windows) < rule.breaches:
        return status
    newest = status.drift.windows[-rule.windows :]
    drifted = [w for w in newest if w.verdict == Verdict.DRIFT]
    first, latest = drifted[0], drifted[-1]
    before = status.episode
    if before and before.closed_at and latest.end <= before.closed_at:
        return status
    uri = status.reference.uri if status.reference else ""
    message = (
        f"{len(drifted)} of the last {rule.windows} counting windows drifted, "
        f"the first from {first.start.isoformat()}: {latest.message or latest.reason}"
    )
    identity = ctx.name.derive("episode", first.start.isoformat(), uri)
    episode = Episode(identity, ctx.now, "Drift", message)
    return replace(status, episode=episode)


def _maybe_close(ctx: Context, status: Status, episode: Episode) -> Status:
    current = status.attempt
    if current and current.episode == episode.id and current.state in UNDER_WAY:
        return status
    if not status.drift.windows:
        return close(ctx, status, "Superseded")
    newest = status.drift.windows[-ctx.spec.drift.persistence.breaches :]
    if all(w.verdict == Verdict.NO_DRIFT and not w.near for w in newest):
        return close(ctx, status, "Cleared")
    return status
