"""Labels, metrics and bounds on the command line."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck import contract as c
from tests.unit.driftcheck.cli.conftest import Run


def test_labels_are_scored_by_hand(run: Run, data: Path) -> None:
    """The report and the JSON say score, interval and coverage."""
    table = pq.read_table(data / "reference.parquet")
    labels = [None if row % 4 else 1.0 for row in range(len(table))]
    table = table.append_column("said", pa.array([1.5] * len(table)))
    table = table.append_column("truth", pa.array(labels, pa.float64()))
    pq.write_table(table, data / "labeled.parquet")
    ran = run(
        *("--reference", "labeled.parquet", "--current", "labeled.parquet"),
        *("--prediction-column", "said", "--label", "truth", "--json", "out.json"),
        *("--metric", "MeanAbsoluteError"),
    )
    assert (
        "Performance: MeanAbsoluteError 0.5, no interval (NothingVaries)" in ran.stdout
    )
    assert "500 of 2000 rows have labels (25%)" in ran.stdout
    performance = json.loads((data / "out.json").read_text())["performance"]
    assert [performance[k] for k in ("score", "labeled", "rows")] == [0.5, 500, 2000]


def test_labels_need_a_metric_and_predictions(run: Run) -> None:
    """What is missing is a wrong use, said at once."""
    pair = ("--reference", "reference.parquet", "--current", "reference.parquet")
    for options in (("--label", "a"), ("--metric", "Accuracy", "--label", "a")):
        ran = run(*pair, *options)
        assert ran.returncode == 2
        assert "--label, --metric and --prediction-column" in ran.stderr


def test_answers_below_a_bound_are_drift_by_hand(run: Run, data: Path) -> None:
    """Features are calm; the exit code is Drift's, and the kind Performance."""
    table = pq.read_table(data / "reference.parquet")
    truth = np.random.default_rng(5).random(len(table)) < 0.7
    table = table.append_column("said", pa.array([1] * len(table)))
    table = table.append_column("truth", pa.array(truth.astype(int)))
    pq.write_table(table, data / "labeled.parquet")
    options = (
        *("--reference", "labeled.parquet", "--current", "labeled.parquet"),
        *("--prediction-column", "said", "--label", "truth", "--json", "out.json"),
        *("--metric", "Accuracy", "--performance-minimum"),
    )
    assert run(*options, "0.6").returncode == 0
    bad = run(*options, "0.8")
    assert bad.returncode == 10
    assert "Drift (PerformanceDropped): Accuracy 0." in bad.stdout
    assert "below the minimum 0.8" in bad.stdout
    answer = c.decode((data / "out.json").read_bytes())
    assert answer.windows[0].kinds == (c.Kind.PERFORMANCE,)
    assert answer.performance is not None
    assert answer.performance.verdict is c.Verdict.DRIFT


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--performance-minimum", "0.8"), "require --label and --metric"),
        (
            (
                *("--label", "a", "--metric", "Accuracy", "--prediction-column", "a"),
                *("--performance-maximum", "0.8"),
            ),
            "performance.maximum: Accuracy has no maximum",
        ),
    ],
)
def test_a_bound_that_fits_nothing_is_a_wrong_use(
    run: Run, options: tuple[str, ...], complaint: str
) -> None:
    """It is said at once, with the exit code of wrong options."""
    pair = ("--reference", "reference.parquet", "--current", "reference.parquet")
    ran = run(*pair, *options)
    assert ran.returncode == 2
    assert complaint in ran.stderr
