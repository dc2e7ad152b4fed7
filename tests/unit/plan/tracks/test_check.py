"""The check track's truth table: one row per line of its docstring, and its answers."""
# ruff: noqa: E501  a row of a table is read as one line

from dataclasses import replace
from typing import Any

import pytest

from driftcheck.contract import (
    CheckError,
    Kind,
    Verdict,
)
from killick.names import ANNOTATION_CHECK
from killick.plan.context import Context
from killick.plan.effects import RunCheck
from killick.plan.facts import Observation, Unknown
from killick.plan.planner import plan
from killick.plan.tracks import check as track
from killick.resource.bounds import bounded
from killick.resource.status import ReferencePin, Status
from tests.fakes.world import spec as raw_spec
from tests.unit.plan import builders as b
from tests.unit.plan.builders import CALM, DRIFT, judged
from tests.unit.plan.tracks.check_cases import (
    BASE,
    LONG_ENDED,
    REQUESTED,
    SECOND,
    TOKEN,
    answered,
    job,
    jobs,
    met,
    namespace,
    settled,
)

RUNS_NOW = b.job("ranger-check-7")
LONG_AGO = met(1, b.HOUR)
PENDING = replace(BASE, drift=replace(BASE.drift, requested=REQUESTED))
HANDLED = replace(BASE, requests=replace(BASE.requests, check="now"))
TABLE = [
    ("the CronJob is as it should be", BASE, settled(), None, None),
    ("there is no CronJob", BASE, b.context(), "ApplyCheck", None),
    ("it differs", BASE, namespace(check_applied="else"), "ApplyCheck", None),
    ("its name is taken", BASE, namespace(check_foreign=True), None, "NameTaken"),
    ("namespace away", BASE, b.context(observed=Observation(Unknown("No", "no"))),
     None, None),
    ("a request", BASE, jobs(annotations=TOKEN), "RunCheck", None),
    ("a request that was handled", HANDLED, jobs(annotations=TOKEN), None, None),
    ("a request in flight", PENDING, settled(PENDING), "RunCheck", None),
    ("a request with its Job", PENDING,
     jobs(b.job(REQUESTED), status=PENDING), None, None),
    ("an empty request", BASE, jobs(annotations={ANNOTATION_CHECK: ""}), None, None),
    ("an outage now", met(), settled(met()), None, "LogUnreachable"),
    ("an outage, 10 s ago", met(1, 10 * SECOND), settled(met(1, 10 * SECOND)), "RunCheck", None),
    ("the second, 10 s ago", met(2, 10 * SECOND), settled(met(2, 10 * SECOND)),
     None, "LogUnreachable"),
    ("the 99th, 5 min ago", met(99, 5 * b.MINUTE), settled(met(99, 5 * b.MINUTE)),
     "RunCheck", None),
    ("an outage, and a check that runs", LONG_AGO, jobs(RUNS_NOW, status=LONG_AGO),
     None, None),
    ("an outage, but suspended", LONG_AGO,
     settled(LONG_AGO, b.context(b.a_spec(suspend=True))), None, None),
    ("deleting", BASE, b.context(deleting=True), None, None),
    ("deleting, with a request", BASE, jobs(annotations=TOKEN, deleting=True), None, None),
    ("suspended", BASE, b.context(b.a_spec(suspend=True)), "ApplyCheck", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "ctx", "effect", "reason"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_table(
    before: Status, ctx: Context, effect: str | None, reason: str | None
) -> None:
    """What the namespace holds and people ask for gives the effect of the table."""
    step = track.step(ctx, before)
    assert (b.effect_of(step), b.reason_of(step)) == (effect, reason)


ANEW = [
    ("first pass", Status(), b.a_spec(), True),
    ("nothing changed", BASE, b.a_spec(), False),
    ("the rules change", BASE, b.a_spec(drift={"window": "60s", "minimumRows": 50}), True),
    ("the log changes", BASE,
     b.a_spec(inferenceLog={**raw_spec()["inferenceLog"], "lag": "9m"}), True),
    ("only the schedule", BASE,
     b.a_spec(drift={"schedule": "@hourly", "window": "60s"}), False),
    ("only the persistence", BASE,
     b.a_spec(drift={"window": "60s", "persistence": {"breaches": 1, "windows": 2}}), False),
    ("the reference", BASE, b.a_spec(reference={"uri": "s3://other"}), True),
    ("its digest", BASE,
     b.a_spec(reference={"uri": "s3://models/ranger.parquet", "sha256": b.SHA}), True),
    ("not the champion's own", replace(BASE, reference=ReferencePin("s3://one", None, "1")),
     b.a_spec(reference={"uri": "s3://other"}), False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "spec", "anew"), [row[1:] for row in ANEW], ids=[r[0] for r in ANEW]
)
def test_windows_start_anew(before: Status, spec: Any, anew: bool) -> None:
    """Evidence is dropped when, and only when, its rules or its reference change."""
    drift = replace(before.drift, windows=b.windows(DRIFT).windows)
    after = track.step(b.context(spec), replace(before, drift=drift)).status.drift
    assert (after.anchor == b.NOW) == anew
    assert (after.windows == ()) == anew


def test_an_answer_is_folded_in_once() -> None:
    """The same Job seen again changes nothing."""
    text = b.answer(b.context(), BASE, judged(DRIFT, percent=50))
    ctx = jobs(job(answer=text))
    once = track.step(ctx, BASE).status
    assert track.step(ctx, once).status == once
    assert once.drift.summary == "Drift 50% (1/3)"
    assert [w.verdict for w in once.drift.windows] == ["Drift"]


def test_interim_is_shown_and_not_counted() -> None:
    """The interim window gives the verdict, the counting ones the breaches."""
    after = answered(judged(DRIFT, 2), judged(CALM, counting=False)).drift
    assert (after.verdict, after.breaches) == ("NoDrift", 1)


def test_windows_before_the_anchor_do_not_count() -> None:
    """A window from before the anchor is no evidence."""
    assert answered(judged(DRIFT, 90)).drift.windows == ()


def test_a_window_is_judged_once() -> None:
    """A second verdict on the same window does not replace the first."""
    first = answered(judged(DRIFT))
    later = replace(first, drift=replace(first.drift, last_check_time=None))
    assert answered(judged(CALM), status=later).drift.windows[0].verdict == "Drift"


def test_only_so_many_windows_are_kept() -> None:
    """The newest `persistence.windows` are kept, oldest first."""
    after = answered(*(judged(CALM, ago) for ago in (5, 4, 3, 2))).drift
    assert len(after.windows) == 3
    assert list(after.windows) == sorted(after.windows, key=lambda w: w.start)


def test_an_answer_to_another_question_is_no_evidence() -> None:
    """A check of other rules, another reference or another anchor is put aside."""
    other = replace(BASE, reference=ReferencePin("s3://other"))
    moved = replace(BASE, drift=replace(BASE.drift, anchor=b.NOW - b.HOUR * 2))
    for asked in (other, moved):
        text = b.answer(b.context(), asked, judged(DRIFT))
        after = track.step(jobs(job(answer=text)), BASE).status
        assert after.drift.windows == ()
        assert after.drift.verdict == "NoDrift"
        assert after.reference == BASE.reference


def test_the_first_use_pins_the_digest() -> None:
    """Without a digest the first answer's is pinned; nonsense is not."""
    pinned = answered(judged(CALM)).reference
    assert pinned is not None
    assert pinned.sha256 == b.SHA
    odd = answered(judged(CALM), reference_sha256="z" * 64).reference
    assert odd is not None
    assert odd.sha256 is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"pod_ended": True, "reason": "OOMKilled"}, "OOMKilled"),
        ({"finished_at": LONG_ENDED}, "NoAnswer"),
        ({"finished_at": b.NOW + b.HOUR}, "NoAnswer"),
        ({"answer": "not JSON"}, "BrokenAnswer"),
        ({"answer": '{"contract":"driftcheck.killick.dev/v1","spec":"\\ud800"}'},
         "BrokenAnswer"),
    ],
)  # fmt: skip
def test_no_valid_answer_is_an_error(changes: Any, reason: str) -> None:
    """A Job without a valid answer makes the verdict Error, with the reason."""
    after = track.step(jobs(job(**changes)), BASE).status.drift
    assert (after.verdict, after.reason) == ("Error", reason)


