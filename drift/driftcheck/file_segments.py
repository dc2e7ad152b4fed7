"""The segments of a file in a window's place, read once more for each of them."""

from collections.abc import Mapping

from driftcheck.columns import ColumnKind, Dataset
from driftcheck.contract import LogSource
from driftcheck.load import window_rows
from driftcheck.parquet import open_table, read_files
from driftcheck.segment_rows import SegmentedTable
from driftcheck.segments import SegmentReader


def reader_of(uri: str, log: LogSource, column: str, most: int) -> SegmentReader:
    """Reads one segment of a file, of which at most so many rows are looked at."""
    opened = read_files(uri, "CurrentUnreadable")
    wanted = {*log.features.names, log.features.column, log.prediction_column, column}
    table = SegmentedTable(open_table(opened, wanted, most), column)

    def read(value: str, kinds: Mapping[str, ColumnKind]) -> Dataset:
        return table.counted(window_rows(table.only(value), log.features, kinds))

    return read
