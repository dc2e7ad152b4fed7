"""The check track's truth table: one row per line of its docstring, and its answers."""
# ruff: noqa: E501  a row of a table is read as one line

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from driftcheck.contract import (
    CheckError,
    Kind,
    Metric,
    Performance,
    PerformanceRule,
    SegmentRule,
    Verdict,
    WindowVerdict,
    decode_request,
)
from killick.names import ANNOTATION_CHECK
from killick.plan.context import Context
from killick.plan.effects import RunCheck
from killick.plan.facts import ANSWER_GRACE, Observation, Unknown
from killick.plan.planner import plan
from killick.plan.requests.check import check_effect
from killick.plan.tracks import check as track
from killick.resource.bounds import bounded
from killick.resource.fingerprint import window_fingerprint
from killick.resource.spec import Metric as MetricSpec
from killick.resource.spec import Performance as PerformanceSpec
from killick.resource.spec import Segments
from killick.resource.status import ReferencePin, Status
from tests.fakes.world import spec as raw_spec
from tests.unit.plan import builders as b
from tests.unit.plan.builders import CALM, DRIFT, judged

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


def test_a_long_token_acts_once() -> None:
    """A token beyond all bounds is remembered by its digest."""
    ctx = jobs(annotations={ANNOTATION_CHECK: "t" * 9999})
    after = track.step(ctx, BASE).status
    assert len(after.requests.check or "") < 100
    assert track.step(ctx, after).status.requests == after.requests


def test_what_is_asked() -> None:
    """The request carries rules, log, reference and how far windows are judged."""
    status = b.adopted(drift=b.windows(CALM, DRIFT))
    effect = check_effect(b.context(), status)
    request = decode_request(effect.request)
    assert request.windows.judged_through == b.NOW
    assert request.windows.anchor == status.drift.anchor
    assert (request.log.table, request.window_seconds) == ("ranger_inference_log", 60)


def test_where_profiles_are_kept_changes_no_evidence() -> None:
    """The check is told the place, and windows judged without it stay judged."""
    plain, kept = b.a_spec(), b.a_spec()
    kept = replace(kept, drift=replace(kept.drift, profiles="s3://models/profiles"))
    request = decode_request(check_effect(b.context(kept), BASE).request)
    assert request.profiles == "s3://models/profiles"
    assert (
        request.request_fingerprint
        == decode_request(
            check_effect(b.context(plain), BASE).request
        ).request_fingerprint
    )


def test_the_default_engine_keeps_the_windows_of_before_it_could_be_chosen() -> None:
    """Only another engine gives verdicts another meaning; a report gives them none."""
    plain = b.a_spec()
    other = replace(plain, drift=replace(plain.drift, report="Never"))
    assert plain.drift.engine == "Native"
    assert window_fingerprint(other) == window_fingerprint(plain)
    chosen = replace(plain, drift=replace(plain.drift, engine="Evidently"))
    assert window_fingerprint(chosen) != window_fingerprint(plain)


@pytest.mark.parametrize(
    ("report", "reference", "needed"),
    [
        ("OnDrift", "s3://models/reference.parquet", True),
        ("Never", "s3://models/reference.parquet", False),
        ("Never", "models:/ranger/1/reference.parquet", True),
    ],
)
def test_a_check_meets_mlflow_for_its_reference_or_its_report(
    report: str, reference: str, *, needed: bool
) -> None:
    """Who wants neither gives the check no credentials of MLflow."""
    plain = b.a_spec(registry={"trackingUri": "http://mlflow:5000"})
    spec = replace(plain, drift=replace(plain.drift, report=report))
    status = replace(BASE, reference=ReferencePin(reference))
    assert check_effect(b.context(spec), status).needs_mlflow is needed


@pytest.mark.parametrize(
    "change",
    [
        {"worker_image": "worker:2"},
        {"pushgateway_url": "http://push:9091"},
    ],
)
def test_settings_reach_the_cronjob(change: Any) -> None:
    """A changed setting of the operator changes the CronJob."""
    ctx = b.context()
    other = replace(ctx, settings=replace(ctx.settings, **change))
    assert check_effect(ctx, BASE).fingerprint != check_effect(other, BASE).fingerprint


