"""The files of an inference log, of which only those are opened that a window needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyarrow import fs

from driftcheck.storage.listing import files_in
from driftcheck.storage.parquet import MAXIMUM_COLUMN_BYTES
from driftcheck.storage.partitions import Span, folder_span

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class FileSet:
    """All files, by the stretch of time that each may be from; None: not known."""

    dataset: ds.Dataset
    fragments: list[ds.ParquetFileFragment]
    time: str
    spans: dict[str, Span]

    @classmethod
    def at(cls, system: fs.FileSystem, path: str, time: str) -> Self:
        """Return the files at a path; `time` is the column of the rows' times.

        FileNotFoundError where there is nothing, ValueError where it is too much.
        """
        path = path.rstrip("/")
        options: dict[str, Any] = {"format": "parquet", "filesystem": system}
        info = system.get_file_info(path)
        if info.type == fs.FileType.NotFound:
            raise FileNotFoundError("there is no such file or folder")
        if info.type == fs.FileType.File:
            return cls._of(ds.dataset(path, **options), time, {})
        listed = files_in(system, path, time)
        spans = {
            file.path: span
            for file in listed
            if (span := file.span or folder_span(file.path[len(path) :]))
        }
        options["partition_base_dir"] = path
        paths = [file.path for file in listed]
        dataset = ds.dataset(paths, partitioning="hive", **options)
        return cls._of(dataset, time, spans)

    @classmethod
    def _of(cls, dataset: ds.Dataset, time: str, spans: dict[str, Span]) -> Self:
        # Kept, because a fragment whose footer was read does not read it again.
        return cls(dataset, list(dataset.get_fragments()), time, spans)

    def between(self, start: datetime, end: datetime | None) -> ds.Dataset:
        """Return the files that may hold rows of a half-open window, at least one.

        ArrowException if their columns disagree. The dates in folder names are used
        only if they match the rows of the files that are opened for the window and
        of the first and the last file. Otherwise all files are opened.
        """
        every = self.fragments
        chosen = [file for file in every if self._may_hold(file.path, start, end)]
        named = [file for file in every if not self._exact(file.path)]
        probed_files = {file.path for file in (*chosen, *named[:1], *named[-1:])}
        opened = [file for file in every if file.path in probed_files] or every[-1:]
        if len(opened) < len(every) and not all(map(self._matches_partition, opened)):
            opened = every
        return self._one_zone(opened)

    def _may_hold(self, path: str, start: datetime, end: datetime | None) -> bool:
        span = self.spans.get(path)
        return span is None or span.overlaps(start, end)

    def _exact(self, path: str) -> bool:
        span = self.spans.get(path)
        return span is not None and span.exact

    def _matches_partition(self, fragment: ds.ParquetFileFragment) -> bool:
        """Return whether the file's rows lie in the span that its folder names."""
        span = self.spans.get(fragment.path)
        if span is None or span.exact or not fragment.metadata.num_rows:
            return True
        ends = _ends(fragment, self.time)
        return ends is not None and span.holds(*ends)

    def _one_zone(self, fragments: list[ds.ParquetFileFragment]) -> ds.Dataset:
        """Return a dataset with the columns of all these files.

        Read by the first file's schema alone, a naive time would pass for one in UTC.
        """
        schemas = [fragment.physical_schema for fragment in fragments]
        unified = pa.unify_schemas(schemas, promote_options="permissive")
        for field in self.dataset.schema:  # what the folders' names add
            if field.name not in unified.names:
                unified = unified.append(field)
        dataset = self.dataset
        return ds.FileSystemDataset(
            fragments, unified, dataset.format, dataset.filesystem
        )


def _ends(
    fragment: ds.ParquetFileFragment, column: str
) -> tuple[datetime, datetime] | None:
    """Return the first and the last time in a file; naive ones as of UTC.

    None for a file without times, or with a column that is too large to read.
    """
    place = fragment.physical_schema.get_field_index(column)
    kind = fragment.physical_schema.field(place).type if place >= 0 else None
    if kind is None or not pa.types.is_timestamp(kind):
        return None
    groups = [
        fragment.metadata.row_group(group)
        for group in range(fragment.metadata.num_row_groups)
    ]
    chunks = [
        group.column(i)
        for group in groups
        for i in range(group.num_columns)
        if group.column(i).path_in_schema == column
    ]
    if all(chunk.is_stats_set and chunk.statistics.has_min_max for chunk in chunks):
        times = [end for chunk in chunks for end in _raw(chunk.statistics)]
    elif max(chunk.total_uncompressed_size for chunk in chunks) > MAXIMUM_COLUMN_BYTES:
        return None
    else:
        # Spark by default writes times without statistics.
        times = list(_read(fragment, column))
    unit = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
    try:
        first, last = (
            _EPOCH + timedelta(seconds=end(times) / unit) for end in (min, max)
        )
    except (OverflowError, ValueError):
        return None
    return first, last


def _raw(statistics: Any) -> tuple[int, int]:
    return statistics.min_raw, statistics.max_raw


def _read(fragment: ds.ParquetFileFragment, column: str) -> Iterator[int]:
    batches = fragment.scanner(columns=[column], batch_readahead=1, use_threads=False)
    for batch in batches.to_batches():
        ends = pc.min_max(batch.column(0))
        if ends["min"].is_valid:
            yield ends["min"].value
            yield ends["max"].value
