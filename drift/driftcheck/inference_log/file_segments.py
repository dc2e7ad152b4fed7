"""The segments of a file in a window's place, read once more for each of them."""

from collections.abc import Mapping

from driftcheck.contract import LogSource
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import SegmentReader
from driftcheck.inference_log.window_file import window_rows
from driftcheck.stats.columns import ColumnKind, Dataset
from driftcheck.storage.parquet import open_table, read_files
from driftcheck.storage.segment_rows import SegmentedTable


def reader_of(uri: str, log: LogSource, column: str, most: int) -> SegmentReader:
    """Reads one segment of a file, of which at most so many rows are looked at."""
    opened = read_files(uri, Reason.CURRENT_UNREADABLE)
    wanted = {*log.features.names, log.features.column, log.prediction_column, column}
    table = SegmentedTable(open_table(opened, wanted, most), column)

    def read(value: str, kinds: Mapping[str, ColumnKind]) -> Dataset:
        return table.counted(window_rows(table.only(value), log.features, kinds))

    return read
