"""An inference log in parquet files: one file, a folder, hive folders, a Delta table.

Only files that may hold rows of the window are opened (`file_set`), and only the row
groups and columns that are needed are read. Rows come in batches, of which at most a
sample is kept.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from driftcheck.arrow.conversion import dataset_from
from driftcheck.arrow.schema import window_shape
from driftcheck.contract import Filter, LogSource
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import LabeledPredictions, LoadedReference
from driftcheck.errors import CheckFailure, one_line
from driftcheck.inference_log.base import (
    filter_value,
    holders,
    label_columns,
    moment_in,
    require_columns,
    seed_of,
)
from driftcheck.inference_log.file_set import FileSet
from driftcheck.progress import reading
from driftcheck.redaction import shown_address, without_secrets
from driftcheck.stats.columns import Dataset, Order
from driftcheck.storage.files import filesystem_of
from driftcheck.storage.limits import MAXIMUM_ROWS
from driftcheck.storage.parquet import MAXIMUM_COLUMN_BYTES
from driftcheck.windows import Window

BATCH_ROWS = 65_536
"""Rows that are read at once; they bound memory and do not change the result."""

# How S3, Azure and Google's store say so.
_FORBIDDEN = re.compile(r"ACCESS_DENIED|\[Auth|PERMISSION_DENIED|UNAUTHENTICATED")
_ERRORS = (OSError, ValueError, KeyError, MemoryError, pa.ArrowException)


@dataclass(frozen=True, eq=False)
class FilesLog:
    """The files of an inference log; no row group may unpack to more bytes."""

    source: LogSource
    files: FileSet
    maximum_bytes: int = MAXIMUM_COLUMN_BYTES

    @classmethod
    def open(cls, source: LogSource, environment: Mapping[str, str]) -> Self:
        """Return the log at the source's address; its files are opened once needed."""
        uri = source.uri or ""
        try:
            system, path = filesystem_of(uri, environment)
            files = FileSet.at(system, path, source.timestamp_column)
        except _ERRORS as error:
            raise failure_of(error, uri) from None
        return cls(source, files)

    def only(self, condition: Filter) -> Self:
        """See `Log`."""
        return replace(self, source=self.source.only(condition))

    def window(self, window: Window, reference: LoadedReference) -> Dataset:
        """See `Log`."""
        return self._opened(window.start, window.end).window(window, reference)

    def labeled(self, after: datetime, max_rows: int) -> pa.Table:
        """See `Log`."""
        return self._opened(after, None).labeled(after, max_rows)

    def labeled_predictions(self, window: Window, max_rows: int) -> LabeledPredictions:
        """See `Log`."""
        return self._opened(window.start, window.end).labeled_predictions(
            window, max_rows
        )

    def _opened(self, start: datetime, end: datetime | None) -> "OpenFiles":
        try:
            dataset = self.files.between(start, end)
        except _ERRORS as error:
            raise failure_of(error, self.source.uri or "") from None
        return OpenFiles(self.source, dataset, self.maximum_bytes)


