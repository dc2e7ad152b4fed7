"""An inference log that is one parquet file or folder: all its rows are the window."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from driftcheck.arrow.schema import window_shape
from driftcheck.contract import Features, Filter, LogSource
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import LabeledPredictions, LoadedReference
from driftcheck.inference_log.base import label_columns, require_columns
from driftcheck.stats.columns import (
    Column,
    Dataset,
    Finding,
    Numbers,
    ReferenceHistogram,
)
from driftcheck.stats.histogram import histogram_of
from driftcheck.storage.limits import MAXIMUM_ROWS
from driftcheck.storage.parquet import ParquetTable, open_table, read_files
from driftcheck.storage.rows import read_dataset
from driftcheck.windows import Window

if TYPE_CHECKING:
    from driftcheck.storage.segment_rows import SegmentedTable


@dataclass(frozen=True, eq=False)
class SingleFileLog:
    """The file at `uri`, of which at most `max_rows` random rows are compared.

    Windows are ignored: a file that a person names is judged as a whole. `segment`:
    only the rows with this value. `segmented`: tables by segment column, kept so that
    the column is read once for all its values.
    """

    uri: str
    source: LogSource
    environment: Mapping[str, str]
    max_rows: int = MAXIMUM_ROWS
    segment: Filter | None = None
    segmented: "dict[str, SegmentedTable]" = field(default_factory=dict)

    def window(
        self,
        window: Window,  # noqa: ARG002
        reference: LoadedReference,
    ) -> Dataset:
        """See `Log`; CheckFailure CurrentUnreadable where it is no parquet file."""
        features = self.source.features
        if self.segment is None:
            return load_window(
                self.uri, features, reference, self.environment, self.max_rows
            )
        table = self._segmented(self.segment.column)
        rows = table.only(self.segment.equals)
        return table.counted(_rows(rows, features, reference))

    def only(self, condition: Filter) -> Self:
        """See `Log`; CheckFailure CurrentUnreadable later if the column is missing."""
        return replace(self, segment=condition)

    def labeled_predictions(
        self,
        window: Window,  # noqa: ARG002
        max_rows: int,
    ) -> LabeledPredictions:
        """See `Log`; in the order of the timestamp column, or else of the file."""
        import pyarrow as pa
        import pyarrow.compute as pc

        time, names = self.source.timestamp_column, label_columns(self.source)
        opened = read_files(self.uri, Reason.CURRENT_UNREADABLE, self.environment)
        table = open_table(opened, {time, *names}, sys.maxsize)
        require_columns(table.schema, names)
        rows = pa.table({"l": table.column(names[0]), "p": table.column(names[1])})
        if time in table.schema.names:
            order = pc.sort_indices(table.column(time), null_placement="at_start")
            rows = rows.take(order)
        both = pc.and_(pc.is_valid(rows["l"]), pc.is_valid(rows["p"]))
        labeled = rows.filter(both)
        return LabeledPredictions(len(rows), len(labeled), labeled[-max_rows:])

    def _segmented(self, column: str) -> "SegmentedTable":
        from driftcheck.storage.segment_rows import SegmentedTable

        if column not in self.segmented:
            features, prediction = self.source.features, self.source.prediction_column
            wanted = {*features.names, features.column, prediction, column}
            opened = read_files(self.uri, Reason.CURRENT_UNREADABLE, self.environment)
            table = open_table(opened, wanted, self.max_rows)
            self.segmented[column] = SegmentedTable(table, column)
        return self.segmented[column]


@contextmanager
def open_file(
    uri: str,
    source: LogSource,
    environment: Mapping[str, str],
    max_rows: int = MAXIMUM_ROWS,
) -> Iterator[SingleFileLog]:
    """Return the log; the file itself is opened once it is read."""
    yield SingleFileLog(uri, source, environment, max_rows)


def load_window(
    uri: str,
    features: Features,
    reference: LoadedReference,
    environment: Mapping[str, str],
    max_rows: int = MAXIMUM_ROWS,
) -> Dataset:
    """Return a file's rows as the reference's kinds require.

    CheckFailure CurrentUnreadable where it cannot be read or is no parquet. Findings
    name columns that the reference's file does not have.
    """
    opened = read_files(uri, Reason.CURRENT_UNREADABLE, environment)
    wanted = {*features.names, features.column, *reference.kinds}
    table = open_table(opened, wanted, max_rows)
    dataset = _rows(table, features, reference)
    detail = "the reference has no such column"
    added = tuple(
        Finding(Reason.ADDED_COLUMN, name, detail, data_quality=False)
        for name in table.names
        if reference.names
        and name not in (*reference.names, features.column, *features.exclude)
    )
    return replace(dataset, findings=dataset.findings + added)


def _rows(
    table: ParquetTable, features: Features, reference: LoadedReference
) -> Dataset:
    """Return the rows of an open file; each column is reduced as soon as it is read."""

    def keep(name: str, column: Column) -> Column:
        before = reference.dataset.columns[name]
        if isinstance(before, ReferenceHistogram) and isinstance(column, Numbers):
            return histogram_of(before, column)
        return column

    shape = window_shape(table.schema, features, reference.kinds)
    return read_dataset(table, shape, features, keep)
