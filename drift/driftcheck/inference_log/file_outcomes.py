"""Labels and predictions of a file that stands for a window.

Apart from the other readers, for Arrow's compute functions, which only this needs.
"""

import sys

import pyarrow as pa
import pyarrow.compute as pc

from driftcheck.contract import LogSource
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import MAXIMUM_LABELLED_ROWS, LabelledPredictions
from driftcheck.inference_log.base import label_columns, require_columns
from driftcheck.storage.parquet import open_table, read_files


def file_outcomes(uri: str, source: LogSource) -> LabelledPredictions:
    """Labels and predictions of a file in a window's place.

    In the order of the timestamp column, or of the file where it has none.
    """
    time, names = source.timestamp_column, label_columns(source)
    opened = read_files(uri, Reason.CURRENT_UNREADABLE)
    table = open_table(opened, {time, *names}, sys.maxsize)
    require_columns(table.schema, names)
    read = pa.table({"l": table.column(names[0]), "p": table.column(names[1])})
    if time in table.schema.names:
        order = pc.sort_indices(table.column(time), null_placement="at_start")
        read = read.take(order)
    both = pc.and_(pc.is_valid(read["l"]), pc.is_valid(read["p"]))
    labelled = read.filter(both)
    return LabelledPredictions(
        len(read), len(labelled), labelled[-MAXIMUM_LABELLED_ROWS:]
    )
