"""Merging conditions, and keeping texts within their bounds."""

from datetime import UTC, datetime, timedelta

import pytest

from killick.resource.bounds import bounded, clip, count, printable, token_of
from killick.resource.conditions import ORDER, merge
from killick.resource.status import MESSAGE_LIMIT, Condition, Hold, Status

THEN = datetime(2026, 1, 1, tzinfo=UTC)
NOW = THEN + timedelta(hours=1)


def ready(status: str, since: datetime | None = THEN, reason: str = "R") -> Condition:
    """Return a condition Ready."""
    return Condition("Ready", status, reason, "m", since, 1)


@pytest.mark.parametrize(
    ("before", "wanted", "since"),
    [
        ((), ready("True"), NOW),
        ((ready("True"),), ready("True"), THEN),
        ((ready("True"),), ready("True", reason="Other"), THEN),
        ((ready("True"),), ready("False"), NOW),
        ((ready("True"),), ready("Unknown"), NOW),
        ((ready("True", None),), ready("True"), NOW),
    ],
)
def test_transition_times(
    before: tuple[Condition, ...], wanted: Condition, since: datetime
) -> None:
    """The time moves when the status does, never for a reason, and is never absent."""
    (found,) = merge(before, [wanted], 2, NOW)
    assert found.last_transition_time == since
    assert found.observed_generation == 2
    assert found.reason == wanted.reason


def test_the_order_is_fixed() -> None:
    """Conditions always stand in the same order, unknown ones last."""
    mixed = [Condition(kind, "True", "R") for kind in ("Novel", *reversed(ORDER))]
    assert [c.type for c in merge((), mixed, 1, NOW)] == [*ORDER, "Novel"]


def test_what_is_not_wanted_is_gone() -> None:
    """A condition that does not apply any more is absent."""
    assert merge((ready("True"),), [], 1, NOW) == ()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("plain", "plain"),
        ("two\nlines", "two lines"),
        ("\x1b[31mred", " [31mred"),
        ("half \ud800 a pair", "half   a pair"),
        ("\u202eturned", " turned"),
        ("Grüße, 東京", "Grüße, 東京"),
    ],
)
def test_printable(text: str, wanted: str) -> None:
    """What a terminal, Git or JSON cannot show becomes a space."""
    assert printable(text) == wanted


def test_clip() -> None:
    """A text that is too long ends with an ellipsis at the limit."""
    assert clip("x" * 800) == "x" * 800
    assert clip("x" * 801) == "x" * 799 + "…"
    assert len(clip("y" * 10**6)) == MESSAGE_LIMIT


def test_count() -> None:
    """Counts fit into 32 bits and are never negative; None stays None."""
    assert [count(n) for n in (None, -1, 7, 2**40)] == [None, 0, 7, 2**31 - 1]


def test_tokens() -> None:
    """A short token is itself; a long or unprintable one is its digest."""
    assert token_of("now") == "now"
    assert token_of("") == ""
    long, longer = token_of("t" * 500), token_of("t" * 501)
    assert long.startswith("sha256:")
    assert long != longer
    assert token_of("\ud800").startswith("sha256:")


def test_values_that_are_compared_are_not_cut() -> None:
    """Only free texts are bounded: IDs and values stay as they are."""
    hold = Hold("h" * 39, "R" * 99, "m" * 5000, NOW)
    after = bounded(Status(hold=hold, phase="p")).hold
    assert after is not None
    assert after.id == hold.id
    assert (len(after.reason), len(after.message)) == (60, MESSAGE_LIMIT)


def test_what_fits_is_untouched() -> None:
    """A status within its bounds is the same object."""
    status = Status(hold=Hold("h", "R", "m", NOW))
    assert bounded(status) is status
