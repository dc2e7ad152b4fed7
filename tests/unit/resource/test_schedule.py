"""When checks run: spread, time zones, daylight saving, and what never fires."""

from datetime import UTC, datetime, timedelta

import pytest

from killick.errors import InvalidSpec
from killick.resource.schedule import cron_expression, next_run
from killick.resource.spec import Drift

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
KEYS = [f"ml/model-{number}" for number in range(600)]


def test_hourly_is_spread() -> None:
    """Objects share the hour: every minute is taken, none by more than a few."""
    minutes = [int(cron_expression("@hourly", key).split()[0]) for key in KEYS]
    assert set(minutes) == set(range(60))
    assert max(minutes.count(minute) for minute in range(60)) < 30


def test_daily_is_spread() -> None:
    """Objects share the day: every hour is taken."""
    hours = [int(cron_expression("@daily", key).split()[1]) for key in KEYS]
    assert set(hours) == set(range(24))


def test_the_spread_is_steady() -> None:
    """The same object always has the same minute."""
    assert cron_expression("@hourly", "ml/x") == cron_expression("@hourly", "ml/x")


@pytest.mark.parametrize("schedule", ["@hourly", "@daily", "*/5 * * * *"])
def test_next_is_later(schedule: str) -> None:
    """The next run is always later than now, by at most a day."""
    due = next_run(Drift(schedule), "ml/x", NOON)
    assert NOON < due <= NOON + timedelta(days=1)
    assert next_run(Drift(schedule), "ml/x", due) > due


DST = [
    # Berlin goes from 02:00 to 03:00 on 29 March 2026, and back on 25 October.
    ("30 1 * * *", "2026-03-28T12:00:00", "2026-03-29T00:30:00"),
    ("30 3 * * *", "2026-03-28T12:00:00", "2026-03-29T01:30:00"),
    ("0 12 * * *", "2026-03-28T12:00:00", "2026-03-29T10:00:00"),
    ("0 12 * * *", "2026-10-24T12:00:00", "2026-10-25T11:00:00"),
    ("0 0 * * *", "2026-10-24T12:00:00", "2026-10-24T22:00:00"),
]


@pytest.mark.parametrize(("schedule", "after", "due"), DST)
def test_local_time(schedule: str, after: str, due: str) -> None:
    """A schedule is in local time on both sides of a change of the clock."""
    drift = Drift(schedule, "Europe/Berlin")
    now = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert next_run(drift, "x", now) == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize("day", ["2026-03-28", "2026-10-24"])
def test_hourly_over_a_change_of_the_clock(day: str) -> None:
    """Hourly checks stay an hour apart while the clock jumps."""
    drift = Drift("7 * * * *", "Europe/Berlin")
    moment = datetime.fromisoformat(f"{day}T20:00:00").replace(tzinfo=UTC)
    for _ in range(12):
        due = next_run(drift, "x", moment)
        assert due - moment <= timedelta(hours=1)
        moment = due


@pytest.mark.parametrize(
    "schedule",
    ["", "nonsense", "@weekly", "0 0 30 2 *", "61 * * * *", "* * * *", "* " * 6],
)
def test_what_never_fires_is_refused(schedule: str) -> None:
    """A schedule that is none, or names a day that does not exist, is refused."""
    with pytest.raises(InvalidSpec, match=r"spec\.drift\.schedule"):
        next_run(Drift(schedule), "x", NOON)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Europe", "../etc/passwd", " "])
def test_unknown_zones_are_refused(zone: str) -> None:
    """A zone that does not exist is refused, also one that is only a folder."""
    with pytest.raises(InvalidSpec, match=r"spec\.drift\.timeZone"):
        next_run(Drift("@hourly", zone), "x", NOON)
