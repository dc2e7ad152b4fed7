"""The conditions of a ModelDeployment, from the tracks and what this pass observed.

    Ready          True: the spec is valid, permissions and addresses work, and the
                   last check is recent. Drift, retraining, review and holds do not
                   make it False.
    Stalled        present only while True: it does not recover by itself.
    InputsHealthy  False names what is unreachable or what is wrong with the data.
    DriftDetected  True Drift, False NoDrift, Unknown for every other verdict.
    Adopted        True once Git and the registry were read and agree.
    Retraining     with spec.retraining: True while an attempt is in flight.
    Promoted       with spec.promotion: True when the version that passed is in Git.
    Deployed       with spec.promotion: Unknown, since nothing observes the deployment;
                   False while the promoted version is not in Git yet.
    Held           True while automation is stopped for a person.

A condition that was not observed is Unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from driftcheck.contract import Verdict
from killick.names import ANNOTATION_RELEASE
from killick.plan.context import Blocked, Context
from killick.plan.facts import Unknown
from killick.reasons import Reason
from killick.resource import conditions as types
from killick.resource.codec import format_time
from killick.resource.schedule import next_run
from killick.resource.status import Condition, Status

BlockedTracks = Mapping[str, Blocked]
LATE = timedelta(minutes=5)  # a check may take so long after its time
NO_CHECK = "No check has finished yet"


def conditions(
    ctx: Context, status: Status, blocked_tracks: BlockedTracks
) -> list[Condition]:
    """Return every condition that applies, unmerged."""
    stalled = _stalled(ctx, blocked_tracks)
    wanted = [
        _ready(ctx, status, blocked_tracks),
        _inputs(ctx, status, blocked_tracks),
        _drift(status),
        _adopted(ctx, status, blocked_tracks),
        _held(status),
    ]
    if stalled:
        wanted.append(_from_blocked(types.STALLED, "True", stalled))
    if ctx.spec.retraining:
        wanted.append(_retraining(status, blocked_tracks))
    if ctx.spec.promotion:
        wanted += [_promoted(status, blocked_tracks), _deployed(status)]
    return wanted


def _from_blocked(condition: str, status: str, block: Blocked) -> Condition:
    return Condition(condition, status, block.reason, block.message)


def _stalled(ctx: Context, blocked_tracks: BlockedTracks) -> Blocked | None:
    if "target" in blocked_tracks:
        return blocked_tracks["target"]
    children = ctx.observed.children
    if isinstance(children, Unknown):
        not_granted = children.reason == Reason.NAMESPACE_NOT_GRANTED
        return Blocked(children.reason, children.message) if not_granted else None
    check = blocked_tracks.get("check")
    return check if check and check.reason == Reason.NAME_TAKEN else None


def _ready(ctx: Context, status: Status, blocked_tracks: BlockedTracks) -> Condition:
    problem = _stalled(ctx, blocked_tracks) or _unhealthy(ctx, status, blocked_tracks)
    if problem:
        return _from_blocked(types.READY, "False", problem)
    if ctx.spec.suspend:
        message = "Checks and automation are suspended: spec.suspend is true"
        return Condition(types.READY, "True", Reason.SUSPENDED, message)
    drift = status.drift
    if drift.last_check_time is None:
        return Condition(types.READY, "Unknown", Reason.CHECK_PENDING, NO_CHECK)
    bad = _bad_check(status)
    if bad:
        return _from_blocked(types.READY, "False", bad)
    expected = next_run(ctx.spec.drift, str(ctx.name), drift.last_check_time)
    due = next_run(ctx.spec.drift, str(ctx.name), expected) + LATE
    if ctx.now > due:
        message = (
            f"The last check ended at {format_time(drift.last_check_time)} and the "
            f"next is overdue; look at CronJob {ctx.name.check_cronjob} and its pods"
        )
        return Condition(types.READY, "False", Reason.CHECK_STALE, message)
    message = "All declared systems can be read, and the last check is recent"
    return Condition(types.READY, "True", Reason.HEALTHY, message)


def _unhealthy(
    ctx: Context, status: Status, blocked_tracks: BlockedTracks
) -> Blocked | None:
    """Return everything that is wrong with the inputs, under the first reason.

    None if nothing but the latest check reports a problem: see `_bad_check`.
    """
    problems = list(_problems(ctx, blocked_tracks))
    bad = _bad_check(status)
    if problems and bad:
        problems.append(bad)
    # The same outage, such as the API server's, can be met by several readers.
    distinct: dict[str, Blocked] = {}
    for problem in problems:
        distinct.setdefault(problem.reason, problem)
    if len(distinct) < 2:
        return problems[0] if problems else None
    texts = (f"{problem.reason}: {problem.message}" for problem in distinct.values())
    return Blocked(problems[0].reason, "; ".join(texts))


def _bad_check(status: Status) -> Blocked | None:
    """Return the latest check's problem with its inputs, None if it has none."""
    drift = status.drift
    if drift.verdict not in (Verdict.ERROR, Verdict.DATA_QUALITY):
        return None
    return Blocked(drift.reason or str(drift.verdict), drift.message or "")


