"""From when the rows of a log's file may be, told before the file is opened.

By the date in its folders' names (`date=2026-11-24`, `year=2026/month=11/day=24`), or
by the statistics that a Delta table's log has of it.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

# A folder's date may be of any zone, and rows around midnight come late.
MARGIN = timedelta(days=1)
# Statistics are cut to the millisecond.
MILLISECOND = timedelta(milliseconds=1)
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_ENDS = ("minValues", "maxValues")
_PARTS = ("year", "month", "day")


class Span(NamedTuple):
    """The half-open stretch of time, with zones, within which all rows are.

    `sure`: it is told by the rows themselves. A folder's name is only a name.
    """

    start: datetime
    end: datetime
    sure: bool

    def overlaps(self, start: datetime, end: datetime | None) -> bool:
        """Whether rows of a half-open stretch may be in it; None: without end."""
        return start < self.end and (end is None or self.start < end)

    def holds(self, first: datetime, last: datetime) -> bool:
        """Whether both times are in it."""
        return self.start <= first and last < self.end


class DataFile(NamedTuple):
    """A file as it is listed, with its size in bytes, and its rows' span if known."""

    path: str
    size: int | None
    span: Span | None = None


def folder_span(path: str) -> Span | None:
    """The span by the folders' names; None where they name no date, or several."""
    folders = (folder.partition("=") for folder in path.split("/")[:-1])
    keys = {key.lower(): value for key, mark, value in folders if mark}
    found = list(_dates(keys))
    if len(found) != 1:
        return None
    first, after = (datetime.combine(day, time(), UTC) for day in found[0])
    try:
        return Span(first - MARGIN, after + MARGIN, sure=False)
    except OverflowError:
        return None


def _dates(keys: dict[str, str]) -> Iterator[tuple[date, date]]:
    """The days, months and years that are named: their first day and the one after."""
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
    """The span by a Delta table's statistics of a file, which are a JSON object.

    None where there are none of the column, or its times are without a zone.
    """
    try:
        found = json.loads(statistics or "null")
        first, last = (datetime.fromisoformat(found[of][column]) for of in _ENDS)
        after = last + MILLISECOND
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    if first.tzinfo is None or after.tzinfo is None:
        return None
    return Span(first, after, sure=True)
