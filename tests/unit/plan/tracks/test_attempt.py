"""The attempt track's truth table: one row per line of its docstring, and the gates."""

from dataclasses import replace
from typing import Any

import pytest

from killick.plan.context import Blocked, Context, Outcome
from killick.plan.facts import Failure, JobFact, Observation, TrainingTemplate, Unknown
from killick.plan.tracks import attempt as track
from killick.resource.status import Status
from tests.unit.plan import builders as b

TRAIN = b.NAME.training_job("a1")
AWAY = Unknown("Unreachable", "no answer")
OPEN = b.adopted(episode=b.episode(), drift=b.drifted())
INTENDED, RUNNING = b.trying("Intended"), b.trying("Running")


def template(**changes: Any) -> Observation:
    """Return a look at a namespace whose template differs."""
    found = b.children(**changes)
    return Observation(found, b.registry(), b.git())


def ended(minutes: int, state: str = "Succeeded") -> Context:
    """Return a pass in which the training Job ended so many minutes ago."""
    job = b.job(TRAIN, state, finished_at=b.NOW - b.MINUTE * minutes)
    return b.context(observed=b.seen(replace(job, reason="OOMKilled", detail="memory")))


def runs(**changes: Any) -> Context:
    """Return a pass in which the training Job runs."""
    return b.context(observed=b.seen(b.job(TRAIN, **changes)))


def found(*jobs: JobFact) -> Context:
    """Return a pass in which the registry has the attempt's version."""
    reg = b.registry(attempt_versions=("2",))
    return b.context(observed=b.seen(*jobs, reg=reg))


def spec(**changes: Any) -> Context:
    """Return a pass with another spec."""
    return b.context(b.a_spec(**changes))


SUSPENDED = b.a_spec(suspend=True)
GONE = replace(RUNNING, attempt=b.attempt("Running", finished_at=b.NOW - b.MINUTE * 2))
TABLE = [
    ("episode open, gates pass", OPEN, b.context(), "Intended", None, None),
    ("no episode", b.adopted(), b.context(), None, None, None),
    ("no job, no version", INTENDED, b.context(), "Intended", "StartTraining", None),
    ("the job exists", INTENDED, runs(), "Running", None, "Running"),
    ("running", RUNNING, runs(), "Running", None, "Running"),
    ("registered, intended", INTENDED, found(), "Registered", None, None),
    ("registered, running", RUNNING, found(), "Registered", None, None),
    ("succeeded a moment ago", RUNNING, ended(0), "Running", None, "Searching"),
    ("succeeded without version", RUNNING, ended(2), "Failed", None, "NoVersion"),
    ("job failed", RUNNING, ended(2, "Failed"), "Failed", None, "OOMKilled"),
    ("job failed at once", INTENDED, ended(2, "Failed"), "Failed", None, "OOMKilled"),
    ("vanished just now", RUNNING, b.context(), "Running", None, "Searching"),
    ("vanished a while ago", GONE, b.context(), "Failed", None, "JobVanished"),
    ("vanished, and is back", GONE, runs(), "Running", None, "Running"),
    ("name taken", INTENDED, runs(owned=False), "Failed", None, "NameTaken"),
    (
        "past its timeout",
        replace(RUNNING, attempt=b.attempt("Running", started_at=b.NOW - b.HOUR * 6)),
        runs(),
        *("Failed", None, "Timeout"),
    ),
    (
        "retraining taken out, no job",
        INTENDED,
        spec(retraining=None, evaluation=None, promotion=None),
        *("Superseded", None, "SpecChanged"),
    ),
    (
        "retraining taken out, job runs",
        RUNNING,
        replace(runs(), spec=b.a_spec(retraining=None)),
        *("Running", None, "Running"),
    ),
    *(
        (f"suspended, {event}", RUNNING, replace(ctx, spec=SUSPENDED), *result)
        for event, ctx, result in (
            ("training still runs", runs(), ("Running", None, "Running")),
            ("training registered", found(), ("Registered", None, None)),
            ("training failed", ended(2, "Failed"), ("Failed", None, "OOMKilled")),
        )
    ),
    (
        "registry away",
        INTENDED,
        b.context(observed=b.seen(reg=AWAY)),
        *("Intended", None, "Unreadable"),
    ),
    (
        "namespace away",
        RUNNING,
        b.context(observed=Observation(AWAY, b.registry(), b.git())),
        *("Running", None, "Unreadable"),
    ),
    (
        "search not complete",
        INTENDED,
        b.context(observed=b.seen(reg=b.registry(attempt_search_complete=False))),
        *("Intended", None, "SearchIncomplete"),
    ),
    (
        "it failed a moment ago",
        INTENDED,
        b.context(failures={f"job/{TRAIN}": Failure(3, b.NOW, "Boom", "why")}),
        *("Intended", None, "Boom"),
    ),
    (
        "registered goes first",
        b.trying("Registered"),
        b.context(),
        "Registered",
        None,
        None,
    ),
    ("gate: suspended", OPEN, spec(suspend=True), None, None, "Suspended"),
    ("gate: mode", OPEN, spec(mode="Observe"), None, None, "ModeObserve"),
    ("gate: recommend", OPEN, spec(mode="Recommend"), None, None, "Recommended"),
    ("gate: hold", replace(OPEN, hold=b.held()), b.context(), None, None, "Held"),
    (
        "gate: adoption",
        replace(OPEN, adopted_at=None),
        b.context(),
        *(None, None, "NotAdopted"),
    ),
    ("gate: deletion", OPEN, b.context(deleting=True), None, None, "Deleting"),
    (
        "gate: no template",
        OPEN,
        b.context(observed=template(template=None)),
        *(None, None, "TemplateMissing"),
    ),
    (
        "gate: template not suspended",
        OPEN,
        b.context(observed=template(template=TrainingTemplate("i", suspended=False))),
        *(None, None, "TemplateNotSuspended"),
    ),
    (
        "gate: namespace away",
        OPEN,
        b.context(observed=Observation(AWAY, b.registry(), b.git())),
        *(None, None, "Unreadable"),
    ),
    (
        "gate: cooldown",
        replace(OPEN, attempts=(b.past("Failed"),)),
        b.context(),
        *(None, None, "Cooldown"),
    ),
    (
        "gate: budget",
        replace(
            OPEN,
            attempts=tuple(b.past("Failed", f"x{d}", b.DAY * d) for d in (5, 3, 2)),
        ),
        b.context(),
        *(None, None, "BudgetExhausted"),
    ),
    (
        "cooldown over, budget left",
        replace(
            OPEN,
            attempts=tuple(b.past("Failed", f"x{d}", b.DAY * d) for d in (8, 3, 2)),
        ),
        b.context(),
        *("Intended", None, None),
    ),
    *(
        (
            f"in flight, {gate}",
            INTENDED,
            spec(**change),
            *("Intended", None, reason),
        )
        for gate, change, reason in (
            ("suspended", {"suspend": True}, "Suspended"),
            ("observe", {"mode": "Observe"}, "ModeObserve"),
            ("recommend", {"mode": "Recommend"}, "Recommended"),
        )
    ),
]


