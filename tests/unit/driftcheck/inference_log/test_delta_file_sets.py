"""Which files of a Delta table a window opens."""

import json
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from driftcheck.storage.delta import live_files
from driftcheck.windows import Window
from tests.unit.driftcheck.inference_log.file_set_samples import (
    DAY,
    HOUR,
    YEAR,
    counted,
    day_of_rows,
    read,
)


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
