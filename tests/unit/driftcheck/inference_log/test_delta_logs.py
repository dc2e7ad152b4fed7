"""An inference log that is a Delta table."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck.errors import CheckFailure
from driftcheck.inference_log.files import FilesLog
from tests.unit.driftcheck.inference_log.log_samples import (
    KINDS,
    WINDOW,
    files_log,
    one_file,
    read,
    rows,
)
from tests.unit.driftcheck.samples import reference_of_kinds


def commit(table: Path, version: int, *actions: object) -> None:
    """Write one version of a Delta table's log."""
    (table / "_delta_log").mkdir(exist_ok=True)
    text = "\n".join(json.dumps(action) for action in actions)
    (table / "_delta_log" / f"{version:020}.json").write_text(text)


def test_a_delta_table_is_read_as_its_log_says(tmp_path: Path) -> None:
    """A file that was replaced still lies there, and does not count."""
    for name in ("old.parquet", "new file.parquet"):
        pq.write_table(rows(), tmp_path / name)
    commit(
        tmp_path,
        0,
        {"protocol": {"minReaderVersion": 1}},
        {"add": {"path": "old.parquet"}},
    )
    commit(
        tmp_path,
        1,
        {"remove": {"path": "old.parquet"}},
        {"add": {"path": "new%20file.parquet"}},
    )
    assert read(files_log(tmp_path)).rows == 24


def test_a_delta_checkpoint_stands_for_what_came_before(tmp_path: Path) -> None:
    """After a clean-up only the checkpoint knows the older files."""
    pq.write_table(rows(), tmp_path / "one.parquet")
    pq.write_table(rows(), tmp_path / "two.parquet")
    commit(tmp_path, 4, {"add": {"path": "two.parquet"}})
    checkpoint = pa.table(
        {
            "add": [{"path": "one.parquet"}, None],
            "remove": pa.array([None, None], pa.struct([("path", pa.string())])),
            "protocol": [None, {"minReaderVersion": 1}],
        }
    )
    log = tmp_path / "_delta_log"
    pq.write_table(checkpoint, log / f"{3:020}.checkpoint.parquet")
    assert read(files_log(tmp_path)).rows == 48


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ({"protocol": {"minReaderVersion": 3}}, "deletion vectors"),
        ({"add": {"path": "../secret.parquet"}}, "outside of its folder"),
        ({"add": {"path": "s3://else/where.parquet"}}, "outside of its folder"),
    ],
)
def test_what_a_delta_table_hides_is_refused(
    tmp_path: Path, action: object, said: str
) -> None:
    """Rows are never counted that the table itself says are deleted or elsewhere."""
    pq.write_table(rows(), tmp_path / "one.parquet")
    commit(tmp_path, 0, {"add": {"path": "one.parquet"}}, action)
    with pytest.raises(CheckFailure, match=said):
        read(files_log(tmp_path))


def test_a_row_group_that_claims_too_much_is_refused(tmp_path: Path) -> None:
    """The footer tells, before memory is spent; what nobody asked for may be large."""
    wide = rows().append_column("blob", pa.array([b"x" * 10_000] * 72))
    source = one_file(tmp_path, wide)
    files = FilesLog.open(source, {}).files
    assert (
        FilesLog(source, files, 5_000).window(WINDOW, reference_of_kinds(KINDS)).rows
        == 24
    )
    with pytest.raises(CheckFailure, match="over 500"):
        FilesLog(source, files, 500).window(WINDOW, reference_of_kinds(KINDS))
