"""The evaluation track's truth table: one row per line of its docstring."""
# ruff: noqa: E501  a row of a table is read as one line

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from driftcheck.contract.evaluation import (
    CheckError,
    EvaluationAnswer,
    Metric,
    decode_evaluation_request,
    encode_evaluation,
)
from killick.plan import effects
from killick.plan.context import Context
from killick.plan.facts import JobFact, Observation, Unknown
from killick.plan.tracks import evaluation as track
from killick.resource.status import Status, Versions
from tests.unit.plan import builders as b

JOB = b.NAME.evaluation_job("e1")
AWAY = Unknown("Unreachable", "no answer")
REGISTERED = b.trying("Registered")


def message(**facts: Any) -> str:
    """Return an answer; `facts` replace a clear win."""
    known: dict[str, Any] = {
        "id": "e1", "rows": 120, "metric": Metric.MEAN_ABSOLUTE_ERROR,
        "champion_score": 2.0, "candidate_score": 1.5,
        "improvement": 0.5, "lower": 0.2, "upper": 0.8,
    }  # fmt: skip
    return encode_evaluation(EvaluationAnswer(**{**known, **facts})).decode()


def done(answer: str | None, state: str = "Succeeded", **changes: Any) -> Context:
    """Return a pass in which the evaluation's Job ended."""
    kept = {"answer": answer, "rows_answer": answer, **changes}
    return b.context(observed=b.seen(b.job(JOB, state, **kept)))


def broken(**facts: Any) -> str:
    """Return an answer that is an error."""
    return message(error=CheckError(**facts))


def reg(**changes: Any) -> Context:
    """Return a pass with another registry."""
    return b.context(observed=b.seen(reg=b.registry(**changes)))


def blind(number: str) -> Context:
    """Return a pass in which a version does not tell its cut-off."""
    versions = {"1": b.version("1"), "2": b.version("2")}
    versions[number] = b.version(number, train_before=None)
    return reg(versions=versions)


def spec(**changes: Any) -> Context:
    """Return a pass with another spec."""
    return b.context(b.a_spec(**changes))


