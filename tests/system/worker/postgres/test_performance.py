"""The model's performance by the labels of an inference log in PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from driftcheck import contract as c
from driftcheck.check.run import run_check
from tests.system.support.service_fixtures import Database
from tests.system.worker.postgres.postgres_world import (
    HOUR,
    NORMAL,
    NOW,
    TABLE,
    Run,
    check,
    create,
    fill,
    request,
)


def test_labeled_rows_are_scored_beside_the_verdict(
    database: Database, reference: c.Reference, run: Run
) -> None:
    """The hour before the newest one, whose labels have come, half of the rows."""
    now = datetime.now(UTC)
    create(database)
    database.execute(NORMAL)
    fill(
        database, now - 2 * HOUR, 400, 20.0, "CASE WHEN i % 2 = 0 THEN (i % 8) / 2 END"
    )
    fill(database, now - HOUR, 400, 20.0)
    rule = c.PerformanceRule(c.Metric.MEAN_ABSOLUTE_ERROR, 100, delay_seconds=3600)
    asked = replace(request(reference, label_column="label"), performance=rule)
    found = check(run, asked, database.url).answer.performance
    assert found is not None
    assert found.end <= datetime.now(UTC) - HOUR
    # Labels 0, 1, 2, 3 in turn against a score of 0.5.
    assert found.score == pytest.approx(1.25, abs=0.02)
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower <= 1.25 <= found.upper
    assert found.rows in range(390, 411)
    assert found.labeled == pytest.approx((found.rows or 0) / 2, abs=4)


def test_bad_answers_are_found_in_the_windows_whose_labels_have_come(
    database: Database, reference: c.Reference, run: Run
) -> None:
    """One score a window on rows of its own; features that never drifted are calm."""
    create(database)
    database.execute(NORMAL)
    first = NOW - 3 * HOUR - timedelta(minutes=30)
    wrong = "CASE WHEN z(i + 17) > {} THEN 1.5 ELSE 0.5 END"
    database.execute(f"ALTER TABLE ml.{TABLE} ALTER COLUMN label TYPE float8")
    for number, often in enumerate(("2", "0", "0")):
        fill(database, first + number * HOUR, 400, 20.0, wrong.format(often))
    rule = c.PerformanceRule(
        c.Metric.MEAN_ABSOLUTE_ERROR, delay_seconds=3600, maximum=0.25
    )
    asked = replace(request(reference, label_column="label"), performance=rule)
    answer = check(run, asked, database.url).answer
    calm = [w.verdict for w in answer.windows if w.counting]
    assert calm == [c.Verdict.NO_DRIFT] * 3
    # The third one's labels are still to come.
    good, bad = answer.performance_windows
    assert (good.start, good.end) == (first, first + HOUR)
    assert (bad.start, bad.end) == (first + HOUR, first + 2 * HOUR)
    assert (good.verdict, bad.verdict) == (c.Verdict.NO_DRIFT, c.Verdict.DRIFT)
    assert (good.rows, good.labeled, bad.rows) == (400, 400, 400)
    shown = answer.windows[-1]
    assert (shown.counting, shown.verdict) == (False, c.Verdict.DRIFT)
    assert shown.kinds == (c.Kind.PERFORMANCE,)
    known = replace(rule, judged_through=bad.end)
    again = check(run, replace(asked, performance=known), database.url).answer
    assert again.performance_windows == ()


def test_bad_answers_are_shown_also_by_a_window_that_counts(
    database: Database, reference: c.Reference
) -> None:
    """A check that runs just as one is complete shows it twice, and it stays calm."""
    create(database)
    database.execute(NORMAL)
    first = NOW - 3 * HOUR - timedelta(minutes=30)
    fill(database, first, 400, 20.0, "(i % 3)")
    rule = c.PerformanceRule(c.Metric.MEAN_ABSOLUTE_ERROR, maximum=0.1)
    asked = replace(request(reference, label_column="label"), performance=rule)
    answer = run_check(asked, database.url, first + HOUR).answer
    assert [(w.counting, w.verdict, w.kinds) for w in answer.windows] == [
        (True, c.Verdict.NO_DRIFT, ()),
        (False, c.Verdict.DRIFT, (c.Kind.PERFORMANCE,)),
    ]
    assert [q.verdict for q in answer.performance_windows] == [c.Verdict.DRIFT]


def test_bad_answers_to_broken_features_are_data_quality(
    database: Database, reference: c.Reference, run: Run
) -> None:
    """No retraining mends them, so the windows are no drift of kind Performance."""
    create(database)
    database.execute(NORMAL)
    first = NOW - 3 * HOUR - timedelta(minutes=30)
    fill(database, first, 400, 20.0, "(i % 3)")
    database.execute(f"UPDATE ml.{TABLE} SET feature_vector[1] = NULL")
    rule = c.PerformanceRule(c.Metric.MEAN_ABSOLUTE_ERROR, maximum=0.1)
    asked = replace(request(reference, label_column="label"), performance=rule)
    found = check(run, asked, database.url).answer.performance_windows[0]
    assert (found.verdict, found.reason) == (c.Verdict.DATA_QUALITY, "AllNull")
    assert found.score is not None


def test_a_quality_that_cannot_be_read_is_an_error_of_its_window(
    database: Database, reference: c.Reference, run: Run
) -> None:
    """It is neither drift nor "no drift"."""
    create(database)
    rule = c.PerformanceRule(c.Metric.ACCURACY, minimum=0.9)
    asked = replace(request(reference, label_column="truth"), performance=rule)
    found = check(run, asked, database.url).answer.performance_windows
    assert [(q.verdict, q.reason, q.score) for q in found] == [
        (c.Verdict.ERROR, "MissingColumn", None)
    ] * 3


def test_labels_of_a_column_that_is_gone_are_no_failure_of_the_check(
    database: Database, reference: c.Reference, run: Run
) -> None:
    """The verdict on drift stands; the performance says what is missing."""
    create(database)
    database.execute(NORMAL)
    fill(database, NOW - HOUR, 300, 20.0)
    rule = c.PerformanceRule(c.Metric.ACCURACY)
    asked = replace(request(reference, label_column="truth"), performance=rule)
    answer = check(run, asked, database.url).answer
    assert answer.windows[-1].verdict is c.Verdict.NO_DRIFT
    assert answer.performance is not None
    assert (answer.performance.score, answer.performance.reason) == (
        None,
        "MissingColumn",
    )