@dataclass(frozen=True, eq=False)
class OpenFiles:
    """The open files of an inference log that may hold rows of some stretch of time."""

    source: LogSource
    dataset: ds.Dataset
    maximum_bytes: int

    def window(self, window: Window, reference: LoadedReference) -> Dataset:
        """See `FilesLog`."""
        schema, time = self.dataset.schema, self.source.timestamp_column
        start = self._time(window.start)
        where = (pc.field(time) >= start) & (pc.field(time) < self._time(window.end))
        where &= self._filters()
        shape = window_shape(schema, self.source.features, reference.kinds)
        names = list(dict.fromkeys([*shape.names, time]))
        try:
            self._check_memory_limits(where, names)
            rows = self.dataset.count_rows(filter=where, use_threads=False)
            if not shape.names:
                return Dataset(rows, {}, shape.findings)
            share = MAXIMUM_ROWS / rows if rows > MAXIMUM_ROWS else None
            batches = list(self._batches(where, names, share, seed_of(window)))
            table = pa.Table.from_batches(batches, _only(schema, names))
            table = table.sort_by(time)
        except _ERRORS as error:
            raise failure_of(error, self.source.uri or "") from None
        features = self.source.features
        return dataset_from(table, shape, features, rows, Order.TIME)

    def labeled(self, after: datetime, max_rows: int) -> pa.Table:
        """See `FilesLog`."""
        time, label = self.source.timestamp_column, self.source.label_column or ""
        names = [time, label, *holders(self.source)]
        require_columns(self.dataset.schema, names)
        where = (pc.field(time) > self._time(after)) & pc.field(label).is_valid()
        where &= self._filters()
        try:
            self._check_memory_limits(where, names)
            return self._newest(where, names, max_rows)
        except _ERRORS as error:
            raise failure_of(error, self.source.uri or "") from None

    def labeled_predictions(self, window: Window, max_rows: int) -> LabeledPredictions:
        """See `FilesLog`."""
        time = self.source.timestamp_column
        names = [time, *label_columns(self.source)]
        require_columns(self.dataset.schema, names)
        where = pc.field(time) >= self._time(window.start)
        where &= (pc.field(time) < self._time(window.end)) & self._filters()
        both = pc.field(names[1]).is_valid() & pc.field(names[2]).is_valid()
        try:
            self._check_memory_limits(where, names)
            rows, labeled = (
                self.dataset.count_rows(filter=asked, use_threads=False)
                for asked in (where, where & both)
            )
            kept = self._newest(where & both, names, max_rows)
        except _ERRORS as error:
            raise failure_of(error, self.source.uri or "") from None
        return LabeledPredictions(
            rows, labeled, kept.sort_by(time).drop_columns([time])
        )

    def _newest(
        self, where: pc.Expression, names: list[str], max_rows: int
    ) -> pa.Table:
        """Return the latest rows, newest first; the first name is the time's."""
        kept = _only(self.dataset.schema, names).empty_table()
        for batch in self._batches(where, names, None, 0):
            both = pa.concat_tables([kept, pa.table(batch)])
            # Twice as many before they are cut: sorting each batch costs more.
            full = len(both) >= 2 * max_rows + BATCH_ROWS
            kept = _latest(both, max_rows) if full else both
        return _latest(kept, max_rows)

    def _time(self, moment: datetime) -> pa.Scalar:
        schema = self.dataset.schema
        local = moment_in(self.source, schema, moment)
        zone = schema.field(self.source.timestamp_column).type.tz
        return pa.scalar(local, pa.timestamp("us", zone))

    def _filters(self) -> pc.Expression:
        passing = pc.scalar(True)
        for condition in self.source.filters:
            value = filter_value(self.dataset.schema, condition)
            field = pc.field(condition.column)
            if isinstance(value, str):
                field = field.cast(pa.string())
            passing &= field == value
        return passing

    def _check_memory_limits(self, where: pc.Expression, names: list[str]) -> None:
        """Raise ValueError for a row group whose footer claims too much memory."""
        schema = self.dataset.schema
        for fragment in self.dataset.get_fragments(filter=where):
            for group in fragment.subset(filter=where, schema=schema).row_groups:
                claimed = fragment.metadata.row_group(group.id)
                columns = [claimed.column(i) for i in range(claimed.num_columns)]
                sizes: dict[str, int] = {}
                for column in columns:
                    name = column.path_in_schema.partition(".")[0]
                    size = max(column.total_uncompressed_size, 0)
                    sizes[name] = sizes.get(name, 0) + size
                wanted = sum(size for name, size in sizes.items() if name in names)
                if wanted > self.maximum_bytes:
                    raise ValueError(
                        f"a row group of {wanted} bytes is over {self.maximum_bytes}"
                    )

    def _batches(
        self, where: pc.Expression, names: list[str], share: float | None, seed: int
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows, each with the probability `share`, in the files' order."""
        random = np.random.default_rng(seed)
        scanner = self.dataset.scanner(
            columns=names,
            filter=where,
            batch_size=BATCH_ROWS,
            batch_readahead=1,
            fragment_readahead=1,
            use_threads=False,
        )
        read = 0
        for batch in scanner.to_batches():
            read += batch.num_rows
            reading.info("%s: %d rows read", shown_address(self.source.uri or ""), read)
            if share is None:
                yield batch
            else:
                kept = np.flatnonzero(random.random(batch.num_rows) < share)
                yield batch.take(pa.array(kept))


def _only(schema: pa.Schema, names: list[str]) -> pa.Schema:
    return pa.schema([schema.field(name) for name in names])


def _latest(table: pa.Table, max_rows: int) -> pa.Table:
    by_time = [(table.column_names[0], "descending")]
    return table.sort_by(by_time).slice(0, max_rows)


def failure_of(error: Exception, uri: str) -> CheckFailure:
    """Return the failure that an error of a log at this address means."""
    text = one_line(error)
    reason = Reason.LOG_UNREADABLE
    if isinstance(error, FileNotFoundError) or "NO_SUCH" in text:
        reason = Reason.MISSING_TABLE
    elif isinstance(error, PermissionError) or _FORBIDDEN.search(text):
        reason = Reason.LOG_FORBIDDEN
    elif isinstance(error, OSError) and not isinstance(error, pa.ArrowException):
        reason = Reason.LOG_UNREACHABLE if "://" in uri else Reason.LOG_UNREADABLE
    return CheckFailure(reason, f"{shown_address(uri)}: {without_secrets(text, uri)}")
