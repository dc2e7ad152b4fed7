"""The model's performance in a check's answer."""

from dataclasses import replace
from typing import Any

import pytest

from driftcheck.contract import (
    CheckError,
    Kind,
    Metric,
    Performance,
    PerformanceRule,
    Verdict,
    decode_request,
)
from killick.plan.context import Context
from killick.plan.requests.check import check_effect
from killick.plan.tracks import check as track
from killick.resource.fingerprint import window_fingerprint
from killick.resource.status import Status
from tests.unit.plan import builders as b
from tests.unit.plan.builders import CALM, DRIFT, judged
from tests.unit.plan.tracks.check_cases import (
    BASE,
    SECOND,
    answered,
    job,
)

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
    assert (found.metric, found.rows, found.labeled) == ("Accuracy", 200, 120)
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
