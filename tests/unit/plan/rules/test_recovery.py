"""What is taken up again when the status was lost: one row per kind of trace."""

from dataclasses import replace

import pytest

from killick.names import TAG_EVALUATION
from killick.plan.context import Context
from killick.plan.facts import JobFact, Observation
from killick.plan.needs import needs
from killick.plan.rules.recovery import (
    promotion_explains_mismatch,
    recover_promotion,
)
from killick.plan.tracks import adoption, attempt, promotion
from killick.registry.port import PastRun
from killick.resource.status import Status, Versions
from tests.unit.plan import builders as b

EARLIER = b.job(
    b.NAME.training_job("a0"),
    "Failed",
    created_at=b.NOW - b.HOUR * 3,
    finished_at=b.NOW,
)
LATER = b.job(b.NAME.training_job("a1"), "Succeeded", finished_at=b.NOW)
FAILED = replace(LATER, state="Failed")
JOBS = [
    ("none", (), None, ()),
    ("one that runs", (b.job(LATER.name),), "a1", ("InFlight",)),
    ("one that ended", (LATER,), "a1", ("InFlight",)),
    ("one that failed", (FAILED,), None, ("Failed",)),
    ("two", (LATER, EARLIER), "a1", ("Failed", "InFlight")),
    ("not ours", (replace(LATER, owned=False),), None, ()),
    ("of another purpose", (replace(LATER, purpose="evaluation"),), None, ()),
    ("of another name", (replace(LATER, name="train-a1"),), None, ()),
]


@pytest.mark.parametrize(
    ("jobs", "current", "outcomes"), [r[1:] for r in JOBS], ids=[r[0] for r in JOBS]
)
def test_attempts(
    jobs: tuple[JobFact, ...], current: str | None, outcomes: tuple[str, ...]
) -> None:
    """Training Jobs of ours are attempts; the newest goes on unless it failed."""
    found = attempt.recover(b.context(observed=b.seen(*jobs)), Status())
    assert (found.attempt.id if found.attempt else None) == current
    assert tuple(past.outcome for past in found.attempts) == outcomes


def test_a_status_that_knows_its_attempts_is_not_made_up() -> None:
    """Only a lost history is made up from Jobs."""
    before = b.trying("Failed")
    assert attempt.recover(b.context(observed=b.seen(LATER)), before) == before


def run_of(identity: str, hours: int) -> PastRun:
    """Return an attempt that a version's run tells of."""
    return PastRun(identity, (b.NOW - b.HOUR * hours).timestamp())


def test_trainings_that_left_only_a_version_count() -> None:
    """Cooldown and budget know of attempts whose Jobs are gone; odd tags are none."""
    runs = (run_of("0123456789", 3), run_of("abcdef0123", 2), run_of("../x", 1))
    reg = b.registry(past=runs)
    found = attempt.recover(b.context(observed=b.seen(reg=reg)), Status())
    assert found.attempt is None
    assert [(p.id, p.outcome) for p in found.attempts] == [
        ("0123456789", "Recovered"),
        ("abcdef0123", "Recovered"),
    ]
    blocked = attempt.step(
        b.context(observed=b.seen(reg=reg)),
        b.adopted(episode=b.episode(), attempts=found.attempts),
    )
    assert b.reason_of(blocked) == "Cooldown"


def test_a_version_of_a_clock_that_was_set_back_counts_as_of_now() -> None:
    """It was left out, and the budget was given a second time."""
    future = replace(run_of("1111111111", 1), registered=b.NOW.timestamp() + 99)
    reg = b.registry(past=(future,))
    (past,) = attempt.recover(b.context(observed=b.seen(reg=reg)), Status()).attempts
    assert (past.id, past.started_at) == ("1111111111", b.NOW)


def test_an_attempt_with_a_job_and_a_version_is_one() -> None:
    """A Job and a version of one attempt are not counted twice."""
    job = b.job(b.NAME.training_job("0123456789"), "Succeeded", finished_at=b.NOW)
    reg = b.registry(past=(run_of("0123456789", 0),))
    found = attempt.recover(b.context(observed=b.seen(job, reg=reg)), Status())
    assert [p.outcome for p in found.attempts] == ["InFlight"]


def test_the_past_is_asked_for_before_the_adoption_only() -> None:
    """An adopted object, or one that knows its attempts, does not search for them."""
    ctx = b.context()
    new = needs(ctx.spec, Status(), None, ctx.name, ctx.now).attempt
    assert new is not None
    assert (new.owner, new.since) == (
        "test/ml/ranger",
        (b.NOW - b.DAY * 7).timestamp(),
    )
    for status in (b.adopted(), Status(attempts=(b.past("Failed"),))):
        assert needs(ctx.spec, status, None, ctx.name, ctx.now).attempt is None


def look(*, tagged: bool = True, trace: str | None = None) -> Context:
    """Return a pass in which Git names version 2 and the alias version 1."""
    tags = {TAG_EVALUATION: "e1"} if tagged else {}
    known = {"2": replace(b.version("2"), tags=tags)}
    reg = b.registry(candidate="2", versions=known)
    repo = replace(b.git(b.TWO), trace=trace)
    return b.context(observed=Observation(b.children(), reg, repo))


def adopting() -> Status:
    """Return a lost status in which the disagreement was just seen."""
    return Status(versions=Versions(desired="2", champion="1"))


def test_a_proven_value_is_looked_for_in_the_history() -> None:
    """A version that we proved is assumed to be ours, and searched from the root."""
    ctx = look()
    after = promotion.step(ctx, adopting()).status
    assert after.promotion is not None
    assert after.promotion.state == "Proposed"
    trace = needs(ctx.spec, after, None, ctx.name, ctx.now).trace
    assert trace is not None
    assert (trace.promotion_id, trace.base) == (after.promotion.id, None)


def test_an_unproven_value_is_a_persons() -> None:
    """Without our tag nothing is assumed."""
    assert recover_promotion(look(tagged=False), adopting(), "t") is None


def test_our_commit_explains_the_difference() -> None:
    """Found in the history, the promotion is adopted and goes on."""
    proposed = promotion.step(look(), adopting()).status
    landed = promotion.step(look(trace="c0ffee"), proposed).status
    assert landed.promotion is not None
    assert landed.promotion.state == "Landed"
    assert promotion_explains_mismatch(look(), landed)
    assert adoption.step(look(), landed).status.adopted_at == b.NOW


def test_a_value_set_by_hand_stays_a_disagreement() -> None:
    """Not found in the history: it was a person, and a person has to go on."""
    proposed = promotion.step(look(), adopting()).status
    after = promotion.step(look(), proposed).status
    assert after.promotion is not None
    assert (after.promotion.state, after.promotion.reason) == ("Superseded", "NotOurs")
    assert not promotion_explains_mismatch(look(), after)
    again = adoption.step(look(), after)
    assert again.blocked is not None
    assert again.blocked.reason == "ValueAliasDisagree"
    assert promotion.step(look(), again.status).status == again.status