def test_an_answer_that_may_still_come_is_waited_for() -> None:
    """A Job that just ended and whose pod is not seen is no Error yet, nor forgotten."""
    ctx = jobs(job(), job("ranger-check-8", finished_at=b.NOW + b.MINUTE, answer="x"))
    after = track.step(ctx, BASE).status
    assert (after.drift.verdict, after.drift.last_check) == ("NoDrift", "c0")
    made = plan(b.applied(jobs(job()), BASE), BASE)
    assert b.NOW < made.wake_at <= b.NOW + b.MINUTE / 6
    text = b.answer(b.context(), BASE, judged(DRIFT))
    seen = track.step(jobs(job(answer=text)), BASE).status.drift
    assert (seen.verdict, seen.last_check) == ("Drift", "ranger-check-7")


def test_an_error_of_the_worker_is_its_reason() -> None:
    """An answer that is an error is shown with its own reason."""
    after = answered(error=CheckError("NoTable", "no such table")).drift
    assert (after.verdict, after.reason, after.message) == (
        *("Error", "NoTable", "no such table"),
    )


OUTAGE = CheckError("LogUnreachable", "connection refused")
LOST: dict[str, Any] = {"reason": "LogUnreachable"}


def test_outages_in_a_row_are_counted() -> None:
    """Each check that met one counts; one that was answered begins anew."""
    once = answered(error=OUTAGE)
    later = replace(once, drift=replace(once.drift, last_check_time=None))
    twice = answered(judged(Verdict.ERROR, counting=False, **LOST), status=later)
    assert (once.drift.outages, twice.drift.outages) == (1, 2)
    back = replace(twice, drift=replace(twice.drift, last_check_time=None))
    assert answered(judged(CALM), status=back).drift.outages is None


