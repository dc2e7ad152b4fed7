"""What a deleted object leaves behind, in words for whoever finds it.

    attempt Intended or Running        its Job goes by ownership; what it may register
    attempt Registered                 a version that nobody judges
    promotion Proposed                 a commit that may be in Git, now or soon
    promotion Landed or Deployed       a commit whose roll-out or alias nobody finishes
    a status of another version        cannot be told from here

Nothing of it is undone: Git and the registry belong to people.
"""

from __future__ import annotations

from typing import Any

from killick.errors import UnknownSchema
from killick.names import TRAILER_PROMOTION, ObjectName
from killick.plan.report.events import NORMAL, WARNING, Decision
from killick.resource.status import Status, parse_status, require_known


def farewell(name: ObjectName, uid: str, raw: Any) -> Decision:
    """Return what is told when the object with this status is let go.

    A Warning if something is left behind. The same object gives the same ID.
    """
    try:
        require_known(raw)
        left = leftovers(parse_status(raw) or Status())
    except UnknownSchema as error:
        left = [f"what was under way is unknown: {error.message}"]
    identity = name.derive("decision", "Released", uid)
    if not left:
        message = "nothing was under way; Git and the registry stay as they are"
        return Decision(identity, NORMAL, "Released", message)
    message = (
        f"left behind: {'; '.join(left)}. Nothing in Git or the registry is undone"
    )
    return Decision(identity, WARNING, "Released", message)


def leftovers(status: Status) -> list[str]:
    """Return what is under way and has no one to end it from now on."""
    return [*_promotion(status), *_attempt(status)]


def _promotion(status: Status) -> list[str]:
    promotion = status.promotion
    if promotion is None or not promotion.in_flight:
        return []
    who = f"promotion {promotion.id} of version {promotion.version}"
    if promotion.state == "Proposed":
        found = f"{TRAILER_PROMOTION}: {promotion.id}"
        return [f"{who} may be in Git, or get there yet (look for {found!r})"]
    state = "is in Git" if promotion.state == "Landed" else "is deployed"
    alias = f"the champion is still version {status.versions.champion}"
    return [f"{who} {state} (commit {promotion.commit}), {alias}"]


def _attempt(status: Status) -> list[str]:
    attempt = status.attempt
    if attempt is None:
        return []
    if attempt.in_flight:
        job = f"attempt {attempt.id}: its Job {attempt.job} is deleted with the object"
        return [f"{job}; a version that it registered is judged by nobody"]
    if attempt.state == "Registered" and not status.promoting:
        return [f"version {attempt.version} of attempt {attempt.id}, not promoted"]
    return []
