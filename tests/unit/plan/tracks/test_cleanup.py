"""The cleanup track's truth table: which Jobs are deleted."""

from dataclasses import replace

import pytest

from killick.plan.facts import JobFact
from killick.plan.tracks import cleanup as track
from killick.resource.status import Status
from tests.unit.plan import builders as b

OLD = b.job(b.NAME.training_job("a0"), "Succeeded")
STALE = b.job(b.NAME.evaluation_job("e0"), "Failed")
NOW_RUNNING = b.job(b.NAME.training_job("a0"))
CURRENT = b.job(b.NAME.training_job("a1"), "Succeeded", finished_at=b.NOW)
OVERDUE = b.job(b.NAME.training_job("a1"))
RUNNING, FAILED = b.trying("Running"), b.trying("Failed")
TABLE = [
    ("of an earlier attempt", RUNNING, (CURRENT, OLD), OLD.name),
    ("of an earlier evaluation", b.comparing("Running"), (STALE,), STALE.name),
    ("until another begins", RUNNING, (CURRENT, STALE), None),
    ("before the adoption", replace(RUNNING, adopted_at=None), (OLD,), None),
    ("the current one", RUNNING, (CURRENT,), None),
    ("the failed one, for a person", FAILED, (CURRENT,), None),
    ("the failed one, still running", FAILED, (OVERDUE,), OVERDUE.name),
    ("of the current evaluation", b.comparing("Rejected"), (
        b.job(b.NAME.evaluation_job("e1"), "Failed"),), None),
    ("an unknown one that runs", RUNNING, (CURRENT, NOW_RUNNING), None),
    ("not ours", RUNNING, (CURRENT, replace(OLD, owned=False)), None),
    ("a check", RUNNING, (CURRENT, b.job("ranger-check-1", "Succeeded")), None),
    ("of another purpose", RUNNING, (CURRENT, replace(OLD, purpose="")), None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "jobs", "deleted"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_table(before: Status, jobs: tuple[JobFact, ...], deleted: str | None) -> None:
    """Only Jobs of ours whose outcome is recorded are deleted."""
    before = replace(before, drift=b.drifted())
    ctx = b.context(observed=b.seen(*jobs))
    step = track.step(ctx, before)
    assert getattr(step.effect, "name", None) == deleted
