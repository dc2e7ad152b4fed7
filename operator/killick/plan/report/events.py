"""The differences between two statuses that are worth an Event.

Only transitions are reported, each once: the ID of a decision derives from what it is
about, so reporting it again changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from driftcheck.contract import Verdict
from killick.names import ANNOTATION_RELEASE, ObjectName
from killick.reasons import Reason
from killick.resource.codec import format_time
from killick.resource.conditions import ADOPTED, HELD, STALLED
from killick.resource.drift_status import DriftStatus
from killick.resource.status import Attempt, Evaluation, Hold, Promotion, Status

NORMAL, WARNING = "Normal", "Warning"
RECENT = timedelta(minutes=5)  # longer than a restart takes


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
    rows = [
        *_verdict(before, after),
        *_adoption(before, after),
        *_target(before, after),
        *_episode(before, after),
        *_attempt(before, after),
        *_evaluation(before, after),
        *_promotion(before, after),
        *_hold(before, after),
    ]
    return tuple(
        Decision(name.derive("decision", reason, key), event_type, reason, message)
        for event_type, reason, key, message in rows
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
    """Return a status from which every decision that may be missing is a transition.

    A verdict and a release have times of their own; older ones are left out.
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
            hold = Hold(released, "", "", moment)
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
    """Return the only decision about a status of another version of Killick."""
    reason = Reason.UNKNOWN_SCHEMA_VERSION
    identity = name.derive("decision", reason, message)
    return Decision(identity, WARNING, reason, message)


Row = tuple[str, str, str, str]
"""The Event's type and reason, what its ID derives from, and its message."""


def explained(reason: str | None, message: str | None) -> str:
    """Return "Reason: message", without what is absent."""
    return ": ".join(text for text in (reason, message) if text)


def _verdict(before: Status, after: Status) -> list[Row]:
    old, new = before.drift, after.drift
    if new.verdict is None or (old.verdict, old.reason) == (new.verdict, new.reason):
        return []
    event_type = NORMAL if new.verdict == Verdict.NO_DRIFT else WARNING
    reason = new.reason if new.reason != new.verdict else None  # else said twice
    message = explained(reason, new.message) or new.verdict
    key = format_time(new.verdict_since) if new.verdict_since else ""
    return [(event_type, new.verdict, key, message)]


def _adoption(before: Status, after: Status) -> list[Row]:
    if before.adopted_at or after.adopted_at is None:
        return []
    adopted = after.condition(ADOPTED)
    message = adopted.message if adopted else "Automation may act"
    return [(NORMAL, Reason.ADOPTED, after.adopted_at.isoformat(), message)]


def _target(before: Status, after: Status) -> list[Row]:
    old, new = before.condition(STALLED), after.condition(STALLED)
    reason = Reason.TARGET_CONFLICT
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
        rows.append((WARNING, Reason.EPISODE_OPENED, new.id, new.message))
    if not new.is_open and (old is None or old.is_open):
        message = f"Drift episode {new.id} closed: {new.outcome or 'no outcome'}"
        rows.append((NORMAL, Reason.EPISODE_CLOSED, new.id, message))
    return rows


def _attempt(before: Status, after: Status) -> list[Row]:
    old, new = before.attempt, after.attempt
    if new is None or (old and (old.id, old.state) == (new.id, new.state)):
        return []
    if new.state == "Intended":
        message = f"Attempt {new.id} starts with Job {new.job}"
        return [(NORMAL, Reason.RETRAINING_STARTED, new.id, message)]
    if new.state == "Registered":
        message = f"Attempt {new.id} registered version {new.version}"
        return [(NORMAL, Reason.CANDIDATE_REGISTERED, new.id, message)]
    if new.state == "Failed":
        message = explained(f"Attempt {new.id} failed", why(new))
        return [(WARNING, Reason.RETRAINING_FAILED, new.id, message)]
    return []


def _evaluation(before: Status, after: Status) -> list[Row]:
    old, new = before.evaluation, after.evaluation
    if new is None or (old and (old.id, old.state) == (new.id, new.state)):
        return []
    version = f"Version {new.candidate}"
    rows = {
        "Passed": (NORMAL, Reason.EVALUATION_PASSED, "passed"),
        "Rejected": (WARNING, Reason.EVALUATION_REJECTED, "was rejected"),
        "Inconclusive": (WARNING, Reason.EVALUATION_INCONCLUSIVE, "was not judged"),
    }
    if new.state not in rows:
        return []
    event_type, reason, verb = rows[new.state]
    return [(event_type, reason, new.id, explained(f"{version} {verb}", why(new)))]


def _promotion(before: Status, after: Status) -> list[Row]:
    old, new = before.promotion, after.promotion
    if new is None or (old and (old.id, old.state) == (new.id, new.state)):
        return []
    version = f"ersion {new.version}"
    commit = f"commit {new.commit}" if new.commit else "someone else's commit"
    messages = {
        "Proposed": f"V{version} is about to be committed as {new.to_value}",
        "Landed": f"V{version} is in Git by {commit}",
        "Deployed": f"V{version} counts as deployed: nothing observes it",
        "Done": f"V{version} is the champion",
        "Reverted": explained(f"Promotion of v{version} was reverted", new.message),
        "Superseded": explained(f"Promotion of v{version} was given up", why(new)),
    }
    if new.state not in messages:
        return []
    event_type = WARNING if new.state in ("Reverted", "Superseded") else NORMAL
    reason = Reason(f"Promotion{new.state}")
    return [(event_type, reason, new.id, messages[new.state])]


def _hold(before: Status, after: Status) -> list[Row]:
    old, new = before.hold, after.hold
    if new and (old is None or old.id != new.id):
        release = f"release with the annotation {ANNOTATION_RELEASE}={new.id}"
        message = f"Automation stopped, {release}: {new.reason}: {new.message}"
        return [(WARNING, Reason.HOLD_OPENED, new.id, message)]
    if old and new is None:
        return [(NORMAL, Reason.HOLD_RELEASED, old.id, f"Hold {old.id} was released")]
    return []


def why(track: Attempt | Evaluation | Promotion) -> str:
    """Return the recorded reason and message of a track that ended."""
    return explained(track.reason, track.message)
