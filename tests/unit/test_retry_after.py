"""`Retry-After`: what it may say, and that the pause is kept."""

from datetime import UTC, datetime

import pytest

from killick.errors import Unavailable
from killick.registry.port import RegistryUnreachable
from killick.retry_after import LONGEST, RetryAfterGate, retry_after

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TABLE = [
    (None, None),
    ("", None),
    ("0", None),
    ("7", 7.0),
    (" 7 ", 7.0),
    ("999999", LONGEST),
    ("-7", None),
    ("7.5", None),
    ("1e3", None),
    ("٧", None),
    ("soon", None),
    ("9" * 5000, None),
    ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
    ("Sun, 01 Mar 2026 12:00:30 -0000", 30.0),
    ("Sun, 01 Mar 2026 11:00:00 GMT", None),
    ("Sun, 01 Mar 2999 12:00:00 GMT", LONGEST),
    ("Sun, 99 Mar 2026 12:00:00 GMT", None),
]


@pytest.mark.parametrize(("header", "seconds"), TABLE)
def test_what_a_header_asks_for(header: str | None, seconds: float | None) -> None:
    """Seconds or a date, bounded; everything else asks for nothing."""
    assert retry_after(header, NOW) == seconds


@pytest.mark.parametrize("kind", [Unavailable, RegistryUnreachable])
def test_a_gate_is_shut_for_at_least_as_long(kind: type[Unavailable]) -> None:
    """Until the time has come the same error comes at once; then the way is free."""
    now = [100.0]
    gate = RetryAfterGate(lambda: now[0], chance=lambda: 1.0)
    gate.check()
    error = kind("busy", "Busy")
    error.retry_after_seconds = 30.0
    assert gate.shut(error).retry_after_seconds == pytest.approx(33.0)
    now[0] = 132.9
    with pytest.raises(kind, match="busy") as caught:
        gate.check()
    assert (caught.value.reason, caught.value.retry_after.seconds) == ("Busy", 1)
    now[0] = 133.0
    gate.check()


def test_an_error_without_a_wish_shuts_nothing() -> None:
    """Not every failure says when to come again."""
    gate = RetryAfterGate(lambda: 0.0)
    gate.shut(Unavailable("broken"))
    gate.check()


def test_a_shorter_wish_opens_no_gate() -> None:
    """Of two answers that cross on their way, the longer pause is kept."""
    now = [0.0]
    gate = RetryAfterGate(lambda: now[0], chance=lambda: 0.0)
    for wish in (60.0, 5.0):
        error = Unavailable("busy")
        error.retry_after_seconds = wish
        gate.shut(error)
    now[0] = 59.0
    with pytest.raises(Unavailable):
        gate.check()
