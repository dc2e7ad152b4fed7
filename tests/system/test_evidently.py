"""Our scores against Evidently's own, column by column."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv
from scipy.stats import kstwo

from dev.environments import ensure_environment
from driftcheck.columns import Column, ColumnKind, Numbers
from driftcheck.plain import plain_scores
from driftcheck.schema import column_from

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
    """The RAND health insurance experiment's 20,190 rows, halved as they stand.

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
    """The oracle's answer for two tables."""
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
    """A column as the worker reads it."""
    array = pa.chunked_array([pa.array(values)])
    number = pa.types.is_floating(array.type)
    return column_from(array, ColumnKind.NUMBER if number else ColumnKind.CATEGORY)


def ks_pvalue(distance: float, n: int, m: int) -> float:
    """The p-value of SciPy's `ks_2samp` above 10,000 rows on either side."""
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
