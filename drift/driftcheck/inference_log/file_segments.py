"""The segments of a file in a window's place, read once more for each of them."""

from collections.abc import Mapping

from driftcheck.contract import LogSource
from driftcheck.dataset import SegmentReader
from driftcheck.inference_log.window_file import window_rows
from driftcheck.stats.columns import ColumnKind, Dataset
from driftcheck.storage.parquet import open_table, read_files
from driftcheck.storage.segment_rows import SegmentedTable


def reader_of(
    uri: str,
    log: LogSource,
    column: str,
    max_rows: int,
    environment: Mapping[str, str],
) -> SegmentReader:
    """Return a reader of the segments of a file, of `max_rows` rows of it at most."""
    opened = read_files(uri, "CurrentUnreadable", environment)
    wanted = {*log.features.names, log.features.column, log.prediction_column, column}
    table = SegmentedTable(open_table(opened, wanted, max_rows), column)

    def read(value: str, kinds: Mapping[str, ColumnKind]) -> Dataset:
        return table.counted(window_rows(table.only(value), log.features, kinds))

    return read