PLAIN = b.context()
RUNS = b.context(observed=b.seen(b.job(JOB)))
INTENDED, RUNNING = b.comparing("Intended"), b.comparing("Running")
WAITING = b.comparing(
    evaluation=b.evaluation(
        "Waiting", not_before=b.NOW + b.MINUTE, reason="NotEnoughRows"
    )
)
DUE = b.comparing(evaluation=b.evaluation("Waiting", not_before=b.NOW))
THIRD = b.comparing(evaluation=b.evaluation("Running", failures=2))
PASSED = b.comparing("Passed")
STRICT = {"metric": {"name": "MeanAbsoluteError"}, "maximum": "1.0"}
TABLE = [
    ("registered", REGISTERED, PLAIN, "Intended", None, None),
    ("of another attempt", b.comparing(evaluation=b.evaluation("Rejected", attempt="a0")),
     PLAIN, "Intended", None, None),
    ("not registered", b.trying("Running"), PLAIN, None, None, None),
    ("candidate blind", INTENDED, blind("2"), "Inconclusive", None, None),
    ("champion blind", INTENDED, blind("1"), "Inconclusive", None, None),
    ("champion unknown", INTENDED, reg(versions={"2": b.version("2")}),
     "Inconclusive", None, None),
    ("no version at all", b.comparing(
        evaluation=b.evaluation("Intended", candidate="", champion=None),
        versions=Versions("1")), PLAIN, "Inconclusive", None, None),
    ("no job", INTENDED, PLAIN, "Intended", "StartEvaluation", None),
    ("the job vanished", RUNNING, PLAIN, "Running", "StartEvaluation", None),
    ("the job exists", INTENDED, RUNS, "Running", None, "Running"),
    ("running", RUNNING, RUNS, "Running", None, "Running"),
    ("past its timeout",
     b.comparing(evaluation=b.evaluation("Running", started_at=b.NOW - b.HOUR)),
     RUNS, "Waiting", None, "Timeout"),
    ("name taken", RUNNING, b.context(observed=b.seen(b.job(JOB, owned=False))),
     "Waiting", None, "NameTaken"),
    ("too few rows", RUNNING, done(broken(reason="NotEnoughRows")), "Waiting", None, None),
    ("an error", RUNNING, done(broken(reason="NoTable")), "Waiting", None, "NoTable"),
    ("no answer yet", RUNNING, done(None, finished_at=b.NOW), "Running", None, "Running"),
    ("no answer", RUNNING, done(None, "Failed", reason="OOMKilled"),
     "Waiting", None, "OOMKilled"),
    ("no reason either", RUNNING, done(None), "Waiting", None, "NoAnswer"),
    ("not JSON", RUNNING, done("?"), "Waiting", None, "BrokenAnswer"),
    ("half a character", RUNNING,
     done('{"contract":"evaluation.killick.dev/v1","id":"\\ud800"}'),
     "Waiting", None, "BrokenAnswer"),
    ("of another evaluation", RUNNING, done(message(id="e9")),
     "Waiting", None, "BrokenAnswer"),
    ("broken for the third time", THIRD, done("?"), "Inconclusive", None, "BrokenAnswer"),
    ("rows never count as broken", THIRD, done(broken(reason="NotEnoughRows")),
     "Waiting", None, None),
    ("an outage never counts as broken", THIRD, done(broken(reason="LogUnreachable")),
     "Waiting", None, "LogUnreachable"),
    ("a clear win", RUNNING, done(message()), "Passed", None, None),
    ("a tie", RUNNING, done(message(lower=0.0)), "Rejected", None, None),
    ("waiting", WAITING, PLAIN, "Waiting", None, "NotEnoughRows"),
    ("waited enough", DUE, PLAIN, "Intended", None, None),
    *((f"champion moved, {state}",
       b.comparing(state, versions=Versions("3", "3", "3")), PLAIN, "Intended", None, None)
      for state in ("Intended", "Running", "Waiting", "Passed")),
    *((f"policy changed, {state}", b.comparing(state), spec(evaluation=STRICT),
       "Intended", None, None) for state in ("Intended", "Running", "Passed")),
    ("champion moved, rejected",
     b.comparing("Rejected", versions=Versions("3", "3", "3")), PLAIN,
     "Rejected", None, None),
    ("policy changed, promoting", b.promoting(), spec(evaluation=STRICT),
     "Passed", None, None),
    ("already champion", b.comparing("Running", versions=Versions("2", "2", "2")), PLAIN,
     "Running", None, "AlreadyChampion"),
    ("not declared", REGISTERED, spec(evaluation=None, promotion=None),
     None, None, "NoEvaluation"),
    ("passed, unmarked", PASSED, PLAIN, "Passed", "MarkCandidate", None),
    ("passed, marked", PASSED, b.context(observed=b.seen(reg=b.marked())),
     "Passed", None, None),
    ("passed, alias at champion", PASSED, reg(champion="2"), "Passed", None, None),
    ("registry away, passed", PASSED, b.context(observed=b.seen(reg=AWAY)),
     "Passed", None, None),
    ("registry away", RUNNING, b.context(observed=b.seen(reg=AWAY)),
     "Running", None, "Unreadable"),
    ("namespace away", RUNNING, b.context(observed=Observation(AWAY, b.registry(), b.git())),
     "Running", None, "Unreadable"),
    ("no template", INTENDED,
     b.context(observed=Observation(b.children(template=None), b.registry(), b.git())),
     "Intended", None, "TemplateMissing"),
    *((f"{state}, {mode}", b.comparing(state), spec(mode=mode), state, None, reason)
      for state in ("Intended", "Passed")
      for mode, reason in (("Observe", "ModeObserve"), ("Recommend", "Recommended"))),
    ("suspended", INTENDED, spec(suspend=True), "Intended", None, "Suspended"),
    ("suspended, Job runs", RUNNING, replace(RUNS, spec=b.a_spec(suspend=True)),
     "Running", None, "Running"),
    ("suspended, Job answered", RUNNING, replace(done(message()), spec=b.a_spec(
        suspend=True)), "Passed", None, None),
    ("held", replace(PASSED, hold=b.held()), PLAIN, "Passed", None, "Held"),
]  # fmt: skip


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
    after = step.status.evaluation
    assert (after.state if after else None) == state
    assert (b.effect_of(step), b.reason_of(step)) == (effect, reason)


