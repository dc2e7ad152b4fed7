"""The story's own programs on a real PostgreSQL and a real MLflow; no Kubernetes."""

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from dev.demo.manifests import log_statements
from dev.environments.images import ensure_environment
from dev.processes.supervisor import Process, Program, Supervisor
from dev.services.mlflow_server import MLflowServer
from dev.services.postgres import PostgresServer
from dev.waiting import wait_until
from tests.system.support.service_fixtures import Database

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
COUNT = "SELECT count(*), count(label) FROM ml.index_range_inference_log"


@dataclass(frozen=True)
class Programs:
    """How the story's programs are run, on a database of the test's own."""

    supervisor: Supervisor
    environment: dict[str, str]
    python: Path

    def start(self, name: str, *arguments: str, **more: str) -> Process:
        """Start a module with its arguments."""
        return self.supervisor.start(self._program(name, arguments, more))

    def run(self, name: str, *arguments: str, **more: str) -> dict[str, Any]:
        """Run a module to its end and return the last line, which is JSON."""
        process = self.supervisor.run_to_end(self._program(name, arguments, more))
        lines = process.log.read_text().splitlines()
        answer: dict[str, Any] = json.loads(lines[-1])
        return answer

    def _program(
        self, name: str, arguments: tuple[str, ...], more: dict[str, str]
    ) -> Program:
        return Program(
            name=name,
            command=[self.python, "-m", *arguments],
            environment={**self.environment, **more},
            inherit=False,
        )


@pytest.fixture
def programs(
    service_supervisor: Supervisor,
    database: Database,
    mlflow_server: MLflowServer,
    tmp_path: Path,
) -> Programs:
    """Return the programs in the training image's environment."""
    python = ensure_environment("training") / "bin" / "python"
    environment = {
        "PATH": f"{python.parent}:{os.environ.get('PATH', os.defpath)}",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(EXAMPLES),
        "MLFLOW_TRACKING_URI": mlflow_server.url,
        "DATABASE_URL": database.url,
        "KILLICK_MODEL": f"story-{database.name}",
        "STORY_REFERENCES": tmp_path.as_uri(),
        "GIT_PYTHON_REFRESH": "quiet",
    }
    return Programs(service_supervisor, environment, python)


def test_the_story_without_kubernetes(
    programs: Programs, database: Database, postgres: PostgresServer
) -> None:
    """Version 1, a replay that survives an outage, and an attempt that learns from it.

    No row is lost or doubled, every label is known a day later, and what was
    registered carries the digest of exactly the features it was trained on.
    """
    for statement in log_statements():
        database.execute(statement)
    first = programs.run("story-initial", "story.train", "--initial")
    assert (first["version"], first["rows"]) == ("1", 1510)
    model = f"models:/{first['model']}/1"
    feeder = programs.start(
        "story-feeder", "story.feeder", "--model", model, "--rate", "100"
    )

    def rows() -> int:
        return int(str(database.execute(COUNT)[0][0]))

    wait_until("the first 50 rows", rows, lambda count: count > 50)
    postgres.restart()
    wait_until("rows of 2008", rows, lambda count: count > 400)
    before = datetime.now(UTC).isoformat()
    wait_until("later rows", rows, lambda count: count > 450)
    second = programs.run(
        "story-attempt",
        *("story.train",),
        KILLICK_TRAIN_BEFORE=before,
        KILLICK_ATTEMPT="0123456789",
        MLFLOW_RUN_CONTEXT=json.dumps({"killick.dev/attempt": "0123456789"}),
    )
    feeder.stop()
    assert feeder.returncode == 130, feeder.tail()
    (known,) = database.execute(
        f"{COUNT} WHERE label IS NOT NULL AND predicted_at < $1::text::timestamptz",
        before,
    )
    assert second["rows"] == 1510 + int(str(known[0]))
    assert (second["version"], second["train_before"]) == ("2", before)
    reference = Path(second["reference_uri"].removeprefix("file://"))
    content = reference.read_bytes()
    assert hashlib.sha256(content).hexdigest() == second["reference_sha256"]
    table = pyarrow.parquet.read_table(reference)
    assert table.num_rows == second["rows"]
    assert table.column_names[0] == "range_today"
    check_order(database)


def test_the_replay_is_judged_by_default_thresholds(programs: Programs) -> None:
    """Nothing of the calm stretch drifts; nearly all of the changed one does."""
    drift = str(EXAMPLES.parent / "drift")
    found = programs.supervisor.run_to_end(
        Program(
            name="story-windows",
            command=[programs.python, "-m", "story.rehearse", "--windows"],
            environment={
                **programs.environment,
                "PYTHONPATH": f"{EXAMPLES}{os.pathsep}{drift}",
            },
            inherit=False,
        )
    )
    calm, changed = found.log.read_text().splitlines()[-2:]
    assert "0 to 0 of 8 columns drift" in calm
    assert json.loads(calm[calm.index("{") :]) == {"NoDrift": 38}
    verdicts = json.loads(changed[changed.index("{") :])
    assert sum(verdicts.values()) == 143
    assert verdicts["Drift"] >= 140


def check_order(database: Database) -> None:
    """Days came in their order, two rows each, with labels for all but the last."""
    found = database.execute(
        "SELECT right(id, 10), label IS NULL, array_length(feature_vector, 1) "
        "FROM ml.index_range_inference_log ORDER BY predicted_at, id"
    )
    days = [str(row[0]) for row in found]
    assert days == sorted(days)
    assert all(days.count(day) == 2 for day in set(days[:-1]))
    # The last day of each stretch: its next day was not replayed.
    unlabeled = {str(row[0]) for row in found if row[1]}
    assert unlabeled <= {"2007-06-29", *days[-3:]}
    assert {row[2] for row in found} == {8}