@pytest.mark.parametrize(
    ("before", "ctx", "state", "effect", "reason"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_table(
    before: Status, ctx: Context, state: str, effect: str | None, reason: str | None
) -> None:
    """State and event give the state, the effect and the reason of the table."""
    step = b.run(track.step, ctx, before)
    after = step.status.attempt
    assert (after.state if after else None) == state
    assert (b.effect_of(step), b.reason_of(step)) == (effect, reason)


def test_the_intent_is_whole() -> None:
    """A new attempt names its episode, its Job and the version it must beat."""
    made = b.run(track.step, b.context(), OPEN).status
    assert made.attempt is not None
    assert made.attempt.job == b.NAME.training_job(made.attempt.id)
    assert (made.attempt.episode, made.attempt.champion) == ("ep1", "1")
    assert [past.id for past in made.attempts] == [made.attempt.id]


def test_ids_never_come_twice() -> None:
    """Thirty attempts for one episode have thirty IDs, though ten are remembered."""
    status, ids = OPEN, []
    for number in range(30):
        ctx = b.context(now=b.NOW + b.DAY * 8 * number)
        status = b.run(track.step, ctx, status).status
        assert status.attempt is not None
        ids.append(status.attempt.id)
        failed = Outcome("Failed", Blocked("Failed", "why"))
        status = track.finish(ctx, status, failed).status
    assert len(set(ids)) == 30
    assert len(status.attempts) == 10


def test_a_smaller_budget_names_the_right_time() -> None:
    """With a budget that was lowered, the next attempt waits for the newest ones."""
    history = tuple(b.past("Failed", f"x{d}", b.DAY * d) for d in (5, 3, 2))
    policy = {"job": {"cronJobRef": {"name": "train"}}, "budget": {"attempts": 1}}
    ctx = b.context(b.a_spec(retraining=policy))
    step = b.run(track.step, ctx, replace(OPEN, attempts=history))
    assert step.blocked is not None
    assert step.blocked.retry_at == b.NOW - b.DAY * 2 + b.DAY * 7


def test_the_breaker() -> None:
    """Three rejected candidates in a row open a hold; two and a failure do not."""
    for outcomes, held in (
        (("Rejected", "Rejected"), True),
        (("Rejected", "Failed"), False),
    ):
        history = [b.past(o, f"x{i}") for i, o in enumerate(outcomes)]
        status = b.trying("Registered", attempts=(*history, b.past()))
        rejected = Outcome("Rejected", Blocked("NotBetter", "a tie"))
        step = track.finish(b.context(), status, rejected)
        assert (step.hold is not None) == held
        if step.hold:
            assert step.hold.reason == "CandidatesRejected"


def test_a_timeout_is_deleted_until_it_is_gone() -> None:
    """The Job of an attempt that ran too long is deleted, also after other effects."""
    from killick.plan.planner import plan

    overdue = b.attempt("Running", started_at=b.NOW - b.HOUR * 6)
    ctx, status = runs(), replace(RUNNING, attempt=overdue)
    first = plan(ctx, status)
    assert type(first.effect).__name__ == "ApplyCheck"
    second = plan(b.applied(ctx, first.status), first.status)
    third = plan(b.applied(ctx, second.status), second.status)
    for decided in (second, third):
        assert type(decided.effect).__name__ == "DeleteJob"
