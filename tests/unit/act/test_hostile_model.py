"""A candidate whose code attacks its own evaluation, within the mounts of its pod.

Each scoring container is played with what the manifest mounts: a volume that it may
write is the real one, of a read-only volume it has a copy, and others it has not.
"""

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from driftcheck.contract import Features, LogSource
from driftcheck.contract.evaluation import (
    CANDIDATE_FILE,
    CHAMPION_FILE,
    LABELS_FILE,
    META_FILE,
    ROWS_FILE,
    EvaluationDirectories,
    EvaluationRequest,
    Metric,
)
from driftcheck.evaluation.compare import compare
from driftcheck.evaluation.rows import LabeledRows, write_rows
from tests.unit.act.test_manifests import containers_of, evaluation, mounts_of

START = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = 400
VOLUMES = ("rows", "labels", "champion", "candidate")


def honest(_: Path) -> None:
    """Leave the predictions as they are: a coin's."""


def copies_labels(root: Path) -> None:
    """Predict what the labels file says."""
    labels = (root / "labels" / LABELS_FILE).read_text()
    predictions = json.dumps({"predictions": json.loads(labels)})
    (root / "candidate" / CANDIDATE_FILE).write_text(predictions)


def spoils_champion(root: Path) -> None:
    """Make the champion wrong everywhere."""
    wrong = json.dumps({"predictions": [2] * ROWS})
    (root / "champion" / CHAMPION_FILE).write_text(wrong)


def rewrites_labels_and_digest(root: Path) -> None:
    """Declare its own predictions to be the labels, with the digest of that."""
    own = json.loads((root / "candidate" / CANDIDATE_FILE).read_text())["predictions"]
    data = (json.dumps(own, separators=(",", ":")) + "\n").encode()
    (root / "labels" / LABELS_FILE).write_bytes(data)
    meta = json.loads((root / "labels" / META_FILE).read_text())
    rows = (root / "rows" / ROWS_FILE).read_bytes()
    meta["digest"] = hashlib.sha256(rows + data).hexdigest()
    (root / "labels" / META_FILE).write_text(json.dumps(meta))


def rewrites_rows(root: Path) -> None:
    """Change the rows that are scored and compared."""
    (root / "rows" / ROWS_FILE).write_text("[]")


def play(attack: Callable[[Path], None], volumes: Path, root: Path) -> None:
    """Run the attack with the candidate's mounts below `root`."""
    (scoring,) = (c for c in containers_of(evaluation()) if c["name"] == "candidate")
    root.mkdir()
    for name, writable in mounts_of(scoring).items():
        if writable and name in VOLUMES:
            (root / name).symlink_to(volumes / name)
        elif name in VOLUMES:
            shutil.copytree(volumes / name, root / name)
    with contextlib.suppress(FileNotFoundError):  # what it wants is not there
        attack(root)


def predictions(values: Any) -> str:
    """The output of `mlflow models predict`."""
    return json.dumps({"predictions": [int(value) for value in values]})


@pytest.mark.parametrize(
    "attack",
    [honest, copies_labels, spoils_champion, rewrites_labels_and_digest, rewrites_rows],
)
def test_a_candidate_that_guesses_loses_whatever_its_code_does(
    tmp_path: Path, attack: Callable[[Path], None]
) -> None:
    """The champion is right in nine of ten rows, the candidate in half of them."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, ROWS)
    volumes = tmp_path / "volumes"
    request = EvaluationRequest(
        id="e1",
        log=LogSource("s", "t", "at", Features("Columns", ("x",)), label_column="y"),
        after=START,
        metric=Metric.ACCURACY,
        champion=True,
        directories=EvaluationDirectories(*(str(volumes / name) for name in VOLUMES)),
    )
    times = [START + timedelta(minutes=1 + i) for i in range(ROWS)]
    data: list[list[Any]] = [[0.0] for _ in range(ROWS)]
    written = write_rows(
        request, LabeledRows(("x",), data, [int(v) for v in labels], times)
    )
    right = np.where(rng.random(ROWS) < 0.9, labels, 1 - labels)
    for name, file, values in (
        ("champion", CHAMPION_FILE, right),
        ("candidate", CANDIDATE_FILE, rng.integers(0, 2, ROWS)),
    ):
        (volumes / name).mkdir()
        (volumes / name / file).write_text(predictions(values))
    play(attack, volumes, tmp_path / "candidate-container")
    answer = compare(request)
    assert answer.digest == written["digest"]
    assert answer.champion_score is not None
    assert 0.85 < answer.champion_score < 0.95
    assert answer.upper is not None
    assert answer.upper < 0
