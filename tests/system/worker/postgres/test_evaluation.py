"""The evaluation's steps on an inference log in PostgreSQL."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from driftcheck import contract as c
from driftcheck.contract import evaluation as e
from tests.system.support.service_fixtures import Database
from tests.system.worker.postgres.postgres_world import (
    HOUR,
    NORMAL,
    NOW,
    Run,
    create,
    fill,
    request,
)


def evaluation(reference: c.Reference, directory: Path) -> e.EvaluationRequest:
    """Return an evaluation of all labeled rows of the last two hours."""
    return e.EvaluationRequest(
        id="e1",
        log=replace(request(reference).log, label_column="label"),
        after=NOW - 2 * HOUR,
        metric=e.Metric.MEAN_ABSOLUTE_ERROR,
        champion=True,
        directories=e.EvaluationDirectories(*[str(directory)] * 4),
    )


def test_labeled_rows_are_written_scored_and_compared(
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