def test_quality_is_asked_where_it_is_declared() -> None:
    """Metric, rows and delay reach the check, and no verdict changes its meaning."""
    plain = b.a_spec()
    log = replace(plain.inference_log, label_column="y", prediction_column="p")
    plain = replace(plain, inference_log=log)
    rule = PerformanceSpec(MetricSpec("Accuracy"), 50)
    late = replace(log, label_delay="24h")
    drift = replace(plain.drift, performance=rule)
    spec = replace(plain, drift=drift, inference_log=late)
    asked = decode_request(check_effect(b.context(spec), BASE).request).performance
    assert asked == PerformanceRule(Metric.ACCURACY, 50, 86_400)
    assert (
        decode_request(check_effect(b.context(plain), BASE).request).performance is None
    )
    assert window_fingerprint(spec) == window_fingerprint(plain)


def test_segments_are_asked_where_they_are_declared() -> None:
    """They reach the check and give its verdicts another meaning; none change none."""
    plain = b.a_spec()
    drift = replace(plain.drift, segments=Segments("country", 50, 5))
    spec = replace(plain, drift=drift)
    asked = decode_request(check_effect(b.context(spec), BASE).request).segments
    assert asked == SegmentRule("country", 50, 5)
    assert decode_request(check_effect(b.context(plain), BASE).request).segments is None
    assert window_fingerprint(spec) != window_fingerprint(plain)


TOLD = b.context(b.bounded_spec(minimum=None))
HELD_TO = b.context(b.bounded_spec("Performance"))


def start(ctx: Context) -> Status:
    """Return the status of an object that is watched by this spec."""
    fingerprint = window_fingerprint(ctx.spec)
    return replace(BASE, drift=replace(BASE.drift, window_fingerprint=fingerprint))


def scored(ctx: Context, status: Status, **answer: Any) -> Status:
    """Return the status after a check answered with performance results."""
    text = b.answer(ctx, status, judged(CALM), **answer)
    observed = b.seen(job(answer=text))
    return track.step(replace(ctx, observed=observed), status).status


def performance(verdict: Verdict | None, ago: int = 1, **changes: Any) -> Performance:
    """Return the performance of a window of a minute."""
    begin = b.NOW - b.MINUTE * ago
    made = Performance(
        *(begin, begin + b.MINUTE, Metric.ACCURACY, 200, 120, 2 / 3),
        *(0.5, 0.75, None, 110, verdict),
    )
    return replace(made, **changes)


def test_the_quality_of_an_answer_is_kept() -> None:
    """Beside the verdict; numbers as decimal strings, and all of it as a sentence."""
    found = scored(TOLD, start(TOLD), performance=performance(None)).drift.performance
    assert found is not None
    assert (found.metric, found.rows, found.labelled) == ("Accuracy", 200, 120)
    assert (found.score, found.lower, found.upper) == ("0.666667", "0.5", "0.75")
    assert (found.verdict, found.bound, found.effective) == (None, None, 110)
    assert found.message == (
        "Accuracy 0.6667, 95 % interval 0.5 to 0.75; 120 of 200 rows have labels (60%)"
    )


def test_a_quality_that_is_judged_says_by_what() -> None:
    """The bound, the verdict, and the sentence on both."""
    found = scored(
        HELD_TO, start(HELD_TO), performance=performance(DRIFT)
    ).drift.performance
    assert found is not None
    assert (found.bound, found.verdict) == ("0.8", "Drift")
    assert "0.5 to 0.75, below the minimum 0.8; 120 of 200" in found.message


