"""What became different between two statuses, as decisions worth an event.

Only transitions are told, each once: the ID of a decision derives from what it is
about, so telling it again changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from driftcheck.contract import Verdict
from killick.names import ObjectName
from killick.resource.codec import format_time
from killick.resource.conditions import HELD, STALLED
from killick.resource.drift_status import DriftStatus
from killick.resource.status import Hold, Status

NORMAL, WARNING = "Normal", "Warning"
RECENT = timedelta(minutes=5)
BAD_STATES = ("Failed", "Rejected", "Inconclusive", "Reverted", "Superseded")


@dataclass(frozen=True)
class Decision:
    """One recorded choice or finding, with its evidence in `message`."""

    id: str
    type: str
    reason: str
    message: str


def transitions(
    name: ObjectName, before: Status, after: Status
) -> tuple[Decision, ...]:
    """Return the decisions that lie between two statuses, in order of the loop."""
    found = [
        *_verdict(before, after),
        *_adoption(before, after),
        *_owner(before, after),
        *_episode(before, after),
        *_attempt(before, after),
        *_evaluation(before, after),
        *_promotion(before, after),
        *_hold(before, after),
    ]
    return tuple(
        Decision(name.derive("decision", reason, key), kind, reason, message)
        for kind, reason, key, message in found
    )


def missed_decisions(
    name: ObjectName, status: Status, now: datetime
) -> tuple[Decision, ...]:
    """Return the decisions of a recent status whose Events may be missing.

    An operator that just started asks: the one before may have died between the status
    and its Events. The IDs are the original ones, so no Event is created twice.
    """
    if not any(_recent(moment, now) for moment in _moments(status)):
        return ()
    return transitions(name, _origin(status, now), status)


def _origin(status: Status, now: datetime) -> Status:
    """Return the least status from which all that may be untold is a transition.

    What has a time of its own is left out where it is older: a verdict and a release.
    """
    drift, held = status.drift, status.condition(HELD)
    since = drift.verdict_since
    turned = since is not None and (
        since == drift.last_check_time or _recent(since, now)
    )
    released = status.requests.release
    hold = None
    if released and status.hold is None and held:
        moment = held.last_transition_time
        if held.status == "False" and moment and _recent(moment, now):
            hold = Hold(released, "the hold", "", moment)
    return replace(Status(), drift=DriftStatus() if turned else drift, hold=hold)


def _recent(moment: datetime, now: datetime) -> bool:
    return now - RECENT <= moment <= now


def _moments(status: Status) -> list[datetime]:
    """Return when the verdict, the tracks and the conditions of a status moved."""
    tracks = (status.episode, status.attempt, status.evaluation, status.promotion)
    known = [track for track in (*tracks, status.hold) if track]
    times = [value for track in known for value in vars(track).values()]
    times += [status.adopted_at, status.drift.verdict_since]
    times += [condition.last_transition_time for condition in status.conditions]
    return [moment for moment in times if isinstance(moment, datetime)]


def unknown_schema(name: ObjectName, message: str) -> Decision:
    """Return the one thing that is told of a status of another version of Killick."""
    reason = "UnknownSchemaVersion"
    identity = name.derive("decision", reason, message)
    return Decision(identity, WARNING, reason, message)


Row = tuple[str, str, str, str]


def _verdict(before: Status, after: Status) -> list[Row]:
    old, new = before.drift, after.drift
    if new.verdict is None or (old.verdict, old.reason) == (new.verdict, new.reason):
        return []
    quiet = new.verdict == Verdict.NO_DRIFT
    message = f"{new.reason}: {new.message or ''}"
    key = format_time(new.verdict_since) if new.verdict_since else ""
    return [(NORMAL if quiet else WARNING, str(new.verdict), key, message)]


def _adoption(before: Status, after: Status) -> list[Row]:
    if before.adopted_at or after.adopted_at is None:
        return []
    versions = after.versions
    message = f"desired version {versions.desired}, champion {versions.champion}"
    return [(NORMAL, "Adopted", after.adopted_at.isoformat(), message)]


def _owner(before: Status, after: Status) -> list[Row]:
    old, new = before.condition(STALLED), after.condition(STALLED)
    reason = "TargetConflict"
    if new is None or new.reason != reason or (old and old.reason == reason):
        return []
    since = new.last_transition_time
    return [(WARNING, reason, since.isoformat() if since else "", new.message)]


def _episode(before: Status, after: Status) -> list[Row]:
    old, new = before.episode, after.episode
    if new is None:
        return []
    rows: list[Row] = []
    if old is None or old.id != new.id or (new.is_open and not old.is_open):
        rows.append((WARNING, "EpisodeOpened", new.id, new.message))
    if not new.is_open and (old is None or old.is_open):
        rows.append((NORMAL, "EpisodeClosed", new.id, new.outcome or ""))
    return rows


def _attempt(before: Status, after: Status) -> list[Row]:
    old, new = before.attempt, after.attempt
    if new is None or (old and (old.id, old.state) == (new.id, new.state)):
        return []
    words = {
        "Intended": ("RetrainingStarted", f"attempt {new.id}, Job {new.job}"),
        "Registered": ("CandidateRegistered", f"version {new.version} by {new.id}"),
        "Failed": ("RetrainingFailed", f"{new.reason}: {new.message}"),
    }
    if new.state not in words:
        return []
    reason, message = words[new.state]
    kind = WARNING if new.state in BAD_STATES else NORMAL
    return [(kind, reason, new.id, message)]


def _evaluation(before: Status, after: Status) -> list[Row]:
    old, new = before.evaluation, after.evaluation
    if new is None or (old and (old.id, old.state) == (new.id, new.state)):
        return []
    if new.state not in ("Passed", "Rejected", "Inconclusive"):
        return []
    kind = NORMAL if new.state == "Passed" else WARNING
    message = f"version {new.candidate}: {new.reason}: {new.message}"
    return [(kind, f"Evaluation{new.state}", new.id, message)]


def _promotion(before: Status, after: Status) -> list[Row]:
    old, new = before.promotion, after.promotion
    if new is None or (old and (old.id, old.state) == (new.id, new.state)):
        return []
    kind = WARNING if new.state in BAD_STATES else NORMAL
    message = f"version {new.version}: {new.message or new.commit or new.to_value}"
    return [(kind, f"Promotion{new.state}", new.id, message)]


def _hold(before: Status, after: Status) -> list[Row]:
    old, new = before.hold, after.hold
    if new and (old is None or old.id != new.id):
        return [(WARNING, "HoldOpened", new.id, f"{new.reason}: {new.message}")]
    if old and new is None:
        return [(NORMAL, "HoldReleased", old.id, f"{old.reason} was released")]
    return []
