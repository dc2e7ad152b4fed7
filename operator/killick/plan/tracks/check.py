"""The check track: from answers of check Jobs to windows that count.

    event                                   → what happens
    first pass, or the spec's checks change → windows start anew from now
    the reference changes                   → windows start anew from now
    a Job answered                          → its windows are folded in, once
    a Job just ended without an answer      → it waits a moment for its pod
    a Job left no (valid) answer            → verdict Error with the pod's reason
    the CronJob differs from the spec       → ApplyCheck
    a request token not seen before         → RunCheck, once per token
    the latest check met an outage          → RunCheck again, after a pause
    the object is being deleted             → nothing is applied or run any more

An answer is evidence only for what was asked: the same rules, reference and anchor.
Counting windows are laid end to end from the anchor, and judged once more when their
labels have come (`performance`). An Inconclusive, DataQuality or Error window occupies
its slot and counts neither way, but for an outage's: that one is judged by a later
check.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

from driftcheck.contract import (
    CheckAnswer,
    ContractError,
    Kind,
    Verdict,
    WindowVerdict,
    decode,
)
from killick.names import ANNOTATION_CHECK, PURPOSE_CHECK
from killick.plan.context import Blocked, Context, Step
from killick.plan.effects import RunCheck
from killick.plan.facts import JobFact
from killick.plan.requests.check import check_effect, request_fingerprint
from killick.plan.rules.performance import performance_breaches, show_performance
from killick.plan.rules.reference import restart_windows
from killick.plan.rules.transient import is_away, pause
from killick.reasons import Reason
from killick.resource.bounds import KINDS_LIMIT, count, is_sha256, token_of
from killick.resource.drift_status import DriftStatus, Window
from killick.resource.fingerprint import window_fingerprint
from killick.resource.schedule import next_run
from killick.resource.status import ReferencePin, Status


def step(ctx: Context, status: Status) -> Step:
    """Fold in the answers, then bring the CronJob in line with the spec."""
    status = _current(ctx, status)
    for job in _finished(ctx):
        if job.answer_may_come(ctx.now):
            break  # what ended later is folded in after it
        status = _fold(ctx, status, job)
    status = _summarise(ctx, status)
    return _effect(ctx, status)


def breaches(status: Status, windows: int) -> int:
    """Return how many of the last `windows` counting windows show drift."""
    return sum(w.verdict == Verdict.DRIFT for w in status.drift.windows[-windows:])


def _current(ctx: Context, status: Status) -> Status:
    """Drop evidence that was gathered for another spec or reference."""
    spec = ctx.spec
    pin = status.reference
    declared = ReferencePin(spec.reference.uri, spec.reference.sha256)
    if pin is None or (pin.version is None and not _same_reference(pin, declared)):
        status = restart_windows(status, declared, ctx.now)
    if status.drift.window_fingerprint != window_fingerprint(spec):
        status = restart_windows(status, status.reference or declared, ctx.now)
        fresh = replace(status.drift, window_fingerprint=window_fingerprint(spec))
        status = replace(status, drift=fresh)
    return status


def _same_reference(pin: ReferencePin, declared: ReferencePin) -> bool:
    return pin.uri == declared.uri and declared.sha256 in (None, pin.sha256)


def _finished(ctx: Context) -> list[JobFact]:
    jobs = ctx.children.jobs if ctx.children else ()
    done = [j for j in jobs if j.purpose == PURPOSE_CHECK and j.owned and j.finished_at]
    return sorted(done, key=lambda j: (j.finished_at, j.name))


def _fold(ctx: Context, status: Status, job: JobFact) -> Status:
    drift = status.drift
    if drift.last_check_time and job.finished_at:
        done = (job.finished_at, job.name)
        if done <= (drift.last_check_time, drift.last_check or ""):
            return status
    seen = replace(drift, last_check=job.name, last_check_time=job.finished_at)
    answered = _answered(ctx, replace(status, drift=seen), job)
    judged = answered.drift
    if (judged.verdict, judged.reason) == (drift.verdict, drift.reason):
        return answered
    turned = replace(judged, verdict_since=job.finished_at)
    return replace(answered, drift=turned)


def _answered(ctx: Context, status: Status, job: JobFact) -> Status:
    try:
        answer = decode(job.answer) if job.answer else None
    except (ContractError, UnicodeError) as error:  # half of a pair
        return _failed(status, Reason.BROKEN_ANSWER, str(error))
    if answer is None:
        why = (
            job.detail or f"Job {job.name} ended without an answer; read its pod's log"
        )
        return _failed(status, job.reason or Reason.NO_ANSWER, why)
    if answer.request_fingerprint != request_fingerprint(ctx, status):
        return status
    return _judged(ctx, status, answer)


def _failed(status: Status, reason: str, message: str) -> Status:
    latest = replace(
        status.drift,
        verdict=str(Verdict.ERROR),
        reason=reason,
        message=message,
        rows=None,
        percent=None,
        top_columns=None,
        report=None,
        kinds=(),
        performance=None,
        outages=_outages(status, str(Verdict.ERROR), reason),
    )
    return replace(status, drift=latest)


def _judged(ctx: Context, status: Status, answer: CheckAnswer) -> Status:
    if answer.error:
        return _failed(status, answer.error.reason, answer.error.message)
    pin = status.reference
    if pin and pin.sha256 is None:
        status = replace(status, reference=replace(pin, sha256=_digest(answer)))
    known = {w.start for w in status.drift.windows}
    anchor = status.drift.anchor or ctx.now
    judged = takewhile(lambda w: not _unjudged(w), answer.windows)
    added = [
        _window(w)
        for w in judged
        if w.counting and w.start not in known and w.start >= anchor
    ]
    keep = ctx.spec.drift.persistence.windows
    windows = sorted([*status.drift.windows, *added], key=lambda w: w.start)[-keep:]
    status = replace(status, drift=replace(status.drift, windows=tuple(windows)))
    status = show_performance(ctx, status, answer)
    shown = [w for w in answer.windows if not w.counting] or list(answer.windows)
    return _show(status, shown[-1], answer.report) if shown else status


def _unjudged(found: WindowVerdict) -> bool:
    return found.verdict == Verdict.ERROR and is_away(found.reason)


def _outages(status: Status, verdict: str, reason: str) -> int | None:
    """Return how many checks in a row met an outage, with the one that is folded."""
    if verdict != Verdict.ERROR or not is_away(reason):
        return None
    return (status.drift.outages or 0) + 1


def _digest(answer: CheckAnswer) -> str | None:
    found = answer.reference_sha256 or ""
    return found if is_sha256(found) else None


def _window(found: WindowVerdict) -> Window:
    return Window(
        start=found.start,
        end=found.end,
        verdict=str(found.verdict),
        reason=found.reason,
        message=found.message,
        rows=count(found.rows),
        drifted=count(found.drifted),
        checked=count(found.checked),
        percent=count(found.percent),
        borderline=found.borderline or None,
    )


def _show(status: Status, latest: WindowVerdict, report: str | None) -> Status:
    shown = replace(
        status.drift,
        verdict=str(latest.verdict),
        reason=latest.reason,
        message=latest.message,
        rows=count(latest.rows),
        percent=count(latest.percent),
        top_columns=", ".join(
            f"{name} {score:.2f}" for name, score in latest.top_columns[:3]
        ),
        report=report,
        kinds=tuple(dict.fromkeys(str(kind) for kind in latest.kinds))[:KINDS_LIMIT],
        outages=_outages(status, str(latest.verdict), latest.reason),
    )
    return replace(status, drift=shown)


def _summarise(ctx: Context, status: Status) -> Status:
    drift = status.drift
    of = ctx.spec.drift.persistence.windows
    breached = breaches(status, of)
    worse = performance_breaches(status, of)
    summary = "Pending"
    if drift.verdict:
        summary = f"{drift.verdict}{_extent(drift)} ({max(breached, worse)}/{of})"
    due = None
    if not ctx.spec.suspend:
        due = next_run(ctx.spec.drift, str(ctx.name), ctx.now)
    bounded = ctx.spec.drift.performance and ctx.spec.drift.performance.bound
    drift = replace(
        drift,
        summary=summary,
        breaches=breached,
        performance_breaches=worse if bounded else None,
        next_check_time=due,
    )
    return replace(status, drift=drift)


def _extent(drift: DriftStatus) -> str:
    """Return how much drifted, or that it is the answers alone."""
    if drift.verdict != Verdict.DRIFT:
        return ""
    if drift.kinds == (str(Kind.PERFORMANCE),):
        return f" {Kind.PERFORMANCE}"
    return "" if drift.percent is None else f" {drift.percent}%"


def _effect(ctx: Context, status: Status) -> Step:
    if ctx.children is None or ctx.facts.deleting:
        return Step(status)
    if ctx.children.check_foreign:
        taken = f"CronJob {ctx.name.check_cronjob} exists and belongs to someone else"
        return Step(status, blocked=Blocked(Reason.NAME_TAKEN, taken))
    wanted = check_effect(ctx, status)
    if ctx.children.check_applied != wanted.fingerprint:
        return ctx.request_effect(status, wanted)
    return _requested(ctx, status)


def _requested(ctx: Context, status: Status) -> Step:
    token = token_of(ctx.facts.annotations.get(ANNOTATION_CHECK) or "")
    if token and token != status.requests.check:
        job = ctx.name.requested_check(token)
        status = replace(
            status,
            requests=replace(status.requests, check=token),
            drift=replace(status.drift, requested=job),
        )
    pending = status.drift.requested
    if ctx.children is None:
        return Step(status)
    if pending is None:
        return _again(ctx, status, ctx.children.jobs)
    if ctx.children.job(pending) or pending == status.drift.last_check:
        done = replace(status.drift, requested=None)
        return Step(replace(status, drift=done))
    return ctx.request_effect(status, RunCheck(pending))


def _again(ctx: Context, status: Status, jobs: tuple[JobFact, ...]) -> Step:
    """Repeat a check that met an outage, once, under a name that follows from it."""
    drift = status.drift
    ended, last = drift.last_check_time, drift.last_check
    if not drift.outages or ended is None or last is None or ctx.spec.suspend:
        return Step(status)
    if any(job.purpose == PURPOSE_CHECK and job.state == "Running" for job in jobs):
        return Step(status)
    due = ended + pause(drift.outages)
    if ctx.now < due:
        return Step(
            status, blocked=Blocked(drift.reason or "", drift.message or "", due)
        )
    repeated = ctx.name.requested_check(f"again after {last}")
    status = replace(status, drift=replace(drift, requested=repeated))
    return ctx.request_effect(status, RunCheck(repeated))
