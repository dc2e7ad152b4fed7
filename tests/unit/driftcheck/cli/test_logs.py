"""A command-line check of a log in files, and of folders that are Delta tables."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck.__main__ import main
from tests.unit.driftcheck.samples import normal

NOW = datetime.now(UTC)


def rows(seed: int, mean: float = 0.0, age: timedelta = timedelta(hours=1)) -> pa.Table:
    """500 rows, a second apart."""
    times = [NOW - age - timedelta(seconds=place) for place in range(500)]
    return pa.table(
        {
            "predicted_at": pa.array(times, pa.timestamp("us", "UTC")),
            "price": normal(seed, 500, mean),
        }
    )


def in_folders(root: Path, table: pa.Table) -> list[str]:
    """A log in hive folders, with an older day that drifted."""
    for age, one in ((1, rows(9, 3.0, timedelta(days=3))), (0, table)):
        folder = root / "log" / f"date={NOW - timedelta(days=3 * age):%Y-%m-%d}"
        folder.mkdir(parents=True)
        pq.write_table(one, folder / "a.parquet")
    return ["--log", str(root / "log")]


def in_delta(root: Path, table: pa.Table) -> list[str]:
    """A Delta table in which a file that drifted was replaced."""
    return ["--log", str(delta(root / "delta", table))]


def in_duckdb(root: Path, table: pa.Table) -> list[str]:
    """A DuckDB file."""
    file = str(root / "log.duckdb")
    with duckdb.connect(file) as connection:
        connection.register("given", table)
        connection.execute("CREATE TABLE inferences AS SELECT * FROM given")
    return ["--log", file, "--table", "inferences"]


def delta(root: Path, table: pa.Table) -> Path:
    """A table of two files, of which the second took the first one's place."""
    (root / "_delta_log").mkdir(parents=True)
    pq.write_table(rows(9, 3.0), root / "a-replaced.parquet")
    pq.write_table(table, root / "live.parquet")
    versions = (
        [{"add": {"path": "a-replaced.parquet"}}],
        [{"remove": {"path": "a-replaced.parquet"}}, {"add": {"path": "live.parquet"}}],
    )
    for version, actions in enumerate(versions):
        text = "\n".join(json.dumps(action) for action in actions)
        (root / "_delta_log" / f"{version:020}.json").write_text(text)
    return root


@pytest.fixture
def reference(tmp_path: Path) -> list[str]:
    """The option for a reference without drift."""
    path = tmp_path / "reference.parquet"
    pq.write_table(pa.table({"price": normal(1, 2000)}), path)
    return ["--reference", str(path)]


@pytest.mark.parametrize("make", [in_folders, in_delta, in_duckdb])
def test_a_log_in_files_is_judged_by_hand(
    reference: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    make: Callable[[Path, pa.Table], list[str]],
) -> None:
    """Its latest window: older days and replaced files are no part of it."""
    for mean, code in ((0.0, 0), (1.0, 10)):
        place = tmp_path / str(code)
        place.mkdir()
        asked = [*reference, *make(place, rows(2, mean)), "--window", "6h"]
        assert main(asked, {}) == code
        assert "500 rows" in capsys.readouterr().out


def test_a_delta_table_is_reference_and_window(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was replaced is not read, though it still lies there."""
    reference = delta(tmp_path / "one", rows(1))
    current = delta(tmp_path / "other", rows(2))
    columns = ["--columns", "price"]
    asked = ["--reference", str(reference), "--current", str(current), *columns]
    assert main(asked, {}) == 0, capsys.readouterr().err
    moved = delta(tmp_path / "moved", rows(2, 1.0))
    assert main([*asked[:3], str(moved), *columns], {}) == 10


@pytest.mark.parametrize("other", [["--current", "x"], ["--backend", "duckdb://"]])
def test_a_log_is_the_only_input(
    reference: list[str], other: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The check does not guess which of two inputs to judge."""
    assert main([*reference, "--log", "x", "--table", "t", *other], {}) == 2
    assert "--log cannot be used with" in capsys.readouterr().err
