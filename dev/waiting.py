"""Wait for a condition; at the limit, say what was awaited and what was last seen."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

LIMIT = 60.0
"""Seconds: far more than anything here takes on a busy machine."""
LONGEST_TEXT = 4000
"""Characters of the last value that a message shows."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.2  # seconds
T = TypeVar("T")


class WaitTimeout(TimeoutError):
    """The condition did not become true; the message has the last value seen."""


def wait_until(
    awaited: str,
    observe: Callable[[], T],
    accept: Callable[[T], Any] = bool,
    *,
    seconds: float = LIMIT,
    context: Callable[[], str] = str,
) -> T:
    """Observe until `accept` is true of the value; return that value.

    `awaited` completes "waited for …". `context` is called at the limit only and
    adds to the message. Raises WaitTimeout after `seconds`.
    """
    end = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while not accept(value := observe()):
        if time.monotonic() > end:
            message = f"waited {seconds:g} s for {awaited}; last seen: {_shown(value)}"
            raise WaitTimeout("\n".join(filter(None, (message, _context_of(context)))))
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    return value


def _context_of(context: Callable[[], str]) -> str:
    """Return the context; what prevents it must not hide what was awaited."""
    try:
        return context()
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not raise here
        return f"(the context is missing: {error!r})"


def _shown(value: object) -> str:
    """Return the value as text; of a long text, such as a log, its end."""
    text = str(value) or repr(value)
    return text if len(text) <= LONGEST_TEXT else f"…{text[-LONGEST_TEXT:]}"
