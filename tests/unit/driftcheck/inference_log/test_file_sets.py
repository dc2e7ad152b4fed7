"""Which files of a log are opened for a window, and that no row is lost by it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftcheck.inference_log.file_set import FileSet
from driftcheck.inference_log.files import FilesLog
from driftcheck.storage.partitions import MARGIN, folder_span, statistics_span
from driftcheck.windows import Window
from tests.unit.driftcheck.inference_log.file_set_samples import (
    DAY,
    HOUR,
    SOURCE,
    YEAR,
    counted,
    day_of_rows,
    read,
)

Name = Callable[[datetime], str]


def by_date(day: datetime) -> str:
    """As Spark and most others write folders."""
    return f"date={day:%Y-%m-%d}"


def by_parts(day: datetime) -> str:
    """As Kinesis and others do."""
    return f"year={day:%Y}/month={day:%m}/day={day:%d}"


def year_of_folders(
    root: Path,
    name: Name = by_date,
    days: int = 365,
    late: timedelta = timedelta(),
    options: dict[str, bool] | None = None,
) -> None:
    """A folder for each day."""
    for number in range(days):
        day = YEAR + number * DAY
        folder = root / name(day)
        folder.mkdir(parents=True, exist_ok=True)
        rows = day_of_rows(day, number, late)
        file = folder / f"{number}.parquet"
        pq.write_table(rows, file, **(options or {}))


def whole(files: FileSet) -> FileSet:
    """The same files, of which nothing is known."""
    return replace(files, spans={})


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A year's log."""
    root = tmp_path_factory.mktemp("year")
    year_of_folders(root)
    return root


@pytest.mark.parametrize("name", [by_date, by_parts])
def test_a_day_of_a_year_opens_five_files(tmp_path: Path, name: Name) -> None:
    """The day's, its neighbours', and the first and the last folder's."""
    year_of_folders(tmp_path, name)
    files, counting = counted(tmp_path)
    start = YEAR + 200 * DAY
    found = read(files, Window(start, start + DAY, counting=True))
    assert found == (24, [4800.0 + hour for hour in range(24)])
    opened = {Path(path).stem for path in counting.opened}
    assert opened == {"199", "200", "201", "0", "364"}


@pytest.mark.parametrize("start", [-3 * DAY, 0 * DAY, 50.5 * DAY, 364 * DAY, 366 * DAY])
@pytest.mark.parametrize("length", [HOUR, DAY, 30 * DAY])
def test_the_rows_are_those_of_all_files(
    year: Path, start: timedelta, length: timedelta
) -> None:
    """At the ends of the log and outside of it, too."""
    window = Window(YEAR + start, YEAR + start + length, counting=True)
    files, _ = counted(year)
    assert read(files, window) == read(whole(files), window)


def test_a_second_window_opens_no_footer_twice(year: Path) -> None:
    """As one check judges several windows and segments."""
    files, counting = counted(year)
    window = Window(YEAR + 9 * DAY, YEAR + 10 * DAY, counting=True)
    read(files, window)
    before = len(counting.opened)
    read(files, window)
    assert len(counting.opened) - before < before


def test_labeled_rows_open_the_files_since_then(year: Path) -> None:
    """An evaluation reads what is later than its cut-off."""
    files, counting = counted(year)
    found = FilesLog(SOURCE, files).labeled(YEAR + 360 * DAY, 1000)
    assert len(found) == 5 * 24 - 1
    assert len({*counting.opened}) == 7


@pytest.mark.parametrize("hours", [-12, 5.5, 14])
def test_folders_of_any_zone_lose_no_row(tmp_path: Path, hours: float) -> None:
    """A folder's date is that of the writer's clock, a window's moments are in UTC."""
    zone = timezone(timedelta(hours=hours))
    rows = pa.concat_tables(
        day_of_rows(YEAR + number * DAY, number) for number in range(30)
    )
    folders = pa.array([by_date(at.astimezone(zone)) for at in rows["at"].to_pylist()])
    for name in folders.unique().to_pylist():
        (tmp_path / name).mkdir()
        pq.write_table(rows.filter(pc.equal(folders, name)), tmp_path / name / "a")
    for hour in (0, 11, 23):
        start = YEAR + 15 * DAY + hour * HOUR
        window = Window(start, start + HOUR, counting=True)
        files, counting = counted(tmp_path)
        assert read(files, window) == (1, [360.0 + hour])
        assert len({*counting.opened}) <= 5