def _problems(ctx: Context, blocked_tracks: BlockedTracks) -> Iterator[Blocked]:
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
    problem = _unhealthy(ctx, status, blocked_tracks) or _bad_check(status)
    if problem:
        return _from_blocked(types.INPUTS_HEALTHY, "False", problem)
    if status.drift.last_check_time is None:
        return Condition(
            types.INPUTS_HEALTHY, "Unknown", Reason.CHECK_PENDING, NO_CHECK
        )
    message = "The inference log and the reference can be judged"
    return Condition(types.INPUTS_HEALTHY, "True", Reason.HEALTHY, message)


def _drift(status: Status) -> Condition:
    drift = status.drift
    truth = {str(Verdict.DRIFT): "True", str(Verdict.NO_DRIFT): "False"}
    detected = truth.get(drift.verdict or "")
    reason = drift.reason or Reason.CHECK_PENDING
    message = drift.message or (NO_CHECK if drift.verdict is None else "")
    if drift.top_columns and detected:
        message = f"{message} (top columns: {drift.top_columns})"
    return Condition(types.DRIFT_DETECTED, detected or "Unknown", reason, message)


def _adopted(ctx: Context, status: Status, blocked_tracks: BlockedTracks) -> Condition:
    observed = (ctx.observed.registry, ctx.observed.git)
    if status.adopted_at and observed == (None, None):
        message = "The spec declares neither a registry nor a repository"
        return Condition(types.ADOPTED, "True", Reason.NOTHING_TO_ADOPT, message)
    if status.adopted_at:
        desired, champion = status.versions.desired, status.versions.champion
        message = (
            f"Version {desired or 'none'} is desired, version {champion} the champion"
            if champion
            else f"Version {desired or 'none'} is desired; no champion alias exists yet"
        )
        reason = Reason.ADOPTED if champion else Reason.NO_CHAMPION
        return Condition(types.ADOPTED, "True", reason, message)
    block = blocked_tracks.get("target") or blocked_tracks.get("adoption")
    if block is None:
        message = "Git and the registry have not been read yet"
        return Condition(types.ADOPTED, "Unknown", Reason.PENDING, message)
    facts = (*observed, ctx.observed.children)
    unreadable = {fact.reason for fact in facts if isinstance(fact, Unknown)}
    truth = "Unknown" if block.reason in unreadable else "False"
    return _from_blocked(types.ADOPTED, truth, block)


def _held(status: Status) -> Condition:
    if status.hold is None:
        return Condition(types.HELD, "False", Reason.NO_HOLD, "No hold is open")
    # What to do comes first: a long message may be cut at its end.
    release = f"{ANNOTATION_RELEASE}={status.hold.id}"
    message = f"Release with the annotation {release}: {status.hold.message}"
    return Condition(types.HELD, "True", status.hold.reason, message)


def _retraining(status: Status, blocked_tracks: BlockedTracks) -> Condition:
    attempt = status.attempt
    if "target" in blocked_tracks:
        return _from_blocked(types.RETRAINING, "False", blocked_tracks["target"])
    block = blocked_tracks.get("attempt")
    if attempt and attempt.in_flight:
        flying = Blocked(attempt.state, f"Attempt {attempt.id} is in flight")
        return _from_blocked(types.RETRAINING, "True", block or flying)
    if block is None and status.episode and status.episode.is_open and attempt:
        registered = f"Attempt {attempt.id} registered version {attempt.version}"
        block = Blocked(attempt.state, attempt.message or registered)
    idle = Blocked(Reason.NOT_NEEDED, "No drift episode is open")
    return _from_blocked(types.RETRAINING, "False", block or idle)


def _promoted(status: Status, blocked_tracks: BlockedTracks) -> Condition:
    promotion, evaluation = status.promotion, status.evaluation
    if promotion and promotion.state in ("Landed", "Deployed", "Done"):
        where = (
            f"by commit {promotion.commit[:40]}"
            if promotion.commit
            else ("by someone else's commit")
        )
        message = f"Version {promotion.version} is in Git {where}"
        return Condition(types.PROMOTED, "True", promotion.state, message)
    for track in ("target", "promotion", "evaluation"):
        if track in blocked_tracks:
            return _from_blocked(types.PROMOTED, "False", blocked_tracks[track])
    if promotion and promotion.state != "Proposed":
        reason = promotion.reason or promotion.state
        return Condition(types.PROMOTED, "False", reason, promotion.message or "")
    if promotion:
        message = f"Version {promotion.version} is about to be committed"
        return Condition(types.PROMOTED, "False", promotion.state, message)
    if evaluation and evaluation.finished_at:
        reason = evaluation.reason or evaluation.state
        return Condition(types.PROMOTED, "False", reason, evaluation.message or "")
    message = "No version has passed an evaluation yet"
    return Condition(types.PROMOTED, "False", Reason.NOTHING_TO_PROMOTE, message)


def _deployed(status: Status) -> Condition:
    promotion = status.promotion
    if promotion and promotion.state == "Proposed":
        message = f"Version {promotion.version} is not in Git yet"
        return Condition(types.DEPLOYED, "False", promotion.state, message)
    message = "Nothing has been promoted yet"
    if promotion and promotion.state in ("Landed", "Deployed", "Done"):
        message = (
            f"Version {promotion.version} landed in Git; Killick does not observe "
            "whether it is served"
        )
    return Condition(types.DEPLOYED, "Unknown", Reason.NOT_OBSERVED, message)
