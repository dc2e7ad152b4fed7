"""Our scores against Evidently's own, column by column."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mlflow import MlflowClient
from pyarrow import csv
from scipy.stats import kstwo

from benchmarks.evidently_scores import plain_scores
from dev.environments.images import ensure_environment
from dev.services.mlflow_server import MLflowServer
from driftcheck.arrow.conversion import column_from
from driftcheck.contract import decode
from driftcheck.stats.columns import Column, ColumnKind, Numbers

ORACLE = Path(__file__).with_name("evidently_oracle.py")
TOLERANCE = 1e-9
# The first test on a new machine installs Evidently's seventy packages.
pytestmark = pytest.mark.timeout(1200)


def generated(rows: int, seed: int, shift: float) -> dict[str, Any]:
    """Columns of many shapes; `shift` moves some of them."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(40)) if shift else np.full(40, 1 / 40)
    return {
        "normal": rng.normal(shift, 1, rows),
        "lognormal": rng.lognormal(shift, 2, rows),
        "cauchy": rng.standard_cauchy(rows),
        "small": rng.normal(shift, 1, rows) * 1e-2,
        "large": rng.normal(shift, 1, rows) * 1e12,
        "rounded": np.round(rng.normal(shift, 1, rows), 1),
        "many zeros": rng.poisson(0.05 + shift, rows).astype(float),
        "dice": rng.integers(1, 7, rows).astype(float),
        "outlier": np.append(rng.normal(shift, 1, rows - 1), 1e9),
        "color": rng.choice(["red", "green", "blue"], rows),
        "city": [f"city {i}" for i in rng.choice(40, rows, p=shares)],
        "new": rng.choice(["a", "b", "c"], rows) if shift else ["a", "b"] * (rows // 2),
    }


def insurance() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the RAND health insurance experiment's 20,190 rows, halved as they stand.

    Public domain; statsmodels, which Evidently needs, ships it.
    """
    packages = ensure_environment("evidently") / "lib"
    (path,) = packages.glob("*/site-packages/statsmodels/datasets/randhie/randhie.csv")
    table = csv.read_csv(path)
    floats = {n: table[n].cast(pa.float64()).to_numpy() for n in table.column_names}
    half = table.num_rows // 2
    before = {name: values[:half] for name, values in floats.items()}
    return before, {name: values[half:] for name, values in floats.items()}


def of_evidently(before: Any, after: Any, work: Path) -> dict[str, dict[str, float]]:
    """Return the oracle's answer for two tables."""
    python = ensure_environment("evidently") / "bin" / "python"
    paths = [work / name for name in ("reference.parquet", "current.parquet", "a.json")]
    for table, path in zip((before, after), paths, strict=False):
        pq.write_table(pa.table(table), path)
    subprocess.run(
        [python, ORACLE, *paths],
        check=True,
        env={**os.environ, "DO_NOT_TRACK": "1"},
        timeout=600,
    )
    found: dict[str, dict[str, float]] = json.loads(paths[-1].read_text())
    return found


def column(values: Any) -> Column:
    """Return a column as the worker reads it."""
    array = pa.chunked_array([pa.array(values)])
    number = pa.types.is_floating(array.type)
    return column_from(array, ColumnKind.NUMBER if number else ColumnKind.CATEGORY)


def ks_pvalue(distance: float, n: int, m: int) -> float:
    """Return the p-value of SciPy's `ks_2samp` above 10,000 rows on either side."""
    return float(kstwo.sf(distance, np.round(n * m / (n + m))))


def ours(before: Any, after: Any) -> dict[str, dict[str, float]]:
    """Our answer for the same tables."""
    answer: dict[str, dict[str, float]] = {}
    for name in before:
        one, other = column(before[name]), column(after[name])
        found = plain_scores(one, other)
        answer[name] = {
            "jensenshannon": found.jensen_shannon,
            "psi": found.stability_index,
        }
        if isinstance(one, Numbers):
            assert found.wasserstein is not None
            assert found.ks_distance is not None
            answer[name] |= {
                "wasserstein": found.wasserstein,
                "ks": ks_pvalue(found.ks_distance, one.present, other.present),
            }
    return answer


def assert_equal(before: Any, after: Any, work: Path) -> None:
    """Every score of every column is Evidently's."""
    expected, found = of_evidently(before, after, work), ours(before, after)
    assert set(expected) == set(before)
    for name, scores in expected.items():
        assert found[name] == pytest.approx(scores, rel=TOLERANCE, abs=TOLERANCE), name


@pytest.mark.parametrize(
    ("before_rows", "after_rows", "shift"),
    [(10_000, 12_000, 0.0), (100_000, 30_000, 0.3)],
    ids=["10k same", "100k shifted"],
)
def test_generated_columns_score_as_in_evidently(
    before_rows: int, after_rows: int, shift: float, tmp_path: Path
) -> None:
    """Four scores of twelve shapes of columns are equal to 1e-9."""
    before, after = generated(before_rows, 1, 0.0), generated(after_rows, 2, shift)
    assert_equal(before, after, tmp_path)


def test_real_columns_score_as_in_evidently(tmp_path: Path) -> None:
    """Ten columns of a health insurance study, ties and heavy tails included."""
    before, after = insurance()
    assert_equal(before, after, tmp_path)


EVIDENTLY = ["--engine", "Evidently"]
HOSTILE = "</script><script>alert(1)</script>"


def with_evidently() -> str:
    """Return the Python of Evidently's environment."""
    return str(ensure_environment("evidently") / "bin" / "python")


def write_sides(folder: Path, shift: float) -> list[str]:
    """Options for a reference and a window whose names and values are markup."""
    options = []
    for side, seed, by in (("reference", 1, 0.0), ("current", 2, shift)):
        rng = np.random.default_rng(seed)
        colors = rng.choice(["red", "<img src=x onerror=alert(2)>"], 800)
        table = {HOSTILE: rng.normal(by, 1, 800), "size": rng.normal(by, 1, 800)}
        pq.write_table(pa.table({**table, "color": colors}), folder / side)
        options += [f"--{side}", str(folder / side)]
    return options


def by_hand(options: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m driftcheck`, and at its end which of the slow imports it made."""
    code = (
        "import os, sys; from driftcheck.__main__ import main;"
        "code = main(sys.argv[1:], os.environ);"
        "print({'pandas', 'evidently'} & set(sys.modules)); sys.exit(code)"
    )
    paths = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"]}
    return subprocess.run(
        [sys.executable, "-c", code, *options],
        env={**paths, **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_a_drift_has_a_page_of_evidently_without_foreign_markup(
    mlflow_server: MLflowServer, tmp_path: Path
) -> None:
    """Names that are markup are shown as text; MLflow keeps the page at its address."""
    page = tmp_path / "page.html"
    answer = tmp_path / "answer.json"
    places = ["--mlflow", "--html", str(page), "--json", str(answer)]
    ran = by_hand(
        [*write_sides(tmp_path, 1.0), *places],
        DRIFTCHECK_EVIDENTLY_PYTHON=with_evidently(),
        MLFLOW_TRACKING_URI=mlflow_server.url,
    )
    assert (ran.returncode, ran.stderr) == (10, "")
    address = decode(answer.read_bytes()).report or ""
    run, path = address.removeprefix("runs:/").split("/", 1)
    client = MlflowClient(mlflow_server.url)
    kept = client.download_artifacts(run, path, str(tmp_path))
    assert Path(kept).read_bytes() == page.read_bytes()
    assert ran.stdout.endswith("set()\n")
    html = page.read_text()
    assert "alert(1)\\u2039" in html  # as JSON spells ‹
    assert HOSTILE not in html
    assert "<img src=x" not in html
    assert "default-src 'none'" in html


def test_without_drift_there_is_no_page(tmp_path: Path) -> None:
    """A check that finds nothing starts no Evidently."""
    page = tmp_path / "page.html"
    ran = by_hand(
        [*write_sides(tmp_path, 0.0), "--html", str(page)],
        DRIFTCHECK_EVIDENTLY_PYTHON="/nowhere/python",
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.endswith("set()\n")
    assert not page.exists()


def test_a_page_that_cannot_be_made_changes_no_verdict(tmp_path: Path) -> None:
    """Without Evidently there is a warning that says what to do, and the verdict."""
    page = tmp_path / "page.html"
    ran = by_hand(
        [*write_sides(tmp_path, 1.0), "--html", str(page)],
        DRIFTCHECK_EVIDENTLY_PYTHON="/nowhere/python",
    )
    assert ran.returncode == 10
    assert "warning: no report: NoEvidently: /nowhere/python" in ran.stderr
    assert not page.exists()


def test_the_engine_evidently_decides_by_its_scores(tmp_path: Path) -> None:
    """The answer holds what Evidently itself says of the same data, all three times."""
    options = write_sides(tmp_path, 0.6)
    names = {HOSTILE: "hostile", "size": "size", "color": "color"}
    before, after = (
        {names[n]: pq.read_table(tmp_path / side)[n] for n in names}
        for side in ("reference", "current")
    )
    expected = of_evidently(before, after, tmp_path)
    answer = tmp_path / "answer.json"
    ran = by_hand(
        [*EVIDENTLY, *options, "--json", str(answer)],
        DRIFTCHECK_EVIDENTLY_PYTHON=with_evidently(),
    )
    assert (ran.returncode, ran.stderr) == (10, "")
    (window,) = decode(answer.read_bytes()).windows
    assert (window.drifted, window.checked) == (2, 3)
    found = {names[name]: score for name, score in window.top_columns}
    assert found == {
        name: pytest.approx(scores[method], abs=5.1e-4)
        for name, scores in expected.items()
        for method in ("jensenshannon" if name == "color" else "wasserstein",)
    }


def test_a_column_that_evidently_cannot_score_loses_no_other(tmp_path: Path) -> None:
    """It is named as unchecked; the rest is judged, and nothing drifted in it."""
    options = []
    for side, seed in (("reference", 1), ("current", 2)):
        rng = np.random.default_rng(seed)
        table = {"size": rng.normal(0, 1, 2000), "huge": rng.normal(0, 1e307, 2000)}
        pq.write_table(pa.table(table), tmp_path / side)
        options += [f"--{side}", str(tmp_path / side)]
    ran = by_hand([*EVIDENTLY, *options], DRIFTCHECK_EVIDENTLY_PYTHON=with_evidently())
    assert ran.returncode == 0
    assert "Unchecked: huge" in ran.stdout
    assert "none of 1 columns drifted" in ran.stdout


@pytest.mark.parametrize(
    ("option", "code", "said"),
    [
        (["--minimum-rows", "10000"], 12, "NotEnoughRows"),
        ([], 1, "NoEvidently: /nowhere/python"),
        (["--engine", "Other"], 2, "invalid choice"),
    ],
    ids=["few rows", "no Evidently", "unknown engine"],
)
def test_the_engine_evidently_keeps_the_order_of_verdicts(
    option: list[str], code: int, said: str, tmp_path: Path
) -> None:
    """Too few rows are Inconclusive before Evidently is even looked for."""
    options = [*EVIDENTLY, *write_sides(tmp_path, 1.0), *option]
    ran = by_hand(options, DRIFTCHECK_EVIDENTLY_PYTHON="/nowhere/python")
    assert ran.returncode == code
    assert said in ran.stdout + ran.stderr
