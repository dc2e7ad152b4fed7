"""`Retry-After`: how long a server wants to be left alone, and that it is.

RFC 9110 §10.2.3: seconds, or a date. A wish is bounded, so that a broken server
cannot send us away for good, and lengthened a little by chance, so that all objects
and replicas do not come back at one moment.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from killick.errors import KillickError

LONGEST: Final = 300.0  # seconds that a wish may be
SPREAD: Final = 0.1  # the share by which a pause may be longer than the wish


def retry_after(header: str | None, now: datetime | None = None) -> float | None:
    """Return the seconds that a header asks for; None if it asks for nothing."""
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(float(text), LONGEST) or None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    wish = (moment - (now or datetime.now(UTC))).total_seconds()
    return min(wish, LONGEST) if wish > 0 else None


class RetryAfterGate:
    """Shut for as long as a server asked for; whoever comes meanwhile is told why.

    `clock` is in seconds; `chance` gives numbers from 0 to 1.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._until = float("-inf")
        self._error: KillickError | None = None

    def shut(self, error: KillickError) -> KillickError:
        """Take note of an error that says when to come again, and return it.

        Its `retry_after_seconds` is then the pause that is kept.
        """
        if error.retry_after_seconds is None:
            return error
        pause = error.retry_after_seconds * (1 + SPREAD * self._chance())
        self._until = max(self._until, self._clock() + pause)
        error.retry_after_seconds = self._until - self._clock()
        self._error = error
        return error

    def check(self) -> None:
        """Raise the error again, with what is left of its pause, while it lasts."""
        left = self._until - self._clock()
        if self._error is not None and left > 0:
            # The words stay the same: a status that repeats them is not written again.
            again = type(self._error)(self._error.message, self._error.reason)
            again.retry_after_seconds = left
            raise again
