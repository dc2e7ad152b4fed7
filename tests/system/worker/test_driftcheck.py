"""The check and the evaluation rows on a real PostgreSQL and a real Pushgateway."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any, TypeAlias
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
from driftcheck.check.run import run_check
from driftcheck.contract import evaluation as e
from driftcheck.errors import CheckFailure
from driftcheck.inference_log.postgres import open_log
from driftcheck.storage.limits import MAXIMUM_ROWS
from driftcheck.windows import Window
from tests.system.support.service_fixtures import Database
from tests.unit.driftcheck.samples import reference_of_kinds

TABLE = "recommendation_inference_log"
VECTOR = c.Features("Vector", ("price", "age"), "feature_vector")
SHAPE = "(predicted_at timestamptz, feature_vector float8[], score float8, label int)"
# A window of an hour ends on the last full minute, so that nothing is still to come.
NOW = datetime.now(UTC).replace(second=0, microsecond=0)
HOUR = timedelta(hours=1)


@pytest.fixture
def reference(tmp_path: Path) -> c.Reference:
    """Return a reference of two normal features."""
    rng = np.random.default_rng(1)
    path = tmp_path / "reference.parquet"
    columns = {"price": rng.normal(20, 5, 2000), "age": rng.normal(40, 9, 2000)}
    pq.write_table(pa.table(columns), path)
    return c.Reference(str(path))


def request(reference: c.Reference, **log: Any) -> c.CheckRequest:
    """Hourly windows laid from three hours ago, without lag."""
    source = c.LogSource(
        "ml", TABLE, "predicted_at", VECTOR, lag_seconds=0, prediction_column="score"
    )
    return c.CheckRequest(
        name="recommendation",
        namespace="ml",
        request_fingerprint="hash",
        reference=reference,
        log=replace(source, **log),
        window_seconds=3600,
        windows=c.WindowGrid(NOW - 3 * HOUR - timedelta(minutes=30), 3),
    )


def create(database: Database, shape: str = SHAPE, table: str = TABLE) -> None:
    """An empty inference log."""
    database.execute("CREATE SCHEMA IF NOT EXISTS ml")
    quoted = table.replace('"', '""')
    database.execute(f'CREATE TABLE ml."{quoted}" {shape}')


def fill(
    database: Database, start: datetime, rows: int, price: float, label: str = "NULL"
) -> None:
    """An hour of inferences, evenly in time, with prices around one."""
    database.execute(
        f"""
        INSERT INTO ml.{TABLE}
        SELECT $1::timestamptz + i * interval '1 hour' / $2,
          ARRAY[$3 + 5 * z(i), 40 + 9 * z(i + 7919)], 0.5, {label}
        FROM generate_series(0, $2 - 1) AS i
        """,
        start,
        rows,
        price,
    )


NORMAL = """
CREATE FUNCTION z(i bigint) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
  SELECT sqrt(-2 * ln(((i * 7321 + 11) % 99991 + 1) / 99992.0))
    * cos(6.283185307 * ((i * 5237 + 3) % 99989) / 99989.0)
$$
"""


@dataclass(frozen=True)
class Ran:
    """A run's exit code, termination message and printed text."""

    code: int
    message: bytes
    printed: str

    @property
    def answer(self) -> c.CheckAnswer:
        """Return the check's answer."""
        return c.decode(self.message)


