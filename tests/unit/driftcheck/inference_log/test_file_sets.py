"""Which files of a log are opened for a window, and that no row is lost by it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import fs

from driftcheck.contract import Features, LogSource
from driftcheck.inference_log.file_set import FileSet
from driftcheck.inference_log.files import FilesLog
from driftcheck.stats.columns import ColumnKind, Numbers
from driftcheck.storage.delta import live_files
from driftcheck.storage.partitions import MARGIN, folder_span, statistics_span
from driftcheck.windows import Window
from tests.unit.driftcheck.samples import reference_of_kinds
from tests.unit.driftcheck.storage.counting_files import CountingFiles

YEAR = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SOURCE = LogSource(
    "", "", "at", Features("Columns", ("price",)), type="Files", label_column="label"
)
Name = Callable[[datetime], str]


def by_date(day: datetime) -> str:
    """As Spark and most others write folders."""
    return f"date={day:%Y-%m-%d}"


def by_parts(day: datetime) -> str:
    """As Kinesis and others do."""
    return f"year={day:%Y}/month={day:%m}/day={day:%d}"


def day_of_rows(day: datetime, number: int, late: timedelta = timedelta()) -> pa.Table:
    """One row in each hour; the price is the hour's number in the year."""
    times = [day + late + hour * HOUR for hour in range(24)]
    return pa.table(
        {
            "at": pa.array(times, pa.timestamp("us", "UTC")),
            "price": [float(24 * number + hour) for hour in range(24)],
            "label": [1] * 24,
        }
    )


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


def read(files: FileSet, window: Window) -> tuple[int, list[float]]:
    """The rows of a window and their prices."""
    found = FilesLog(SOURCE, files).window(
        window, reference_of_kinds({"price": ColumnKind.NUMBER})
    )
    column = found.columns["price"]
    assert isinstance(column, Numbers)
    return found.rows, column.values.tolist()


def counted(root: Path) -> tuple[FileSet, CountingFiles]:
    """The files of a log, and who counts which of them are opened."""
    counting = CountingFiles()
    return FileSet.at(fs.PyFileSystem(counting), str(root), "at"), counting


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


def test_labelled_rows_open_the_files_since_then(year: Path) -> None:
    """An evaluation reads what is later than its cut-off."""
    files, counting = counted(year)
    found = FilesLog(SOURCE, files).labelled(YEAR + 360 * DAY, 1000)
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


def delta_table(root: Path, days: int) -> list[object]:
    """Files without a date in their names; their entries in the table's log."""
    added: list[object] = []
    for number in range(days):
        start = YEAR + number * DAY
        name = f"part-{number:03}.parquet"
        pq.write_table(day_of_rows(start, number), root / name)
        ends = start.isoformat(), (start + 23 * HOUR).isoformat()
        told = {"minValues": {"at": ends[0]}, "maxValues": {"at": ends[1]}}
        added.append({"add": {"path": name, "stats": json.dumps(told)}})
    return added


def written(root: Path, version: int, actions: list[object]) -> None:
    """One version of the table's log."""
    (root / "_delta_log").mkdir(exist_ok=True)
    text = "\n".join(json.dumps(action) for action in actions)
    (root / "_delta_log" / f"{version:020}.json").write_text(text)


def checkpoint(root: Path, actions: list[object], **options: int) -> Path:
    """The table's log up to version 0 as one parquet file."""
    (root / "_delta_log").mkdir(exist_ok=True)
    names = ("add", "remove", "protocol")
    kinds = (
        pa.struct([("path", pa.string()), ("stats", pa.string())]),
        pa.struct([("path", pa.string())]),
        pa.struct([("minReaderVersion", pa.int32())]),
    )
    columns = {
        name: pa.array([action.get(name) for action in actions], kind)  # type: ignore[attr-defined]
        for name, kind in zip(names, kinds, strict=True)
    }
    path = root / "_delta_log" / f"{0:020}.checkpoint.parquet"
    pq.write_table(pa.table(columns), path, **options)
    return path


@pytest.mark.parametrize("kept", ["commit", "checkpoint"])
def test_the_statistics_of_a_delta_table_choose_files(
    tmp_path: Path, kept: str
) -> None:
    """Exactly the window's file, and the first one, which gives the columns."""
    actions = delta_table(tmp_path, 60)
    if kept == "commit":
        written(tmp_path, 0, actions)
    else:
        checkpoint(tmp_path, actions, row_group_size=7)
    files, counting = counted(tmp_path)
    window = Window(YEAR + 30 * DAY, YEAR + 31 * DAY, counting=True)
    assert read(files, window) == (24, [720.0 + hour for hour in range(24)])
    opened = {Path(path).name for path in counting.opened if "_delta_log" not in path}
    assert opened == {"part-000.parquet", "part-030.parquet"}


def test_a_delta_table_is_chosen_to_the_millisecond(tmp_path: Path) -> None:
    """A row later than its statistics say, which are cut, is not lost."""
    actions = delta_table(tmp_path, 2)
    moment = YEAR + DAY + 5 * HOUR + timedelta(microseconds=900)
    rows = pa.table(
        {"at": pa.array([moment], pa.timestamp("us", "UTC")), "price": [7.0]}
    )
    pq.write_table(rows, tmp_path / "late.parquet")
    cut = (YEAR + DAY + 5 * HOUR).isoformat(timespec="milliseconds")
    told = json.dumps({"minValues": {"at": cut}, "maxValues": {"at": cut}})
    written(tmp_path, 0, [*actions, {"add": {"path": "late.parquet", "stats": told}}])
    files, _ = counted(tmp_path)
    window = Window(moment, moment + timedelta(microseconds=1), counting=True)
    assert read(files, window) == (1, [7.0])


def test_a_checkpoint_that_claims_too_much_is_refused(tmp_path: Path) -> None:
    """All its row groups count, and only the columns that are read."""
    actions = delta_table(tmp_path, 60)
    written = checkpoint(tmp_path, actions, row_group_size=20)
    groups = [pq.read_metadata(written).row_group(i).total_byte_size for i in range(3)]
    local, path = fs.LocalFileSystem(), str(tmp_path)
    assert len(live_files(local, path, "at", sum(groups))) == 60
    with pytest.raises(ValueError, match="a checkpoint of"):
        live_files(local, path, "at", max(groups))