def test_late_rows_in_a_folder_are_found(tmp_path: Path) -> None:
    """Half a day after midnight rows still come into the folder of the day before."""
    year_of_folders(tmp_path, days=30, late=12 * HOUR)
    files, counting = counted(tmp_path)
    start = YEAR + 15 * DAY
    window = Window(start, start + HOUR, counting=True)
    assert read(files, window) == (1, [14 * 24 + 12.0])
    assert len({*counting.opened}) == 5


def model_date(day: datetime) -> str:
    """A date that is not the rows' own: of the month's training."""
    return f"trained={day:%Y}-01-0{1 + day.month}"


def test_a_date_that_the_rows_do_not_bear_out_is_not_believed(tmp_path: Path) -> None:
    """It is of something else, so every file may hold the window's rows."""
    year_of_folders(tmp_path, model_date, days=100)
    files, counting = counted(tmp_path)
    window = Window(YEAR + 50 * DAY, YEAR + 51 * DAY, counting=True)
    assert read(files, window) == (24, [1200.0 + hour for hour in range(24)])
    assert len({*counting.opened}) == 100


@pytest.mark.parametrize(
    "options", [{"use_deprecated_int96_timestamps": True}, {"write_statistics": False}]
)
@pytest.mark.parametrize(("name", "opened"), [(by_date, 5), (model_date, 100)])
def test_times_without_statistics_are_looked_at(
    tmp_path: Path, options: dict[str, bool], name: Name, opened: int
) -> None:
    """As Spark writes them: what the folders say is held against the rows."""
    year_of_folders(tmp_path, name, days=100, options=options)
    files, counting = counted(tmp_path)
    window = Window(YEAR + 50 * DAY, YEAR + 51 * DAY, counting=True)
    assert read(files, window) == (24, [1200.0 + hour for hour in range(24)])
    assert len({*counting.opened}) == opened


@pytest.mark.parametrize(
    ("path", "first", "last"),
    [
        ("date=2026-02-28/a", date(2026, 2, 28), date(2026, 2, 28)),
        ("v=1/dt=20260228/hour=05/a", date(2026, 2, 28), date(2026, 2, 28)),
        ("Year=2026/Month=2/Day=28/a", date(2026, 2, 28), date(2026, 2, 28)),
        ("year=2026/month=12/a", date(2026, 12, 1), date(2026, 12, 31)),
        ("year=2026/a", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_folder_names_its_day_month_or_year(
    path: str, first: date, last: date
) -> None:
    """With a day more on both sides, as the zone is not known."""
    found = folder_span(path)
    assert found is not None
    assert (found.start + MARGIN).date() == first
    assert (found.end - MARGIN - timedelta(microseconds=1)).date() == last


@pytest.mark.parametrize(
    "path",
    [
        "a.parquet",
        "2026-02-28/a",
        "date=2026-02-30/a",
        "date=__HIVE_DEFAULT_PARTITION__/a",
        "date=2026-02-28/trained=2026-01-01/a",
        "date=2026-02-28/year=2026/a",
        "date=0001-01-01/a",
        "date=9999-12-31/a",
        "year=0/a",
        "year=2026/month=x/a",
        "month=2/a",
        "a/date=2026-02-28",
    ],
)
def test_other_folders_name_no_day(path: str) -> None:
    """Then the file may hold any row."""
    assert folder_span(path) is None


@pytest.mark.parametrize(
    "last", ["9999-12-31T23:59:59.999Z", "2026-01-01T00:00:00", "soon", 1, None]
)
def test_statistics_without_a_moment_tell_nothing(last: object) -> None:
    """Then the file may hold any row."""
    first = "2026-01-01T00:00:00Z"
    told = {"minValues": {"at": first}, "maxValues": {"at": last}}
    assert statistics_span(json.dumps(told), "at") is None


@given(st.text())
def test_any_statistics_are_read_or_left(text: str) -> None:
    """Another program wrote them."""
    assert statistics_span(text, "at") is None
    told = json.dumps({"minValues": {"at": text}, "maxValues": {"at": text}})
    found = statistics_span(told, "at")
    assert found is None or found.start.tzinfo is not None


# Delta
