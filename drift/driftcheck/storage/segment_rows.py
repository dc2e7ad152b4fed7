"""The rows of an open parquet table, by the values of one of its columns."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from driftcheck.arrow.arrays import is_text, plain_type
from driftcheck.contract.reasons import Reason
from driftcheck.errors import CheckFailure
from driftcheck.stats.columns import Dataset
from driftcheck.storage.parquet import Chosen, ParquetTable


class SegmentedTable:
    """A table with the segment of each row that is read.

    CheckFailure is raised if the column is missing, or is neither text, integer nor
    boolean: only these have one spelling in all kinds of logs. `rows_of` holds the rows
    that are read by value.
    """

    def __init__(self, table: ParquetTable, column: str) -> None:
        reason = table.opened.reason
        if column not in table.names:
            raise CheckFailure(reason, f"it has no column {column} to segment")
        self._table = table
        self._codes, values = _codes(table.column(column), reason)
        sizes = np.bincount(self._codes[self._codes >= 0], minlength=len(values))
        self.rows_of = dict(zip(values, sizes.tolist(), strict=True))
        self._places = {value: place for place, value in enumerate(values)}

    def only(self, value: str) -> ParquetTable:
        """Return the table with the rows of one segment; none for an unknown value."""
        mine = self._codes == self._places.get(value, len(self._places))
        chosen: Chosen = []
        first = 0
        for parquet, kept in zip(self._table.parquets, self._table.chosen, strict=True):
            size = parquet.metadata.num_rows if kept is None else len(kept)
            places = np.flatnonzero(mine[first : first + size])
            chosen.append(places if kept is None else kept[places])
            first += size
        return replace(self._table, chosen=chosen)

    def counted(self, segment: Dataset) -> Dataset:
        """Return a segment with its number of rows, estimated from a sample."""
        read = segment.sampled if segment.sampled is not None else segment.rows
        sampling_factor = self._table.rows / max(1, self._table.num_rows)
        sampled = read if sampling_factor > 1 else None
        return replace(segment, rows=round(read * sampling_factor), sampled=sampled)


def _codes(
    column: pa.ChunkedArray, reason: Reason
) -> tuple[NDArray[np.int64], list[str]]:
    """Return each row's position among the values, -1 for null, and the values."""
    kind = plain_type(column.type)
    named = is_text(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)
    if not named:
        message = f"a column of {column.type} makes no segments: texts, integers do"
        raise CheckFailure(reason, message)
    texts = pc.cast(column, pa.string()).combine_chunks()
    encoded = texts.dictionary_encode()
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    try:
        return codes.astype(np.int64), encoded.dictionary.to_pylist()
    except UnicodeDecodeError:
        raise CheckFailure(reason, "the segments' column is no UTF-8") from None
