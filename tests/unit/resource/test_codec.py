"""Spec and status to JSON and back: nothing is lost and nothing is guessed."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from killick.errors import InvalidSpec
from killick.resource.codec import camel, format_time, from_dict, parse_time, to_dict
from killick.resource.status import (
    SCHEMA_VERSION,
    Status,
    parse_status,
    status_dict,
)
from tests.unit.plan.status_strategies import status


@dataclass(frozen=True)
class Inner:
    """A part."""

    count: int = 0


@dataclass(frozen=True)
class Outer:
    """A whole."""

    name: str
    tracking_uri: str | None = None
    parts: tuple[Inner, ...] = ()
    labels: dict[str, str] | None = None
    share: float = 0.0
    at: datetime | None = None


@given(status)
def test_a_status_survives(found: Status) -> None:
    """What is written is read back equal."""
    assert parse_status(status_dict(found)) == found


@given(st.datetimes(timezones=st.timezones()).map(lambda t: t.replace(microsecond=0)))
def test_times_survive(moment: datetime) -> None:
    """Any time is written in UTC with whole seconds and read back equal."""
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        return
    assert parse_time(format_time(utc)) == utc
    assert len(format_time(utc)) == 20


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-01-01", "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00"],
)
def test_no_times(text: str) -> None:
    """A text without a zone, out of range or of another form is no time."""
    with pytest.raises(ValueError, match=r"time|format|zone|isoformat"):
        parse_time(text)


def test_other_zones_become_utc() -> None:
    """A time of another zone is the same moment in UTC."""
    berlin = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    assert format_time(berlin) == "2026-01-01T00:00:00Z"


def test_names() -> None:
    """Fields are in camelCase; a URI stays in capitals."""
    assert camel("tracking_uri") == "trackingURI"
    assert camel("cron_job_ref") == "cronJobRef"


def test_absent_and_empty_are_the_same() -> None:
    """None and empty lists are left out; unknown keys are ignored."""
    assert to_dict(Outer("x")) == {"name": "x", "share": 0.0}
    assert from_dict(Outer, {"name": "x", "parts": None, "new": 1}) == Outer("x")


def test_whole_numbers_are_shares() -> None:
    """JSON writes 1.0 as 1: a whole number is taken for a float."""
    assert from_dict(Outer, {"name": "x", "share": 1}).share == 1.0


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({}, "name: is missing"),
        ([], "must be an object"),
        ({"name": 1}, "name: must be a string"),
        ({"name": "x", "parts": {}}, "parts: must be a list"),
        (
            {"name": "x", "parts": [{"count": "1"}]},
            "parts[0].count: must be a whole number",
        ),
        (
            {"name": "x", "parts": [{"count": True}]},
            "parts[0].count: must be a whole number",
        ),
        ({"name": "x", "labels": "y"}, "labels: must be an object"),
        ({"name": "x", "at": "soon"}, "at: 'soon' is not an RFC 3339 time"),
        ({"name": "x", "at": 7}, "at: 7 is not an RFC 3339 time"),
        ({"name": "a\0b"}, "name: must not contain a NUL character"),
        ({"name": "x", "share": math.nan}, "share: must be a finite number"),
        ({"name": "x", "share": 10**400}, "share: must be a finite number"),
    ],
)
def test_wrong_types_are_named(raw: object, message: str) -> None:
    """A value of another type is refused with its path."""
    with pytest.raises(InvalidSpec) as caught:
        from_dict(Outer, raw)
    assert message in caught.value.message


@pytest.mark.parametrize(
    "raw",
    [
        None,
        {},
        {"observedGeneration": -1},
        {"schemaVersion": 1, "hold": {"id": 7}},
        {"schemaVersion": 1, "adoptedAt": "soon"},
    ],
)
def test_an_unreadable_status_is_none(raw: object) -> None:
    """A status that is not there or cannot be read means: adopt anew."""
    assert parse_status(raw) is None


def test_a_status_says_its_version() -> None:
    """Every status that is written carries its schema's version."""
    assert status_dict(Status())["schemaVersion"] == SCHEMA_VERSION