def test_the_report_of_the_latest_check_is_shown() -> None:
    """Its address comes from the answer, in a bounded length, and goes with it."""
    drifted = answered(judged(DRIFT), report="runs:/" + "a" * 400)
    assert len(bounded(drifted).drift.report or "") == 300
    later = replace(drifted, drift=replace(drifted.drift, last_check_time=None))
    assert answered(judged(CALM), status=later).drift.report is None
    assert answered(error=OUTAGE, status=later).drift.report is None


def test_an_outage_uses_no_window_up() -> None:
    """A window that was not read, and what follows it, is left to a later check."""
    found = (judged(CALM, 3), judged(Verdict.ERROR, 2, **LOST), judged(CALM, 1))
    after = answered(*found)
    assert [window.start for window in after.drift.windows] == [found[0].start]


def test_a_check_is_repeated_under_one_name() -> None:
    """The name follows from the check that met the outage; once it ran, it is over."""
    step = track.step(settled(LONG_AGO), LONG_AGO)
    name = step.status.drift.requested or ""
    assert step.effect == RunCheck(name)
    assert track.step(settled(LONG_AGO), LONG_AGO).effect == step.effect
    ran = track.step(jobs(b.job(name), status=step.status), step.status)
    assert (ran.status.drift.requested, ran.effect) == (None, None)


@pytest.mark.parametrize("changes", [{"owned": False}, {"purpose": "training"}])
def test_foreign_answers_are_not_read(changes: Any) -> None:
    """A Job that is not ours, or no check, tells nothing."""
    text = b.answer(b.context(), BASE, judged(DRIFT))
    ctx = jobs(job(answer=text, **changes))
    assert track.step(ctx, BASE).status.drift.verdict == "NoDrift"


def test_figures_stay_within_the_crd() -> None:
    """Absurd figures are cut to what the API server stores; kinds come once."""
    found = judged(DRIFT, rows=10**30, percent=10**20, kinds=(Kind.COVARIATE,) * 40)
    after = answered(found).drift
    assert (after.rows, after.percent) == (2**31 - 1, 2**31 - 1)
    assert after.kinds == ("Covariate",)


def test_drift_without_a_share() -> None:
    """A drift verdict without a percentage is printed without one."""
    assert answered(judged(DRIFT)).drift.summary == "Drift (1/3)"