Run: TypeAlias = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the worker with an environment, as a pod does."""
    message = tmp_path / "termination-log"

    def run(step: str, **environment: str) -> Ran:
        code = main([step], {"TERMINATION_LOG_PATH": str(message), **environment})
        said = capsys.readouterr()
        return Ran(code, message.read_bytes(), said.out + said.err)

    return run


def check(run: Run, asked: c.CheckRequest, url: str, **more: str) -> Ran:
    """Run a check."""
    text = c.encode_request(asked)
    return run("check", DRIFTCHECK_REQUEST=text, DATABASE_URL=url, **more)


def summary(ran: Ran) -> list[tuple[bool, str, int | None]]:
    """Return each window: whether it counts, its verdict, its rows."""
    return [(w.counting, w.verdict.value, w.rows) for w in ran.answer.windows]


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
    assert "warning: nothing kept in MLflow: MLflow cannot be reached" in away.printed


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


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
def test_naive_timestamps_are_read_in_the_declared_zone(
    database: Database, reference: c.Reference, run: Run, zone: str
) -> None:
    """A log without zones is cut at the right rows."""
    create(database, SHAPE.replace("timestamptz", "timestamp"))
    asked = request(reference, time_zone=zone)
    inside = asked.windows.anchor + HOUR + timedelta(minutes=1)
    database.execute(
        f"INSERT INTO ml.{TABLE} VALUES (timezone($1, $2::timestamptz), '{{1,2}}')",
        zone,
        inside,
    )
    rows = [rows for counting, _, rows in summary(check(run, asked, database.url))]
    assert rows[:3] == [0, 1, 0]


def test_columns_of_every_kind_are_read(
    database: Database, tmp_path: Path, run: Run
) -> None:
    """Numeric, integer, text and boolean columns, under names that need quoting."""
    odd = 'we"ird; DROP TABLE x --'
    names = ("n", "i", "kind", "flag", odd)
    path = tmp_path / "kinds.parquet"
    columns: dict[str, Any] = {
        "n": [i / 100 for i in range(1000)],
        "i": list(range(1000)),
        "kind": ["a", "b"] * 500,
        "flag": [True, False] * 500,
        odd: [float(i % 50) for i in range(1000)],
    }
    pq.write_table(pa.table(columns), path)
    create(
        database,
        f"""(predicted_at timestamptz, n numeric, i bigint, kind text, flag bool,
        "{odd.replace('"', '""')}" real)""",
        odd,
    )
    start = NOW - timedelta(minutes=50)
    quoted = odd.replace('"', '""')
    database.execute(
        f"""INSERT INTO ml."{quoted}" SELECT $1::timestamptz, i * 5 / 100.0, i * 5,
        CASE WHEN i % 2 = 0 THEN 'a' ELSE 'c' END, i % 2 = 0, i % 50
        FROM generate_series(0, 199) AS i""",
        start,
    )
    features = c.Features("Columns", names)
    asked = request(c.Reference(str(path)), features=features, table=odd)
    ran = check(run, asked, database.url)
    interim = ran.answer.windows[-1]
    assert interim.verdict is c.Verdict.NO_DRIFT
    assert (interim.drifted, interim.checked) == (1, 5)
    assert interim.kinds == (c.Kind.COVARIATE, c.Kind.NEW_CATEGORY)
    assert interim.top_columns[0][0] == "kind"


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ((SHAPE, "{1,2}", "{1}"), "RaggedVector"),
        ((SHAPE, "{1}"), "VectorLength"),
        ((SHAPE.replace("float8[]", "text[]"), "{a,b}"), "RetypedColumn"),
        ((SHAPE.replace("feature_vector", "other"), "{1}"), "MissingColumn"),
    ],
)
def test_broken_vectors_are_data_quality(
    database: Database,
    reference: c.Reference,
    run: Run,
    log: tuple[str, ...],
    reason: str,
) -> None:
    """Vectors that cannot be assigned to names are never guessed at."""
    shape, *vectors = log
    create(database, shape)
    for vector in vectors:
        insert = f"INSERT INTO ml.{TABLE} VALUES ($1, '{vector}')"
        database.execute(insert, NOW - timedelta(minutes=5))
    interim = check(run, request(reference), database.url).answer.windows[-1]
    assert (interim.verdict, interim.reason) == (c.Verdict.DATA_QUALITY, reason)


def test_arrays_of_numeric_and_real_are_read(
    database: Database, reference: c.Reference, run: Run
) -> None:
    """Whatever numbers the array holds, they are compared as floats."""
    for kind in ("numeric[]", "float4[]", "int[]"):
        database.execute("DROP SCHEMA IF EXISTS ml CASCADE")
        create(database, SHAPE.replace("float8[]", kind))
        database.execute(
            f"""INSERT INTO ml.{TABLE} SELECT $1::timestamptz, ARRAY[i % 40, i % 80]
            FROM generate_series(0, 199) AS i""",
            NOW - timedelta(minutes=5),
        )
        interim = check(run, request(reference), database.url).answer.windows[-1]
        assert (interim.rows, interim.checked) == (200, 2)


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