def windows_of(status: Status) -> list[tuple[int, str | None]]:
    """Return how many minutes ago the windows with labels began, and their verdicts."""
    return [
        ((b.NOW - q.start) // b.MINUTE, q.verdict)
        for q in status.drift.performance_windows
    ]


@pytest.mark.parametrize(
    ("known", "found", "wanted"),
    [
        ([], [(2, CALM), (1, DRIFT)], [(2, "NoDrift"), (1, "Drift")]),
        ([(3, CALM)], [(3, DRIFT), (2, DRIFT)], [(3, "NoDrift"), (2, "Drift")]),
        ([], [(9, DRIFT), *((n, CALM) for n in (3, 2, 1))],
         [(n, "NoDrift") for n in (3, 2, 1)]),
        ([], [(100, DRIFT)], []),
        ([], [(2, None), (1, DRIFT)], []),
    ],
    ids=["in order", "each once", "the last", "after the anchor", "judged"],
)  # fmt: skip
def test_qualities_of_counting_windows_are_folded_in(
    known: Any, found: Any, wanted: Any
) -> None:
    """Each once, the last of them, and none of before the anchor."""
    before = start(HELD_TO)
    if known:
        listed = [performance(verdict, ago) for ago, verdict in known]
        before = scored(HELD_TO, before, performance_windows=tuple(listed))
        before = replace(before, drift=replace(before.drift, last_check="c1"))
    listed = [performance(verdict, ago) for ago, verdict in found]
    text = b.answer(HELD_TO, before, judged(CALM, 2), performance_windows=tuple(listed))
    later = job("ranger-check-8", answer=text, finished_at=b.NOW + SECOND)
    ctx = replace(HELD_TO, observed=b.seen(later), now=b.NOW + b.MINUTE)
    assert windows_of(track.step(ctx, before).status) == wanted


@pytest.mark.parametrize(
    ("reason", "kept"), [("LogUnreachable", 1), ("MissingColumn", 3)]
)
def test_windows_whose_labels_an_outage_hid_are_judged_later(
    reason: str, kept: int
) -> None:
    """Another error occupies the slot; either way the next check asks from there."""
    away = performance(
        *(Verdict.ERROR, 2), reason=reason, score=None, lower=None, upper=None
    )
    listed = (performance(DRIFT, 3), away, performance(DRIFT, 1))
    status = scored(HELD_TO, start(HELD_TO), performance_windows=listed)
    assert len(windows_of(status)) == kept
    asked = decode_request(check_effect(HELD_TO, status).request).performance
    assert asked is not None
    assert asked.judged_through == b.NOW - b.MINUTE * (3 - kept)


def test_windows_of_answers_that_are_only_told_are_no_evidence() -> None:
    """Without a bound nothing counts, whatever an answer says."""
    listed = (performance(DRIFT, 2), performance(DRIFT, 1))
    status = scored(TOLD, start(TOLD), performance_windows=listed)
    assert windows_of(status) == []
    assert status.drift.performance_breaches is None


def test_breaches_of_either_kind_are_told_apart() -> None:
    """The printed figure is the one that is nearer to an episode."""
    listed = (performance(DRIFT, 2), performance(DRIFT, 1))
    status = scored(HELD_TO, start(HELD_TO), performance_windows=listed)
    assert (status.drift.breaches, status.drift.performance_breaches) == (0, 2)
    assert status.drift.summary == "NoDrift (2/3)"


def test_bad_answers_are_printed_by_their_name() -> None:
    """Where no column drifted, none per cent of them would say nothing."""
    worse = judged(DRIFT, counting=False, percent=0, kinds=(Kind.PERFORMANCE,))
    assert answered(worse).drift.summary == "Drift Performance (0/3)"
    both = replace(worse, percent=50, kinds=(Kind.COVARIATE, Kind.PERFORMANCE))
    assert answered(both).drift.summary == "Drift 50% (0/3)"


def test_another_bound_starts_the_windows_anew() -> None:
    """What was judged by the old one is evidence no more, and is asked again."""
    status = scored(HELD_TO, start(HELD_TO), performance_windows=(performance(DRIFT),))
    stricter = b.context(b.bounded_spec("Performance", minimum="0.9"))
    after = track.step(stricter, status).status
    assert (after.drift.anchor, after.drift.performance_windows) == (b.NOW, ())


def test_a_bound_is_part_of_what_gives_a_verdict_its_meaning() -> None:
    """So is then how late labels come; to tell a score without a bound is not."""
    log = b.a_spec().inference_log
    late = replace(HELD_TO.spec, inference_log=replace(log, label_delay="1h"))
    told = replace(TOLD.spec, drift=replace(TOLD.spec.drift, performance=None))
    found = [window_fingerprint(spec) for spec in (HELD_TO.spec, late, TOLD.spec, told)]
    assert found[2] == found[3]
    assert len(set(found)) == 3


def test_the_bound_reaches_the_check() -> None:
    """As a number, with the rest of the rule."""
    asked = decode_request(check_effect(HELD_TO, start(HELD_TO)).request).performance
    assert asked == PerformanceRule(Metric.ACCURACY, 100, 0, minimum=0.8)


@pytest.mark.parametrize(
    "changes", [{}, {"error": CheckError("LogUnreachable")}], ids=["unasked", "failed"]
)
def test_a_quality_is_never_older_than_the_latest_check(changes: Any) -> None:
    """It goes where it is not asked for any more, and where a check failed."""
    before = scored(TOLD, start(TOLD), performance=performance(None))
    assert before.drift.performance is not None
    text = b.answer(TOLD, before, judged(CALM, 2), **changes)
    later = b.job(
        "ranger-check-8", "Succeeded", answer=text, finished_at=b.NOW + SECOND
    )
    ctx = replace(TOLD, observed=b.seen(later), now=b.NOW + b.MINUTE)
    after = track.step(ctx, before).status
    assert after.drift.last_check == "ranger-check-8"
    assert after.drift.performance is None
