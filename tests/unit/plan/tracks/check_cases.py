"""What the tests of the check's track start from."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from driftcheck.contract import (
    WindowVerdict,
)
from killick.names import ANNOTATION_CHECK
from killick.plan.context import Context
from killick.plan.facts import ANSWER_GRACE, Observation
from killick.plan.tracks import check as track
from killick.resource.status import Status
from tests.unit.plan import builders as b

SECOND = timedelta(seconds=1)


TOKEN = {ANNOTATION_CHECK: "now"}


REQUESTED = b.NAME.requested_check("now")


BASE = b.adopted()


def settled(status: Status = BASE, ctx: Context | None = None) -> Context:
    """Return a pass in which the CronJob is as it should be."""
    return b.applied(ctx or b.context(), status)


def jobs(*found: Any, status: Status = BASE, **facts: Any) -> Context:
    """Return a pass with these check Jobs."""
    return settled(status, b.context(observed=b.seen(*found), **facts))


LONG_ENDED = b.NOW - ANSWER_GRACE


def job(name: str = "ranger-check-7", **changes: Any) -> Any:
    """Return a check Job that ended a moment ago."""
    made = b.job(name, "Succeeded", finished_at=b.NOW)
    return replace(made, **changes)


def answered(*windows: WindowVerdict, status: Status = BASE, **changes: Any) -> Status:
    """Return the status after a check answered."""
    text = b.answer(b.context(), status, *windows, **changes)
    return track.step(jobs(job(answer=text), status=status), status).status


def namespace(**changes: Any) -> Context:
    """Return a pass with another namespace."""
    return b.context(observed=Observation(b.children(**changes), b.registry(), b.git()))


def met(times: int = 1, ago: timedelta = timedelta(0)) -> Status:
    """Return the status after so many checks in a row met an outage."""
    drift = replace(
        BASE.drift,
        verdict="Error",
        reason="LogUnreachable",
        last_check="ranger-check-6",
        last_check_time=b.NOW - ago,
        outages=times,
    )
    return replace(BASE, drift=drift)
