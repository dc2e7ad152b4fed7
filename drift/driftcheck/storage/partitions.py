"""The time span of a log file's rows, known before the file is opened.

It follows from the date in its folders' names (`date=2026-11-24`,
`year=2026/month=11/day=24`), or from the statistics in a Delta table's log.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

MARGIN = timedelta(days=1)
"""Widening of a folder's date on both sides.

The date may be of any time zone, and rows around midnight arrive late.
"""

MILLISECOND = timedelta(milliseconds=1)
"""Precision to which Delta truncates timestamps in statistics."""

_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_ENDS = ("minValues", "maxValues")
_PARTS = ("year", "month", "day")


class Span(NamedTuple):
    """The half-open interval of time, with time zones, that contains all rows.

    `exact` is true for statistics of the rows, false for the name of a folder.
    """

    start: datetime
    end: datetime
    exact: bool

    def overlaps(self, start: datetime, end: datetime | None) -> bool:
        """Return whether it overlaps a half-open interval; an `end` of None is open."""
        return start < self.end and (end is None or self.start < end)

    def holds(self, first: datetime, last: datetime) -> bool:
        """Return whether it contains both times."""
        return self.start <= first and last < self.end


class DataFile(NamedTuple):
    """A file of a listing, with its size in bytes and, if known, its rows' span."""

    path: str
    size: int | None
    span: Span | None = None


def folder_span(path: str) -> Span | None:
    """Return the span of the folders' names; None unless they name exactly one date."""
    folders = (folder.partition("=") for folder in path.split("/")[:-1])
    keys = {key.lower(): value for key, mark, value in folders if mark}
    dates = list(_dates(keys))
    if len(dates) != 1:
        return None
    first, after = (datetime.combine(day, time(), UTC) for day in dates[0])
    try:
        return Span(first - MARGIN, after + MARGIN, exact=False)
    except OverflowError:
        return None


def _dates(keys: dict[str, str]) -> Iterator[tuple[date, date]]:
    """Yield the first day of each period that is named, and the day after it."""
    for value in keys.values():
        if match := _DATE.fullmatch(value):
            yield from _days(*(int(part) for part in match.groups()))
    if keys.get("year", "").isdecimal():
        parts = [keys[name] for name in _PARTS if name in keys]
        if all(part.isdecimal() for part in parts):
            yield from _days(*(int(part) for part in parts))


def _days(
    year: int, month: int | None = None, day: int | None = None
) -> Iterator[tuple[date, date]]:
    try:
        first = date(year, month or 1, day or 1)
        if day:
            after = first + timedelta(days=1)
        elif month:
            after = date(year + month // 12, month % 12 + 1, 1)
        else:
            after = date(year + 1, 1, 1)
    except (ValueError, OverflowError):
        return
    yield first, after


def statistics_span(statistics: str | None, column: str) -> Span | None:
    """Return the span of a column from a Delta table's statistics of a file, as JSON.

    None is returned without statistics of the column, or with times without a zone.
    """
    try:
        limits = json.loads(statistics or "null")
        first, last = (datetime.fromisoformat(limits[end][column]) for end in _ENDS)
        after = last + MILLISECOND
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    if first.tzinfo is None or after.tzinfo is None:
        return None
    return Span(first, after, exact=True)
