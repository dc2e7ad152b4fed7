"""The helper with which development servers and tests wait."""

import pytest

from dev.waiting import LONGEST_TEXT, WaitTimeout, wait_until


def test_the_accepted_value_is_returned() -> None:
    """It is observed again until it is accepted, and returned as it was then."""
    values = iter([0, 1, 2, 3])
    seen = wait_until("a two", lambda: next(values), lambda value: value == 2)
    assert seen == 2
    assert next(values) == 3


def test_the_message_says_what_was_awaited_and_last_seen() -> None:
    """It has the condition, the last value, how long was waited, and the context."""
    pods = [{"phase": "Pending"}]
    with pytest.raises(WaitTimeout) as raised:
        wait_until(
            *("a running pod", lambda: pods, lambda found: found[0] == "Running"),
            seconds=0.0,
            context=lambda: "the node's log",
        )
    text = "waited 0 s for a running pod; last seen: [{'phase': 'Pending'}]"
    assert str(raised.value) == f"{text}\nthe node's log"


@pytest.mark.parametrize(
    ("value", "shown"),
    [("", "''"), (0, "0"), (None, "None"), ("x" * 9000 + "end", "…xxx")],
)
def test_every_value_is_shown(value: object, shown: str) -> None:
    """An empty text can be told from nothing, and a long one is cut at its start."""
    with pytest.raises(WaitTimeout) as raised:
        wait_until("nothing", lambda: value, lambda _: False, seconds=0.0)
    _, _, text = str(raised.value).partition("last seen: ")
    assert text.startswith(shown)
    assert len(text) <= LONGEST_TEXT + 1
    assert text.endswith(str(value)[-3:] or "''")


def test_a_failing_observation_is_not_hidden() -> None:
    """What the observation raises ends the wait at once."""

    def observe() -> bool:
        raise ConnectionError("refused")

    with pytest.raises(ConnectionError, match="refused"):
        wait_until("an answer", observe)


def test_a_failing_context_hides_nothing() -> None:
    """If the context cannot be had, the message says so after what was awaited."""

    def context() -> str:
        raise ConnectionError("refused")

    with pytest.raises(WaitTimeout, match=r"for a pod; last seen: 0\n.*refused"):
        wait_until("a pod", lambda: 0, seconds=0.0, context=context)
