"""One word for the state of the whole, and what must happen next.

Both are derived from the tracks for `kubectl get`; they decide nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from killick.plan.context import Blocked, Context
from killick.plan.rules.ownership import conflict
from killick.plan.rules.transient import AWAY
from killick.reasons import Reason
from killick.resource.status import Status

# Short enough for a column of `kubectl get`; the conditions have the details.
WAITING_FOR: dict[str, str] = {
    Reason.RUNNING: "Job to finish",
    Reason.SEARCHING: "version to be registered",
    Reason.NOT_ENOUGH_ROWS: "more labeled rows",
    Reason.COOLDOWN: "cooldown to end",
    Reason.BUDGET_EXHAUSTED: "next budget period",
    Reason.RECOMMENDED: "spec.mode Act",
    Reason.MODE_OBSERVE: "spec.mode Act",
    Reason.TEMPLATE_MISSING: "training CronJob",
    Reason.REGISTRY_UNREACHABLE: "MLflow to answer",
    Reason.GIT_UNREACHABLE: "Git server to answer",
    Reason.UNREADABLE: "systems to answer",
    Reason.TARGET_CONFLICT: "older owner of the target",
    **dict.fromkeys(AWAY, "inference log to answer"),
}
PROMOTING = {
    "Proposed": "commit to land",
    "Landed": "deployment",
    "Deployed": "champion alias to move",
}
TRACKS = ("target", "adoption", "promotion", "evaluation", "attempt", "check")


def phase(ctx: Context, status: Status) -> str:
    """Return one word for the state of the whole, the most pressing first."""
    attempt, evaluation = status.attempt, status.evaluation
    if ctx.spec.suspend:
        return "Suspended"
    if conflict(ctx):
        return "Stalled"
    if status.hold:
        return "Held"
    if status.promoting:
        return "Promoting"
    if attempt and attempt.state == "Registered":
        passed = evaluation is not None and evaluation.state == "Passed"
        return "Promoting" if passed else "Evaluating"
    if attempt and attempt.in_flight:
        return "Retraining"
    if status.episode and status.episode.is_open:
        return "Drifted"
    return "Watching" if status.drift.last_check_time else "Pending"


def waiting_for(
    ctx: Context, status: Status, blocked_tracks: Mapping[str, Blocked]
) -> str:
    """Return in a few words what must happen next."""
    if ctx.spec.suspend:
        return "spec.suspend false"
    if status.hold and "target" not in blocked_tracks:
        return f"release of hold {status.hold.id}"
    for track in TRACKS:
        block = blocked_tracks.get(track)
        if block:
            return WAITING_FOR.get(block.reason, block.reason)
    promotion = status.promotion
    if promotion and promotion.state in PROMOTING:
        return PROMOTING[promotion.state]
    if phase(ctx, status) == "Promoting":
        return "candidate alias to move"
    due = status.drift.next_check_time
    return f"check at {due:%H:%M:%SZ}" if due else "next check"
