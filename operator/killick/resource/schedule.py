"""When checks run: the CronJob's schedule, spread so that not all run at once."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from killick.errors import InvalidSpec
from killick.resource.spec import Drift

FIELDS = 5


def cron_expression(schedule: str, key: str) -> str:
    """Return five cron fields; `@hourly` and `@daily` are spread by `key`'s hash."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")
    if schedule == "@hourly":
        return f"{number % 60} * * * *"
    if schedule == "@daily":
        return f"{number % 60} {number // 60 % 24} * * *"
    if len(schedule.split()) != FIELDS:
        raise InvalidSpec(
            f"spec.drift.schedule {schedule!r} must be five cron fields, "
            "@hourly or @daily"
        )
    return schedule


def next_run(drift: Drift, key: str, after: datetime) -> datetime:
    """Return the first scheduled time later than `after`, in UTC.

    Raises InvalidSpec if the schedule or its time zone does not exist.
    """
    try:
        zone = ZoneInfo(drift.time_zone or "UTC")
        local = after.astimezone(zone)
        times = CronSim(cron_expression(drift.schedule, key), local)
        return next(times).astimezone(UTC)
    except (CronSimError, StopIteration):
        raise InvalidSpec(
            f"spec.drift.schedule {drift.schedule!r} never fires"
        ) from None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a mere folder
        raise InvalidSpec(
            f"spec.drift.timeZone {drift.time_zone!r} is unknown; "
            "write for example Europe/Berlin"
        ) from None
