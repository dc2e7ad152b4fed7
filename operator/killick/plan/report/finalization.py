"""What a deleted object leaves behind, for the person who finds it.

    attempt Intended or Running        its Job is deleted with the object; a version
                                       that it registers stays
    attempt Registered                 a version that nobody evaluates
    promotion Proposed                 a commit that may be in Git, now or soon
    promotion Landed or Deployed       a commit whose alias nobody moves
    a status of another version        unknown

Nothing is undone: Git and the registry belong to people.
"""

from __future__ import annotations

from typing import Any

from killick.errors import UnknownSchema
from killick.names import TRAILER_PROMOTION, ObjectName
from killick.plan.report.events import NORMAL, WARNING, Decision
from killick.reasons import Reason
from killick.resource.status import Status, parse_status, require_known


def released(name: ObjectName, uid: str, raw: Any) -> Decision:
    """Return the decision that is reported when an object is deleted.

    `raw` is its status. The type is Warning if something is left behind. The same
    object gives the same ID.
    """
    try:
        require_known(raw)
        left = leftovers(parse_status(raw) or Status())
    except UnknownSchema as error:
        left = [f"what was in progress is unknown: {error.message}"]
    identity = name.derive("decision", Reason.RELEASED, uid)
    if not left:
        message = "Nothing was in progress. Git and the registry stay as they are"
        return Decision(identity, NORMAL, Reason.RELEASED, message)
    message = (
        f"Left behind: {'; '.join(left)}. Nothing in Git or the registry is undone"
    )
    return Decision(identity, WARNING, Reason.RELEASED, message)


def leftovers(status: Status) -> list[str]:
    """Return what is in progress and will not be completed."""
    return [*_promotion(status), *_attempt(status)]


def _promotion(status: Status) -> list[str]:
    promotion = status.promotion
    if promotion is None or not promotion.in_flight:
        return []
    what = f"promotion {promotion.id} of version {promotion.version}"
    if promotion.state == "Proposed":
        trailer = f"{TRAILER_PROMOTION}: {promotion.id}"
        return [f"{what} may reach Git (search its history for {trailer!r})"]
    state = "is in Git" if promotion.state == "Landed" else "is deployed"
    alias = f"the champion alias is still at version {status.versions.champion}"
    return [f"{what} {state} (commit {promotion.commit}), {alias}"]


def _attempt(status: Status) -> list[str]:
    attempt = status.attempt
    if attempt is None:
        return []
    if attempt.in_flight:
        job = f"Job {attempt.job} of attempt {attempt.id} is deleted with the object"
        return [f"{job}; a version that it registered is not evaluated"]
    if attempt.state == "Registered" and not status.promoting:
        return [f"version {attempt.version} of attempt {attempt.id} is not promoted"]
    return []
