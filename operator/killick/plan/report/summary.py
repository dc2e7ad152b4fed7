"""What a person reads: the conditions, the phase and what is waited for.

Conditions and their truth:

    Ready          True: spec valid, inputs healthy, the last check is fresh.
                   Drift, retraining, review and holds do not make it False.
    Stalled        present only while True: nothing will get better by itself.
    InputsHealthy  False names what is unreachable or what is wrong with the data.
    DriftDetected  True Drift, False NoDrift, Unknown for every other verdict.
    Adopted        True once Git and the registry were read and agree.
    Retraining     with spec.retraining: True while an attempt is in flight.
    Promoted       with spec.promotion: True when the last proven version is in Git.
    Deployed       with spec.promotion: True "Unverified" where nothing observes it.
    Held           True while automation is stopped for a person.

The phase is derived from the tracks for printing; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from driftcheck.contract import Verdict
from killick.names import ANNOTATION_RELEASE
from killick.plan.context import Blocked, Context
from killick.plan.facts import Unknown
from killick.plan.rules.ownership import conflict
from killick.reasons import Reason
from killick.resource import conditions as kinds
from killick.resource.codec import format_time
from killick.resource.schedule import next_run
from killick.resource.status import Condition, Status

BlockedTracks = Mapping[str, Blocked]
LATE = timedelta(minutes=5)


def conditions(
    ctx: Context, status: Status, blocked_tracks: BlockedTracks
) -> list[Condition]:
    """Return every condition that applies, unmerged."""
    wanted = [
        _ready(ctx, status, blocked_tracks),
        _inputs(ctx, status, blocked_tracks),
        _drift(status),
        _adopted(ctx, status, blocked_tracks),
        _held(status),
    ]
    if _stalled(ctx, blocked_tracks):
        block = _stalled(ctx, blocked_tracks)
        wanted.append(_from_blocked(kinds.STALLED, "True", block))
    if ctx.spec.retraining:
        wanted.append(_retraining(status, blocked_tracks))
    if ctx.spec.promotion:
        wanted += [_promoted(status, blocked_tracks), _deployed(status)]
    return wanted


def _from_blocked(kind: str, status: str, block: Blocked | None) -> Condition:
    reason = block.reason if block else "Unknown"
    return Condition(kind, status, reason, block.message if block else "")


def _stalled(ctx: Context, blocked_tracks: BlockedTracks) -> Blocked | None:
    if "target" in blocked_tracks:
        return blocked_tracks["target"]
    found = ctx.observed.children
    if isinstance(found, Unknown) and found.reason == "NamespaceNotGranted":
        return Blocked(found.reason, found.message)
    check = blocked_tracks.get("check")
    return check if check and check.reason == "NameTaken" else None


def _ready(ctx: Context, status: Status, blocked_tracks: BlockedTracks) -> Condition:
    stalled = _stalled(ctx, blocked_tracks)
    if stalled:
        return _from_blocked(kinds.READY, "False", stalled)
    unhealthy = _unhealthy(ctx, status, blocked_tracks)
    if unhealthy:
        return _from_blocked(kinds.READY, "False", unhealthy)
    if ctx.spec.suspend:
        return Condition(
            kinds.READY, "True", Reason.SUSPENDED, "no checks while suspended"
        )
    drift = status.drift
    if drift.last_check_time is None:
        return Condition(kinds.READY, "Unknown", Reason.CHECK_PENDING, "no check yet")
    if drift.verdict in (Verdict.ERROR, Verdict.DATA_QUALITY):
        reason = drift.reason or str(drift.verdict)
        return Condition(kinds.READY, "False", reason, drift.message or "")
    expected = next_run(ctx.spec.drift, str(ctx.name), drift.last_check_time)
    due = next_run(ctx.spec.drift, str(ctx.name), expected) + LATE
    if ctx.now > due:
        message = f"the last check was at {format_time(drift.last_check_time)}"
        return Condition(kinds.READY, "False", Reason.CHECK_STALE, message)
    return Condition(kinds.READY, "True", Reason.HEALTHY, drift.message or "")


def _unhealthy(
    ctx: Context, status: Status, blocked_tracks: BlockedTracks
) -> Blocked | None:
    """Return what is wrong with the inputs: all of it, under the first one's reason.

    What only the latest check has to say is for the caller, if nothing else is wrong.
    """
    found = list(_troubles(ctx, blocked_tracks))
    if not found:
        return None
    drift = status.drift
    if drift.verdict in (Verdict.ERROR, Verdict.DATA_QUALITY):
        found.append(Blocked(drift.reason or str(drift.verdict), drift.message or ""))
    # The same outage, such as the API server's, can be met by several readers.
    distinct: dict[str, Blocked] = {}
    for block in found:
        distinct.setdefault(block.reason, block)
    if len(distinct) == 1:
        return found[0]
    said = (f"{block.reason}: {block.message}" for block in distinct.values())
    return Blocked(found[0].reason, "; ".join(said))


def _troubles(ctx: Context, blocked_tracks: BlockedTracks) -> Iterator[Blocked]:
    for fact in (ctx.observed.children, ctx.observed.registry, ctx.observed.git):
        if isinstance(fact, Unknown):
            yield Blocked(fact.reason, fact.message)
    if ctx.git and ctx.git.refused:
        yield Blocked(ctx.git.refused.reason, ctx.git.refused.message)
    check = blocked_tracks.get("check")
    if check:
        yield check
    if ctx.children and ctx.children.waiting:
        yield Blocked(Reason.POD_CANNOT_START, "; ".join(ctx.children.waiting))


def _inputs(ctx: Context, status: Status, blocked_tracks: BlockedTracks) -> Condition:
    unhealthy = _unhealthy(ctx, status, blocked_tracks)
    if unhealthy:
        return _from_blocked(kinds.INPUTS_HEALTHY, "False", unhealthy)
    drift = status.drift
    if drift.verdict in (Verdict.ERROR, Verdict.DATA_QUALITY):
        reason = drift.reason or str(drift.verdict)
        return Condition(kinds.INPUTS_HEALTHY, "False", reason, drift.message or "")
    if drift.last_check_time is None:
        return Condition(kinds.INPUTS_HEALTHY, "Unknown", Reason.CHECK_PENDING, "")
    return Condition(kinds.INPUTS_HEALTHY, "True", Reason.HEALTHY, "")


def _drift(status: Status) -> Condition:
    drift = status.drift
    truth = {str(Verdict.DRIFT): "True", str(Verdict.NO_DRIFT): "False"}
    verdict = truth.get(drift.verdict or "")
    reason = drift.reason or "CheckPending"
    message = drift.message or "no check yet"
    if drift.top_columns and verdict:
        message = f"{message} (worst: {drift.top_columns})"
    return Condition(kinds.DRIFT_DETECTED, verdict or "Unknown", reason, message)


def _adopted(ctx: Context, status: Status, blocked_tracks: BlockedTracks) -> Condition:
    observed = (ctx.observed.registry, ctx.observed.git)
    if status.adopted_at and observed == (None, None):
        message = "neither a registry nor a repository is declared"
        return Condition(kinds.ADOPTED, "True", Reason.NOTHING_TO_ADOPT, message)
    if status.adopted_at:
        champion = status.versions.champion
        reason = "Adopted" if champion else "NoChampion"
        message = f"version {status.versions.desired or 'none'} is desired"
        return Condition(kinds.ADOPTED, "True", reason, message)
    block = blocked_tracks.get("target") or blocked_tracks.get("adoption")
    block = block or Blocked(Reason.PENDING, "not looked at yet")
    facts = (*observed, ctx.observed.children)
    unreadable = {fact.reason for fact in facts if isinstance(fact, Unknown)}
    unknown = block.reason in unreadable or block.reason == "Pending"
    return _from_blocked(kinds.ADOPTED, "Unknown" if unknown else "False", block)


def _held(status: Status) -> Condition:
    if status.hold is None:
        return Condition(kinds.HELD, "False", Reason.NO_HOLD, "")
    # First what to do: a long story may be cut at its end.
    message = f"release by {ANNOTATION_RELEASE}={status.hold.id}: {status.hold.message}"
    return Condition(kinds.HELD, "True", status.hold.reason, message)


def _retraining(status: Status, blocked_tracks: BlockedTracks) -> Condition:
    attempt = status.attempt
    if "target" in blocked_tracks:
        return _from_blocked(kinds.RETRAINING, "False", blocked_tracks["target"])
    if attempt and attempt.in_flight:
        block = blocked_tracks.get("attempt") or Blocked(
            attempt.state, f"attempt {attempt.id}"
        )
        return _from_blocked(kinds.RETRAINING, "True", block)
    current = blocked_tracks.get("attempt")
    if current is None and status.episode and status.episode.is_open and attempt:
        current = Blocked(
            attempt.state, attempt.message or f"version {attempt.version}"
        )
    block = current or Blocked(Reason.NOT_NEEDED, "no episode of drift is open")
    return _from_blocked(kinds.RETRAINING, "False", block)


def _promoted(status: Status, blocked_tracks: BlockedTracks) -> Condition:
    promotion, evaluation = status.promotion, status.evaluation
    block = (
        blocked_tracks.get("target")
        or blocked_tracks.get("promotion")
        or blocked_tracks.get("evaluation")
    )
    if promotion and promotion.state in ("Landed", "Deployed", "Done"):
        commit = (promotion.commit or "set by someone else")[:40]
        message = f"version {promotion.version} since {commit}"
        return Condition(kinds.PROMOTED, "True", promotion.state, message)
    if block:
        return _from_blocked(kinds.PROMOTED, "False", block)
    if promotion and promotion.state != "Proposed":
        reason = promotion.reason or promotion.state
        return Condition(kinds.PROMOTED, "False", reason, promotion.message or "")
    if promotion:
        message = f"version {promotion.version} is to be committed"
        return Condition(kinds.PROMOTED, "False", promotion.state, message)
    if evaluation and evaluation.finished_at:
        reason = evaluation.reason or evaluation.state
        return Condition(kinds.PROMOTED, "False", reason, evaluation.message or "")
    return Condition(kinds.PROMOTED, "False", Reason.NOTHING_TO_PROMOTE, "")


def _deployed(status: Status) -> Condition:
    promotion = status.promotion
    if promotion and promotion.state in ("Deployed", "Done"):
        message = "landed in Git; no deployment is declared, so serving is unverified"
        return Condition(kinds.DEPLOYED, "True", "Unverified", message)
    if promotion and promotion.state in ("Proposed", "Landed"):
        return Condition(kinds.DEPLOYED, "False", promotion.state, "")
    return Condition(kinds.DEPLOYED, "Unknown", "Unverified", "nothing was promoted")


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


def waiting_for(ctx: Context, status: Status, blocked_tracks: BlockedTracks) -> str:
    """Return in a few words what must happen next."""
    if ctx.spec.suspend:
        return "spec.suspend to be false"
    if status.hold and "target" not in blocked_tracks:
        return f"a person: release {status.hold.id}"
    for track in ("target", "adoption", "promotion", "evaluation", "attempt", "check"):
        block = blocked_tracks.get(track)
        if block:
            return _WORDS.get(block.reason, block.reason)
    promotion = status.promotion
    if promotion and promotion.state in _PROMOTING:
        return _PROMOTING[promotion.state]
    if phase(ctx, status) == "Promoting":
        return "the candidate alias to move"
    due = status.drift.next_check_time
    return f"the check at {due:%H:%M:%SZ}" if due else "the next check"


# Short enough for a column of `kubectl get`; the conditions have the whole story.
_WORDS = {
    "Running": "a Job to end",
    "Searching": "the version in the registry",
    "NotEnoughRows": "more labelled rows",
    "Cooldown": "the cooldown to end",
    "BudgetExhausted": "the budget's next period",
    "Recommended": "a person: mode is Recommend",
    "ModeObserve": "a person: mode is Observe",
    "TemplateMissing": "the training CronJob",
    "LogUnreachable": "the inference log to answer",
    "RegistryUnreachable": "MLflow to answer",
    "GitUnreachable": "the Git server to answer",
    "Unreadable": "what cannot be read to answer",
    "TargetConflict": "the target's older owner",
}
_PROMOTING = {
    "Proposed": "the commit to land",
    "Landed": "the deployment",
    "Deployed": "the champion alias to move",
}
