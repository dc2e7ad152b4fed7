"""The check and the evaluation rows on a real PostgreSQL and a real Pushgateway."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from adbc_driver_postgresql import dbapi
from mlflow import MlflowClient

from dev.services.mlflow_server import MLflowServer
from dev.services.pushgateway import Pushgateway
from driftcheck import contract as c
from driftcheck.__main__ import main
from driftcheck.errors import CheckFailure
from driftcheck.inference_log.postgres import open_log
from driftcheck.storage.limits import MAXIMUM_ROWS
from driftcheck.windows import Window
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
    load_kinds,
    request,
    summary,
)
from tests.unit.driftcheck.samples import reference_of_kinds


def test_drift_is_seen_in_the_windows_in_which_it_happened(
    database: Database,
    reference: c.Reference,
    run: Run,
    pushgateway: Pushgateway,
) -> None:
    """A calm hour, a thin one, a drifted one, and the interim hour, in one run."""
    create(database)
    database.execute(NORMAL)
    asked = request(reference)
    anchor = asked.windows.anchor
    hours = [(300, 20.0), (99, 20.0), (300, 26.0), (300, 26.0)]
    for hour, (rows, price) in enumerate(hours):
        fill(database, anchor + hour * HOUR, rows, price)
    ran = check(run, asked, database.url, PUSHGATEWAY_URL=pushgateway.url)
    assert ran.code == 0
    assert summary(ran) == [
        (True, "NoDrift", 300),
        (True, "Inconclusive", 99),
        (True, "Drift", 300),
        (False, "Drift", 300),
    ]
    thin, drifted = ran.answer.windows[1:3]
    assert thin.message == "99 of at least 100 rows: 1 missing"
    assert (drifted.drifted, drifted.checked, drifted.percent) == (1, 2, 50)
    assert drifted.top_columns[0][0] == "price"
    assert drifted.top_columns[0][1] == pytest.approx(1.2, abs=0.15)
    assert "price" in ran.printed
    with urlopen(f"{pushgateway.url}/metrics", timeout=10) as response:
        metrics = response.read().decode()
    assert 'drift_detected{instance="",job="killick",name="recommendation"' in metrics


def test_a_pod_keeps_the_verdict_of_a_drift_in_mlflow(
    database: Database, reference: c.Reference, run: Run, mlflow_server: MLflowServer
) -> None:
    """Its answer names the artifact; without Evidently there is a warning, no page."""
    create(database)
    database.execute(NORMAL)
    fill(database, NOW - timedelta(minutes=59), 300, 26.0)
    asked = replace(request(reference), windows=c.WindowGrid(NOW, 1))
    where = {"MLFLOW_TRACKING_URI": mlflow_server.url}
    ran = check(run, asked, database.url, **where)
    assert (ran.code, ran.answer.windows[-1].verdict) == (0, c.Verdict.DRIFT)
    assert "warning: no report: NoEvidently: install" in ran.printed
    address = ran.answer.report or ""
    assert address.endswith("/driftcheck/verdict.json")
    run_id = address.removeprefix("runs:/").split("/")[0]
    kept = MlflowClient(mlflow_server.url).list_artifacts(run_id, "driftcheck")
    assert [artifact.path for artifact in kept] == ["driftcheck/verdict.json"]
    away = check(run, asked, database.url, MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert [w.verdict for w in away.answer.windows] == [c.Verdict.DRIFT]
    assert away.answer.report is None
    assert "warning: nothing stored in MLflow: MLflow cannot be reached" in away.printed


def test_predictions_are_judged_beside_the_vector(
    database: Database, tmp_path: Path, run: Run
) -> None:
    """Predictions that moved are drift, though every feature stayed as it was."""
    path = tmp_path / "with predictions.parquet"
    rng = np.random.default_rng(1)
    columns = {name: rng.normal(size=2000) for name in ("price", "age", "score")}
    pq.write_table(pa.table(columns), path)
    create(database)
    start = NOW - timedelta(minutes=50)
    values = rng.normal((0, 0, 1), size=(300, 3))
    rows = ", ".join(
        f"($1::timestamptz + interval '{i} seconds', '{{{a}, {b}}}', {score})"
        for i, (a, b, score) in enumerate(values.tolist())
    )
    database.execute(
        f"""INSERT INTO ml.{TABLE} (predicted_at, feature_vector, score)
        VALUES {rows}""",
        start,
    )
    asked = request(c.Reference(str(path)), prediction_column="score")
    interim = check(run, asked, database.url).answer.windows[-1]
    assert (interim.verdict, interim.reason) == (c.Verdict.DRIFT, "PredictionDrifted")
    assert (interim.kinds, interim.drifted, interim.checked) == (
        (c.Kind.PREDICTION,),
        0,
        2,
    )


def test_what_was_judged_is_not_judged_again(
    database: Database, reference: c.Reference, run: Run
) -> None:
    """With `judged_through` only later counting windows and the interim remain."""
    create(database)
    asked = request(reference)
    through = asked.windows.anchor + 2 * HOUR
    grid = replace(asked.windows, judged_through=through)
    ran = check(run, replace(asked, windows=grid), database.url)
    assert [w.start for w in ran.answer.windows if w.counting] == [through]


def test_windows_include_their_start_and_exclude_their_end(
    database: Database, reference: c.Reference, run: Run
) -> None:
    """A row on the boundary belongs to exactly one window."""
    create(database)
    asked = request(reference)
    boundary = asked.windows.anchor + HOUR
    database.execute(f"INSERT INTO ml.{TABLE} VALUES ($1, '{{1,2}}')", boundary)
    rows = [rows for counting, _, rows in summary(check(run, asked, database.url))]
    assert rows[:3] == [0, 1, 0]


def test_a_reader_that_may_only_select_is_enough(
    database: Database, reference: c.Reference, run: Run
) -> None:
    """The check needs no right but to read its one table."""
    create(database)
    database.execute("CREATE ROLE checker LOGIN PASSWORD 'let-me-read'")
    database.execute("GRANT USAGE ON SCHEMA ml TO checker")
    address = f"127.0.0.1:{database.server.port}/{database.name}"
    url = f"postgresql://checker:let-me-read@{address}"
    refused = check(run, request(reference), url)
    assert refused.answer.windows[-1].reason == "LogForbidden"
    database.execute(f"GRANT SELECT ON ml.{TABLE} TO checker")
    allowed = check(run, request(reference), url)
    assert allowed.answer.windows[-1].verdict is c.Verdict.INCONCLUSIVE
    wrong = check(run, request(reference), f"postgresql://checker:hunter2@{address}")
    assert wrong.answer.error is not None
    assert wrong.answer.error.reason == "LogUnreachable"
    assert "hunter2" not in wrong.printed + wrong.message.decode()
    database.execute(f"REVOKE ALL ON ml.{TABLE} FROM checker")
    database.execute("REVOKE ALL ON SCHEMA ml FROM checker")
    database.execute("DROP ROLE checker")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"table": "nothing"}, "MissingTable"),
        ({"schema": "nowhere"}, "MissingTable"),
        ({"timestamp_column": "when"}, "MissingColumn"),
        ({"timestamp_column": "score"}, "NotATimestamp"),
    ],
)
def test_a_wrong_address_in_the_log_is_an_error(
    database: Database,
    reference: c.Reference,
    run: Run,
    changes: dict[str, str],
    reason: str,
) -> None:
    """Every window says what is missing; the pod succeeds."""
    create(database)
    ran = check(run, request(reference, **changes), database.url)
    assert ran.code == 0
    assert {(w.verdict, w.reason) for w in ran.answer.windows} == {
        (c.Verdict.ERROR, reason)
    }


def test_the_log_cannot_be_written(database: Database, reference: c.Reference) -> None:
    """Even with the owner's credentials every transaction is read-only."""
    create(database)
    with (
        open_log(database.url, request(reference).log, {}) as log,
        pytest.raises(CheckFailure, match="read-only transaction"),
        log.snapshot() as cursor,
    ):
        cursor.execute(f"DELETE FROM ml.{TABLE}")


