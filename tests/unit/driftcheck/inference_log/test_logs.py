"""Inference logs in parquet files and in DuckDB, on real files."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck.contract import Features, Filter, LogSource
from driftcheck.errors import CheckFailure
from driftcheck.inference_log.open import open_log
from driftcheck.stats.columns import Dataset, Numbers
from driftcheck.storage.limits import MAXIMUM_ROWS
from tests.unit.driftcheck.inference_log.log_samples import (
    START,
    WINDOW,
    duckdb_log,
    files_log,
    one_file,
    read,
    rows,
)


def prices(found: Dataset) -> list[float]:
    """The prices that were read."""
    column = found.columns["price"]
    assert isinstance(column, Numbers)
    return list(column.values)


Make = Callable[..., LogSource]
BOTH = pytest.mark.parametrize("make", [one_file, duckdb_log])


@BOTH
def test_a_window_has_its_start_and_not_its_end(make: Make, tmp_path: Path) -> None:
    """Exactly the rows of the day are read, whatever holds them."""
    found = read(make(tmp_path, rows()))
    assert prices(found) == list(range(24, 48))
    assert (found.rows, found.sampled, found.findings) == (24, None, ())


@BOTH
@pytest.mark.parametrize("filters", [Filter("model", "y"), Filter("version", "2")])
def test_filters_choose_rows(make: Make, tmp_path: Path, filters: Filter) -> None:
    """One log can serve several models, told apart by a text or a whole number."""
    source = make(tmp_path, rows(), filters=(filters,))
    assert prices(read(source)) == list(range(25, 48, 2))


@BOTH
def test_a_filter_that_no_row_can_pass_is_an_error(make: Make, tmp_path: Path) -> None:
    """A text for a whole number is a mistake, and not a window of no rows."""
    source = make(tmp_path, rows())
    with pytest.raises(CheckFailure, match="FilterMismatch"):
        read(replace(source, filters=(Filter("version", "two"),)))
    with pytest.raises(CheckFailure, match="MissingColumn"):
        read(replace(source, filters=(Filter("nothing", "x"),)))


@BOTH
def test_a_large_window_is_sampled_and_counted_whole(
    make: Make, tmp_path: Path
) -> None:
    """Above the cap a sample is compared, the same one each time."""
    source = make(tmp_path, rows(START, 1, 150_000))
    one, other = read(source), read(source)
    assert one.rows == 150_000
    assert one.sampled == pytest.approx(MAXIMUM_ROWS, rel=0.02)
    assert prices(one) == prices(other)


@BOTH
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_naive_times_are_read_in_the_declared_zone(
    make: Make, tmp_path: Path, zone: str
) -> None:
    """The same rows are found whether the log writes a zone or leaves it out."""
    table = rows()
    shift = timedelta(hours=5, minutes=30) if zone != "UTC" else timedelta()
    naive = pa.array(
        [t.replace(tzinfo=None) + shift for t in table["at"].to_pylist()],
        pa.timestamp("us"),
    )
    source = make(tmp_path, table.set_column(0, "at", naive), time_zone=zone)
    assert prices(read(source)) == list(range(24, 48))


@BOTH
def test_labeled_rows_are_the_latest(make: Make, tmp_path: Path) -> None:
    """An evaluation gets rows with a label, later than the cut-off, at most so many."""
    with open_log(None, make(tmp_path, rows()), {}) as log:
        found = log.labeled(START, 5)
    assert found.column(2).to_pylist() == [71, 69, 67, 65, 63]
    assert found.column(1).to_pylist() == [1] * 5


@BOTH
def test_outcomes_are_the_labeled_rows_of_the_window(
    make: Make, tmp_path: Path
) -> None:
    """All rows are counted; labels and predictions come in order of time."""
    table = rows().append_column("said", rows()["price"])
    with open_log(None, make(tmp_path, table, prediction_column="said"), {}) as log:
        found, latest = (
            log.labeled_predictions(WINDOW, 100),
            log.labeled_predictions(WINDOW, 2),
        )
    assert found.rows == latest.rows == 24
    assert found.labeled == latest.labeled == 12
    assert found.table.column(0).to_pylist() == [1] * 12
    assert found.table.column(1).to_pylist() == list(range(25, 48, 2))
    assert latest.table.column(1).to_pylist() == [45, 47]


@BOTH
def test_outcomes_without_a_prediction_are_a_missing_column(
    make: Make, tmp_path: Path
) -> None:
    """The column is named."""
    with (
        open_log(None, make(tmp_path, rows(), prediction_column="said"), {}) as log,
        pytest.raises(CheckFailure, match=r"MissingColumn.*said"),
    ):
        log.labeled_predictions(WINDOW, 100)


@BOTH
def test_a_column_that_is_gone_is_a_finding(make: Make, tmp_path: Path) -> None:
    """The other columns are still read."""
    found = read(make(tmp_path, rows().drop_columns(["kind"])))
    assert [str(one) for one in found.findings] == ["MissingColumn: kind"]
    assert prices(found) == list(range(24, 48))


@BOTH
def test_a_log_without_times_is_an_error(make: Make, tmp_path: Path) -> None:
    """Texts that look like times are not cut into windows."""
    text = pa.array([str(t) for t in rows()["at"].to_pylist()])
    with pytest.raises(CheckFailure, match="NotATimestamp"):
        read(make(tmp_path, rows().set_column(0, "at", text)))


def test_hive_folders_are_columns(tmp_path: Path) -> None:
    """Folders named key=value are columns; the markers of writers are ignored."""
    for version in ("1", "2"):
        folder = tmp_path / f"version={version}"
        folder.mkdir()
        pq.write_table(rows().drop_columns(["version"]), folder / "part.parquet")
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / ".hidden").write_text("no parquet")
    assert read(files_log(tmp_path)).rows == 48
    source = files_log(tmp_path, filters=(Filter("version", "2"),))
    assert read(source).rows == 24


def test_only_the_row_groups_of_the_window_are_read(tmp_path: Path) -> None:
    """What lies in other row groups may even be damaged."""
    path = tmp_path / "log.parquet"
    pq.write_table(rows(), path, row_group_size=24, compression="none")
    metadata = pq.read_metadata(path).row_group(0).column(1)
    with path.open("r+b") as file:
        file.seek(metadata.data_page_offset)
        file.write(b"\xff" * 16)
    with pytest.raises(OSError, match=r"Unexpected|Corrupt|page|Couldn't"):
        pq.read_table(path)
    assert prices(read(files_log(path))) == list(range(24, 48))


def test_files_with_and_without_a_zone_are_not_mixed(tmp_path: Path) -> None:
    """A naive time must not pass for one in UTC because the file before had zones."""
    pq.write_table(rows(), tmp_path / "a.parquet")
    naive = rows()["at"].cast(pa.timestamp("us"))
    pq.write_table(rows().set_column(0, "at", naive), tmp_path / "b.parquet")
    with pytest.raises(CheckFailure, match="LogUnreadable"):
        read(files_log(tmp_path))


def test_files_that_write_three_zones_are_an_error(tmp_path: Path) -> None:
    """Which moment a row has is not guessed where its writers disagree on the zone."""
    for zone in ("UTC", "Asia/Kolkata", "America/New_York"):
        table = rows()
        moved = table["at"].cast(pa.timestamp("us", zone))
        path = tmp_path / f"{zone.replace('/', '-')}.parquet"
        pq.write_table(table.set_column(0, "at", moved), path)
    with pytest.raises(CheckFailure, match="differing timezones"):
        read(files_log(tmp_path))


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
def test_a_zone_changes_no_moment(tmp_path: Path, zone: str) -> None:
    """Times with a zone are moments, in whichever zone they are written."""
    moved = rows()["at"].cast(pa.timestamp("us", zone))
    source = one_file(tmp_path, rows().set_column(0, "at", moved))
    assert prices(read(source)) == list(range(24, 48))


@pytest.mark.parametrize("kind", ["Files", "DuckDB"])
def test_a_log_that_is_not_there_is_missing(tmp_path: Path, kind: str) -> None:
    """The reason is that of a missing table; nothing is created in its place."""
    path = tmp_path / "nothing"
    source = replace(files_log(path), type=kind, schema="main", table="log")
    with pytest.raises(CheckFailure, match="MissingTable"):
        read(source)
    assert not path.exists()


def test_a_duckdb_file_cannot_read_other_files(tmp_path: Path) -> None:
    """A view in a file that came from elsewhere is no way to the worker's files."""
    secret = tmp_path / "secret.csv"
    secret.write_text("at,price,kind\n2026-01-02,1,a\n")
    source = replace(duckdb_log(tmp_path, rows()), table="spy")
    with duckdb.connect(source.uri or "") as connection:
        connection.execute(f"CREATE VIEW spy AS SELECT * FROM read_csv('{secret}')")
    with pytest.raises(CheckFailure, match="LogUnreadable") as caught:
        read(source)
    assert "disabled" in caught.value.message


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    """Neither a crash nor an empty database."""
    path = tmp_path / "log.duckdb"
    path.write_bytes(b"nothing of the kind" * 1000)
    source = replace(files_log(path), type="DuckDB", schema="main", table="log")
    with pytest.raises(CheckFailure, match="LogUnreadable"):
        read(source)


def test_values_of_json_are_columns(tmp_path: Path) -> None:
    """A log may hold its features as the text of an object, in files, too."""
    table = rows()
    texts = [
        json.dumps({"price": p, "kind": k})
        for p, k in zip(
            table["price"].to_pylist(), table["kind"].to_pylist(), strict=True
        )
    ]
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table({"at": table["at"], "features": texts}), path)
    features = Features("Json", ("price", "kind"), "features")
    found = read(files_log(path, features))
    assert prices(found) == list(range(24, 48))
    assert found.columns["kind"].present == 24


def test_the_reader_is_not_slowed_by_the_rest_of_the_log(tmp_path: Path) -> None:
    """Columns that nobody asked for are not read, whatever they weigh."""
    blob = np.random.default_rng(1).bytes(1000)
    table = rows().append_column("blob", pa.array([blob] * 72, pa.binary()))
    assert set(read(one_file(tmp_path, table)).columns) == {"price", "kind"}
