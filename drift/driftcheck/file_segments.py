"""Segments of two files: both are read once more for each segment, column by column."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from driftcheck.columns import Dataset
from driftcheck.contract import CheckRequest, Verdict
from driftcheck.failure import CheckFailure
from driftcheck.load import LoadedReference, reference_rows, window_rows
from driftcheck.parquet import Opened, ParquetTable, open_table, read_files
from driftcheck.segments import (
    SegmentRule,
    request_of_segment,
    segments_of,
    with_segments,
)
from driftcheck.verdict import Judgement, judge
from driftcheck.windows import Window


@dataclass(frozen=True, eq=False)
class Files:
    """The loaded reference, and the window's file with the most rows to read of it."""

    reference: LoadedReference
    current: str
    maximum_rows: int


def judge_segments(
    request: CheckRequest,
    window: Window,
    whole: Judgement,
    files: Files,
    rule: SegmentRule,
) -> Judgement:
    """The judgement on a file with that on its segments; `request` as it was asked.

    CheckFailure where a side has no such column, or the reference was written to
    meanwhile. Where the whole is neither Drift nor NoDrift, no segment is looked at:
    none could change that.
    """
    if whole.verdict.verdict not in (Verdict.DRIFT, Verdict.NO_DRIFT):
        return whole
    features, uri = request.log.features, request.reference.uri
    prediction = request.log.prediction_column
    opened = read_files(uri, "ReferenceUnreadable")
    if opened.sha256 != files.reference.sha256:
        raise CheckFailure("ReferenceUnreadable", "it was written to while it was read")
    wanted = {*features.names, features.column, prediction, rule.column}
    before = _Side(opened, open_table(opened, wanted), rule.column)
    opened = read_files(files.current, "CurrentUnreadable")
    after = _Side(opened, open_table(opened, wanted, files.maximum_rows), rule.column)
    segments = segments_of(rule, before.counts, after.counts)
    asked = request_of_segment(request, rule, len(segments.judged))
    kinds = files.reference.kinds
    judged = []
    for value in segments.judged:
        rows = before.rows(value)
        known = before.dataset(reference_rows(rows, features, prediction))
        current = after.dataset(window_rows(after.rows(value), features, kinds))
        judged.append((value, judge(asked, window, known, current)))
    return with_segments(whole, rule, segments, judged)


class _Side:
    """One file with the segment of each row that is read of it."""

    def __init__(self, opened: Opened, table: ParquetTable, column: str) -> None:
        if column not in table.names:
            raise CheckFailure(opened.reason, f"it has no column {column} to segment")
        self._table, self._column = table, column
        self._codes, values = _codes(table.column(column), opened.reason)
        sizes = np.bincount(self._codes[self._codes >= 0], minlength=len(values))
        self.counts = dict(zip(values, sizes.tolist(), strict=True))
        self._places = {value: place for place, value in enumerate(values)}

    def rows(self, value: str) -> ParquetTable:
        """The table with the rows of one segment only."""
        mine = self._codes == self._places[value]
        chosen: list[NDArray[np.int64] | None] = []
        first = 0
        for parquet, kept in zip(self._table.parquets, self._table.chosen, strict=True):
            size = parquet.metadata.num_rows if kept is None else len(kept)
            places = np.flatnonzero(mine[first : first + size])
            chosen.append(places if kept is None else kept[places])
            first += size
        return replace(self._table, chosen=chosen)

    def dataset(self, found: Dataset) -> Dataset:
        """A segment's rows without its own column, with how many there really were."""
        columns = {n: c for n, c in found.columns.items() if n != self._column}
        findings = tuple(f for f in found.findings if f.column != self._column)
        read = found.sampled if found.sampled is not None else found.rows
        thinned = self._table.rows / max(1, self._table.num_rows)
        sampled = read if thinned > 1 else None
        return Dataset(round(read * thinned), columns, findings, sampled)


def _codes(column: pa.ChunkedArray, reason: str) -> tuple[NDArray[np.int64], list[str]]:
    """Each row's place among the values, as text; -1 where there is none."""
    try:
        texts = pc.cast(column, pa.string()).combine_chunks()
    except pa.ArrowException:
        message = f"a column of {column.type} makes no segments"
        raise CheckFailure(reason, message) from None
    encoded = texts.dictionary_encode()
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return codes.astype(np.int64), encoded.dictionary.to_pylist()