def test_a_large_window_is_sampled_and_counted_whole(
    database: Database, reference: c.Reference
) -> None:
    """Above 100,000 rows a sample is compared, the same one each time."""
    create(database)
    start = NOW - HOUR
    database.execute(
        f"""INSERT INTO ml.{TABLE} SELECT $1::timestamptz, ARRAY[i, i]
        FROM generate_series(1, 150000) AS i""",
        start,
    )
    kinds = load_kinds(reference)
    window = Window(start, NOW, counting=False)
    with open_log(database.url, request(reference).log, {}) as log:
        one, other = (log.window(window, reference_of_kinds(kinds)) for _ in range(2))
    assert one.rows == 150_000
    assert one.sampled == one.columns["price"].present
    assert one.columns["price"].present == pytest.approx(MAXIMUM_ROWS, rel=0.02)
    assert one.columns["price"].present == other.columns["price"].present


def test_it_is_a_complete_cron_job_without_the_operator(
    database: Database, reference: c.Reference, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two variables and a table are enough; the exit code is the verdict."""
    create(database)
    database.execute(NORMAL)
    fill(database, NOW - HOUR, 300, 26.0)
    options = ["--table", f"ml.{TABLE}", "--vector-column", "feature_vector"]
    environment = {
        "REFERENCE_DATASET_PATH": reference.uri,
        "DATABASE_URL": database.url,
    }
    assert main([*options, "--window", "2h", "--lag", "0s"], environment) == 10
    assert "Drift (ColumnsDrifted): 1 of 2 columns" in capsys.readouterr().out
    assert main([*options, "--window", "24h", "--lag", "5h"], environment) == 12


def test_a_connection_that_breaks_is_an_outage(
    database: Database, reference: c.Reference
) -> None:
    """A log that goes away under a running query is unreachable, not unreadable."""
    create(database)
    waiting = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    reasons = []

    def look() -> None:
        with open_log(database.url, request(reference).log, {}) as log:
            try:
                log.window(
                    Window(NOW - HOUR, NOW, counting=True), reference_of_kinds({})
                )
            except CheckFailure as failure:
                reasons.append(failure.reason)

    with dbapi.connect(database.url) as connection:
        cursor = connection.cursor()
        cursor.execute(f"LOCK TABLE ml.{TABLE}")
        cursor.close()
        reader = Thread(target=look)
        reader.start()
        while not database.execute(waiting):
            assert reader.is_alive(), reasons
        reader.join()
    assert reasons == ["LogUnreachable"]
