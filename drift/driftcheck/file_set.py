"""The files of an inference log, of which only those are opened that a window needs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow import fs

from driftcheck.file_listing import files_in
from driftcheck.file_spans import Span, folder_span

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
        """What lies at a path; `time` is the column of the rows' times.

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
            one.path: span
            for one in listed
            if (span := one.span or folder_span(one.path[len(path) :]))
        }
        options["partition_base_dir"] = path
        paths = [one.path for one in listed]
        dataset = ds.dataset(paths, partitioning="hive", **options)
        return cls._of(dataset, time, spans)

    @classmethod
    def _of(cls, dataset: ds.Dataset, time: str, spans: dict[str, Span]) -> Self:
        # Kept, because a fragment whose footer was read does not read it again.
        return cls(dataset, list(dataset.get_fragments()), time, spans)

    def between(self, start: datetime, end: datetime | None) -> ds.Dataset:
        """The files that may hold rows of a half-open stretch of time, at least one.

        ArrowException if their columns disagree. What the folders say is believed as
        far as the files bear it out: of those that are opened for the window, and of
        the first and the last of all. Else all files are opened.
        """
        every = self.fragments
        chosen = [one for one in every if self._may_hold(one.path, start, end)]
        named = [one for one in every if not self._sure(one.path)]
        witnesses = {one.path for one in (*chosen, *named[:1], *named[-1:])}
        opened = [one for one in every if one.path in witnesses] or every[-1:]
        if len(opened) < len(every) and not all(map(self._borne_out, opened)):
            opened = every
        return self._one_zone(opened)

    def _may_hold(self, path: str, start: datetime, end: datetime | None) -> bool:
        span = self.spans.get(path)
        return span is None or span.overlaps(start, end)

    def _sure(self, path: str) -> bool:
        span = self.spans.get(path)
        return span is not None and span.sure

    def _borne_out(self, fragment: ds.ParquetFileFragment) -> bool:
        """Whether the file's rows are from when its folder says."""
        span = self.spans.get(fragment.path)
        if span is None or span.sure or not fragment.metadata.num_rows:
            return True
        ends = _ends(fragment, self.time)
        return ends is not None and span.holds(*ends)

    def _one_zone(self, fragments: list[ds.ParquetFileFragment]) -> ds.Dataset:
        """A dataset with the columns of all these files.

        Read by the first file's schema alone, a naive time would pass for one in UTC.
        """
        schemas = [one.physical_schema for one in fragments]
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
    """The first and the last time in a file, by its footer; naive ones as of UTC."""
    place = fragment.physical_schema.get_field_index(column)
    kind = fragment.physical_schema.field(place).type if place >= 0 else None
    if kind is None or not pa.types.is_timestamp(kind):
        return None
    found = []
    for group in range(fragment.metadata.num_row_groups):
        columns = fragment.metadata.row_group(group)
        (told,) = (
            columns.column(i)
            for i in range(columns.num_columns)
            if columns.column(i).path_in_schema == column
        )
        if told.statistics is None or not told.statistics.has_min_max:
            return None
        found += [told.statistics.min_raw, told.statistics.max_raw]
    unit = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
    try:
        first, last = (
            _EPOCH + timedelta(seconds=end / unit) for end in (min(found), max(found))
        )
    except OverflowError:
        return None
    return first, last