def load_kinds(reference: c.Reference) -> Any:
    """Return how the reference's columns are compared."""
    from driftcheck.reference.load import load_reference

    return load_reference(reference.uri, VECTOR, {}).kinds


def evaluation(reference: c.Reference, directory: Path) -> e.EvaluationRequest:
    """Return an evaluation of all labelled rows of the last two hours."""
    return e.EvaluationRequest(
        id="e1",
        log=replace(request(reference).log, label_column="label"),
        after=NOW - 2 * HOUR,
        metric=e.Metric.MEAN_ABSOLUTE_ERROR,
        champion=True,
        directory=str(directory),
    )


def test_labelled_rows_are_written_scored_and_compared(
    database: Database, reference: c.Reference, run: Run, tmp_path: Path
) -> None:
    """Rows with a label that are strictly later than the cut-off, in time order."""
    create(database)
    database.execute(NORMAL)
    asked = evaluation(reference, tmp_path / "work")
    fill(database, NOW - 3 * HOUR, 50, 20.0, label="1")
    fill(database, NOW - 2 * HOUR, 200, 20.0, label="i % 3")
    fill(database, NOW - HOUR, 70, 20.0)
    text = e.encode_evaluation_request(asked)
    environment = {"DRIFTCHECK_EVALUATION": text, "DATABASE_URL": database.url}
    wrote = run("rows", **environment)
    told = e.decode_evaluation(wrote.message)
    assert (wrote.code, told.rows, told.error) == (0, 199, None)
    assert told.until == NOW - 2 * HOUR + 199 * HOUR / 200
    work = tmp_path / "work"
    frame = json.loads((work / e.ROWS_FILE).read_text())["dataframe_split"]
    labels = json.loads((work / e.LABELS_FILE).read_text())
    assert frame["columns"] == ["price", "age"]
    assert len(frame["data"]) == 199
    assert labels == [i % 3 for i in range(1, 200)]
    (work / e.CHAMPION_FILE).write_text(json.dumps({"predictions": [1.0] * 199}))
    (work / e.CANDIDATE_FILE).write_text(json.dumps({"predictions": labels}))
    found = e.decode_evaluation(run("compare", **environment).message)
    assert found.error is None
    assert (found.digest, found.until) == (told.digest, told.until)
    assert found.candidate_score == 0
    assert found.lower is not None
    assert found.lower > 0.5
    again = e.decode_evaluation(run("rows", **environment).message)
    assert again.digest == told.digest


@pytest.mark.parametrize("rows", [0, 99])
def test_too_few_labels_stop_before_scoring(
    database: Database, reference: c.Reference, run: Run, tmp_path: Path, rows: int
) -> None:
    """Exit code 3, and how many rows are missing."""
    create(database)
    database.execute(NORMAL)
    if rows:
        fill(database, NOW - HOUR, rows, 20.0, label="1")
    text = e.encode_evaluation_request(evaluation(reference, tmp_path / "work"))
    ran = run("rows", DRIFTCHECK_EVALUATION=text, DATABASE_URL=database.url)
    told = e.decode_evaluation(ran.message)
    assert (ran.code, told.rows) == (e.EXIT_TOO_FEW_ROWS, rows)
    assert told.error is not None
    assert told.error.reason == "NotEnoughRows"
    assert told.error.message.endswith(f": {100 - rows} missing")


def test_an_unreachable_log_ends_the_evaluation(
    reference: c.Reference, run: Run, tmp_path: Path
) -> None:
    """Exit code 1, with the reason and without the password."""
    text = e.encode_evaluation_request(evaluation(reference, tmp_path))
    url = "postgresql://u:hunter2@127.0.0.1:1/x"
    ran = run("rows", DRIFTCHECK_EVALUATION=text, DATABASE_URL=url)
    assert ran.code == 1
    told = e.decode_evaluation(ran.message)
    assert told.error is not None
    assert told.error.reason == "LogUnreachable"
    assert "hunter2" not in ran.printed


def test_labelled_rows_are_scored_beside_the_verdict(
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
    assert found.labelled == pytest.approx((found.rows or 0) / 2, abs=4)


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
    assert (good.rows, good.labelled, bad.rows) == (400, 400, 400)
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