@pytest.mark.parametrize(
    ("ctx", "before", "outcome"),
    [
        (done(message(lower=0.0)), RUNNING, "Rejected"),
        (blind("1"), INTENDED, "Rejected"),
        (done(message()), RUNNING, "Registered"),
        (spec(evaluation=None, promotion=None), REGISTERED, "Trained"),
        (PLAIN, b.comparing(versions=Versions("2", "2", "2")), "Superseded"),
    ],
)
def test_what_becomes_of_the_attempt(
    ctx: Context, before: Status, outcome: str
) -> None:
    """A no ends the attempt, a yes keeps it for the promotion."""
    attempt = b.run(track.step, ctx, before).status.attempt
    assert attempt is not None
    assert attempt.state == outcome


def test_outages_are_waited_for() -> None:
    """The pause grows from outage to outage; the tries that broke stay what they were."""
    outage = done(broken(reason="LogUnreachable"))
    first = b.run(track.step, outage, THIRD).status
    due = b.run(track.step, replace(outage, now=b.NOW + b.MINUTE), first).status
    assert due.evaluation is not None
    running = replace(due, evaluation=replace(due.evaluation, state="Running"))
    job = b.job(b.NAME.evaluation_job(due.evaluation.id), "Succeeded")
    again = message(id=due.evaluation.id, error=CheckError(reason="LogUnreachable"))
    seen = b.seen(replace(job, answer=again))
    second = b.run(track.step, b.context(observed=seen), running).status
    waits = [one.evaluation for one in (first, second) if one.evaluation]
    assert [one.outages for one in waits] == [1, 2]
    assert [one.failures for one in waits] == [2, 2]
    pauses = [(one.not_before or b.NOW) - b.NOW for one in waits]
    assert pauses == [timedelta(seconds=10), timedelta(seconds=20)]


def test_every_try_has_its_own_id() -> None:
    """A repeated evaluation has another number, ID and Job; failures are counted on."""
    due = b.evaluation("Waiting", not_before=b.NOW, failures=2)
    made = b.run(track.step, PLAIN, b.comparing(evaluation=due)).status.evaluation
    assert made is not None
    assert (made.number, made.failures) == (2, 2)
    assert made.id != "e1"


def test_the_request() -> None:
    """Rows later than both cut-offs are asked for, each version in its own image."""
    late = "2026-03-12T00:00:00Z"
    versions = {
        "1": b.version("1", image="one:1"),
        "2": b.version("2", train_before=late),
    }
    effect = b.run(track.step, reg(versions=versions), INTENDED).effect
    assert isinstance(effect, effects.StartEvaluation)
    request = decode_evaluation_request(effect.request)
    assert request.after.isoformat() == "2026-03-12T00:00:00+00:00"
    assert request.champion
    assert (effect.champion_image, effect.candidate_image) == ("one:1", "training:1")


@pytest.mark.parametrize("tag", ["2020-01-01T00:00:00Z", "2026-03-01T00:00:00Z"])
def test_a_version_does_not_widen_its_own_holdout(tag: str) -> None:
    """Whatever its tag says, rows count from the time that its training was given."""
    versions = {"1": b.version("1"), "2": b.version("2", train_before=tag)}
    effect = b.run(track.step, reg(versions=versions), INTENDED).effect
    assert isinstance(effect, effects.StartEvaluation)
    request = decode_evaluation_request(effect.request)
    assert INTENDED.attempt
    assert request.after == INTENDED.attempt.started_at


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (None, "left no readable message"),
        ("{", "left no readable message"),
        (message(digest="d" * 64), "disagree about digest"),
        (message(rows=7), "disagree about rows"),
        (message(id="e9"), "disagree about id"),
    ],
)
def test_the_rows_container_has_the_last_word(rows: str | None, words: str) -> None:
    """An answer about other rows than those that were written decides nothing."""
    seen = b.job(JOB, "Succeeded", answer=message(), rows_answer=rows)
    ctx = b.context(observed=b.seen(seen))
    after = b.run(track.step, ctx, RUNNING).status.evaluation
    assert after
    assert (after.state, after.reason) == ("Waiting", "RowsChanged")
    assert words in (after.message or "")


def test_without_a_champion_one_is_scored() -> None:
    """Without a champion only the candidate is scored."""
    lonely = b.comparing(
        evaluation=b.evaluation("Intended", champion=None), versions=Versions("1")
    )
    effect = b.run(track.step, reg(champion=None), lonely).effect
    assert isinstance(effect, effects.StartEvaluation)
    assert effect.champion_image is None
    assert not decode_evaluation_request(effect.request).champion


def test_a_job_of_ours() -> None:
    """The evaluation's Job is found by the name that its ID gives."""
    job: JobFact = b.job(JOB)
    assert job.purpose == "evaluation"
