"""The order of the tracks, what is tidied up, and when the next look is."""

from dataclasses import replace
from datetime import datetime

import pytest

from killick.names import ANNOTATION_RELEASE
from killick.plan.context import Context
from killick.plan.facts import Failure, Unknown
from killick.plan.planner import TRACKS, plan
from killick.plan.report.events import missed_decisions, transitions
from killick.resource.status import Status
from tests.unit.plan import builders as b


def settled(ctx: Context, before: Status) -> Context:
    """Return the pass after the check's CronJob was applied."""
    return b.applied(ctx, plan(ctx, before).status)


def test_order() -> None:
    """Holds come first, production before what is new, the cleanup last."""
    assert [name for name, _ in TRACKS] == [
        *("hold", "adoption", "check", "promotion", "evaluation"),
        *("attempt", "episode", "cleanup"),
    ]


def test_the_first_effect_wins() -> None:
    """With a CronJob to apply and a promotion to push, the CronJob is applied."""
    ctx = b.context(observed=b.seen(reg=b.marked()))
    first = plan(ctx, b.promoting())
    assert type(first.effect).__name__ == "ApplyCheck"
    second = plan(b.applied(ctx, first.status), first.status)
    assert type(second.effect).__name__ == "PushPromotion"


def test_a_moved_track_goes_on_at_once() -> None:
    """When a track moved, the next pass is now; when nothing did, it is later."""
    ctx = b.context()
    moved = plan(ctx, b.adopted(drift=b.drifted()))
    assert moved.wake_at == b.NOW
    resting = plan(settled(ctx, b.adopted()), b.adopted())
    assert b.NOW < resting.wake_at <= b.NOW + b.MINUTE * 7


def test_a_running_job_is_looked_at_soon() -> None:
    """While a Job runs the next look is within seconds."""
    ctx = b.context(observed=b.seen(b.job(b.NAME.training_job("a1"))))
    assert plan(ctx, b.trying("Running")).wake_at <= b.NOW + b.MINUTE / 6


def test_somebody_elses_job_is_not_looked_at_soon() -> None:
    """A Job that only carries our labels does not keep us busy."""
    job = b.job("other", owned=False)
    ctx = settled(b.context(observed=b.seen(job)), b.adopted())
    assert plan(ctx, b.adopted()).wake_at > b.NOW + b.MINUTE / 6


def test_every_state_change_is_told() -> None:
    """Opening an episode is a decision, with an ID that follows from it."""
    before = b.adopted(drift=b.drifted())
    first, again = plan(b.context(), before), plan(b.context(), before)
    assert [d.reason for d in first.decisions] == ["EpisodeOpened"]
    assert first.decisions == again.decisions


def test_who_was_away_is_asked_again_soon() -> None:
    """After a read that failed the next look is within half a minute."""
    away = Unknown("Unreachable", "no answer")
    for observed in (b.seen(reg=away), b.seen(repo=away)):
        ctx = b.context(observed=observed)
        assert plan(ctx, b.adopted()).wake_at <= b.NOW + b.MINUTE / 2


def test_a_wish_to_be_left_alone_is_respected() -> None:
    """The next look, and the next try of an effect, come no earlier than was asked."""
    busy = Unknown("RegistryUnreachable", "busy", b.MINUTE * 2)
    spec = b.a_spec(drift={"schedule": "0 0 1 1 *", "window": "60s"})
    ctx = b.context(spec, b.seen(reg=busy))
    before = plan(ctx, b.adopted()).status
    assert plan(b.applied(ctx, before), before).wake_at == b.NOW + b.MINUTE * 2
    failed = Failure(1, b.NOW, "RegistryUnreachable", "busy", b.MINUTE * 4)
    for minutes, due in ((3, b.NOW + b.MINUTE * 4), (4, None)):
        later = b.context(now=b.NOW + b.MINUTE * minutes, failures={"x": failed})
        assert later.retry_at("x") == due


def test_a_new_operator_tells_what_its_predecessor_may_not_have() -> None:
    """What moved in the last minutes is told by the IDs of then, older things not."""
    before = b.adopted(drift=b.drifted())
    made = plan(b.context(), before)
    again = missed_decisions(b.NAME, made.status, b.NOW + b.MINUTE)
    assert made.decisions[0].reason == "EpisodeOpened"
    assert made.decisions[0] in again
    assert missed_decisions(b.NAME, made.status, b.NOW + b.MINUTE * 6) == ()
    assert missed_decisions(b.NAME, made.status, b.NOW - b.HOUR) == ()


TURNED = [
    ("by the latest check", b.NOW, b.NOW, True),
    ("minutes ago", b.NOW - b.MINUTE * 4, b.NOW, True),
    ("an hour ago, repeated since", b.NOW - b.HOUR, b.NOW, False),
    ("by a check that was read late", b.NOW - b.HOUR, b.NOW - b.HOUR, True),
]


@pytest.mark.parametrize(
    ("since", "checked", "is_told"), [r[1:] for r in TURNED], ids=[r[0] for r in TURNED]
)
def test_a_new_operator_tells_of_a_verdict_that_just_turned(
    since: datetime, checked: datetime, *, is_told: bool
) -> None:
    """It is told by the ID of then; a verdict that was only repeated is not told."""
    before = b.adopted()
    drift = replace(b.drifted(), reason="Columns", verdict_since=since)
    drift = replace(drift, last_check_time=checked)
    after = replace(before, drift=drift, adopted_at=b.NOW)
    found = transitions(b.NAME, before, after)
    (verdict,) = [d for d in found if d.reason == "Drift"]
    assert (verdict in missed_decisions(b.NAME, after, b.NOW)) is is_told


@pytest.mark.parametrize(("minutes", "is_told"), [(1, True), (6, False)])
def test_a_new_operator_tells_of_a_release(minutes: int, *, is_told: bool) -> None:
    """It is told by the ID of then, for five minutes."""
    before = plan(b.context(), b.adopted(hold=b.held())).status
    freed = b.context(annotations={ANNOTATION_RELEASE: "h1"})
    made = plan(freed, before)
    (release,) = [d for d in made.decisions if d.reason == "HoldReleased"]
    later = b.NOW + b.MINUTE * minutes
    after = replace(made.status, episode=replace(b.episode(), opened_at=later))
    ids = [d.id for d in missed_decisions(b.NAME, after, later)]
    assert (release.id in ids) is is_told


def test_suspend_follows_what_runs_and_starts_nothing() -> None:
    """Under spec.suspend a running training is followed to its end, and no further."""
    training = b.job(b.NAME.training_job("a1"))
    spec = b.a_spec(suspend=True)
    running = b.context(spec, b.seen(training))
    before = b.trying("Running")
    first = plan(b.applied(running, before), before)
    assert first.status.attempt is not None
    assert (first.status.attempt.state, first.effect) == ("Running", None)
    trained = b.seen(training, reg=b.registry(attempt_versions=("2",)))
    status = first.status
    for _ in range(3):
        later = plan(b.applied(b.context(spec, trained), status), status)
        assert later.effect is None
        status = later.status
    assert status.attempt is not None
    assert status.attempt.state == "Registered"
    assert later.blocked_tracks["evaluation"].reason == "Suspended"
