"""A year of files, and what is read of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from driftcheck.contract import Features, LogSource
from driftcheck.inference_log.file_set import FileSet
from driftcheck.inference_log.files import FilesLog
from driftcheck.stats.columns import ColumnKind, Numbers
from driftcheck.windows import Window
from tests.unit.driftcheck.samples import reference_of_kinds
from tests.unit.driftcheck.storage.counting_files import CountingFiles

YEAR = datetime(2026, 1, 1, tzinfo=UTC)


DAY = timedelta(days=1)


HOUR = timedelta(hours=1)


SOURCE = LogSource(
    "", "", "at", Features("Columns", ("price",)), type="Files", label_column="label"
)


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
