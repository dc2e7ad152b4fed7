"""The episode track: one cause for acting.

    state   event                                               → state
    (none)  drift persists over counting windows                → open: Drift
    (none)  performance is beyond its bound in those with labels → open: Performance
    open    the newest counting windows show no drift, none of
            them is borderline, and no attempt for it is in flight → closed: Cleared
    open    the windows were started anew (spec, reference)
            and no attempt for it is in flight                  → closed: Superseded
    open    its candidate was trained, and nothing more is
            declared                                  → closed: Trained or Proven
    open    its candidate was promoted                          → closed: Promoted
    open    its promotion was taken back by a person            → closed: Reverted

The two kinds of windows are counted apart, each by the rule of persistence, so that no
row counts twice; what opened an episode also clears it. Only the triggers of
spec.retraining open one, and none does during a promotion or a hold. While one is open,
further breaches belong to it, so one cause starts at most one series of attempts.
"""

from __future__ import annotations

from dataclasses import replace

from driftcheck.contract import Verdict
from killick.plan.context import Context, Step
from killick.resource.codec import format_time
from killick.resource.drift_status import PerformanceStatus, Window
from killick.resource.spec import DRIFT, PERFORMANCE, TRIGGERS
from killick.resource.status import Episode, Status

UNDER_WAY = ("Intended", "Running", "Registered")
_WITH_LABELS = {DRIFT: "", PERFORMANCE: " with labels"}


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
    policy = ctx.spec.retraining
    if policy is None or status.hold:
        return status
    if status.promoting:
        return status
    for trigger in TRIGGERS:
        if trigger in policy.triggers and (opened := _called_for(ctx, status, trigger)):
            return replace(status, episode=opened)
    return status


def _called_for(ctx: Context, status: Status, trigger: str) -> Episode | None:
    """Return the episode that the windows of one kind call for."""
    rule = ctx.spec.drift.persistence
    newest = _windows(status, trigger)[-rule.windows :]
    drifted = [w for w in newest if w.verdict == Verdict.DRIFT]
    if len(drifted) < rule.breaches:
        return None
    first, latest = drifted[0], drifted[-1]
    before = status.episode
    if before and before.closed_at and latest.end <= before.closed_at:
        return None
    uri = status.reference.uri if status.reference else ""
    what = "counting windows" + _WITH_LABELS[trigger]
    message = (
        f"{len(drifted)} of the last {rule.windows} {what} drifted, the first from "
        f"{format_time(first.start)}: {latest.message or latest.reason}"
    )
    # Without its kind for the first one, whose IDs are older than the others.
    kind = () if trigger == DRIFT else (trigger,)
    identity = ctx.name.derive("episode", *kind, first.start.isoformat(), uri)
    return Episode(identity, ctx.now, trigger, message)


def _windows(status: Status, trigger: str) -> tuple[Window | PerformanceStatus, ...]:
    """Return the windows of the kind that opens episodes for this reason."""
    drift = status.drift
    return drift.performance_windows if trigger == PERFORMANCE else drift.windows


def _maybe_close(ctx: Context, status: Status, episode: Episode) -> Status:
    current = status.attempt
    if current and current.episode == episode.id and current.state in UNDER_WAY:
        return status
    windows = _windows(status, episode.reason)
    if not windows:
        return close(ctx, status, "Superseded")
    newest = windows[-ctx.spec.drift.persistence.breaches :]
    if all(w.verdict == Verdict.NO_DRIFT and not w.borderline for w in newest):
        return close(ctx, status, "Cleared")
    return status
