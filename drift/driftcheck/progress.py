"""Progress of long reads, for a person who waits at a terminal.

Readers tell the logger of `reading` what they are at; in a pod nobody listens. On a
terminal it is one line of standard error, which is gone afterwards; elsewhere a line
now and then. A check that is over at once shows nothing.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

reading = logging.getLogger("driftcheck.reading")

PATIENCE = 1.0
"""Seconds until anything is shown."""
TERMINAL_PAUSE, FILE_PAUSE = 0.1, 10.0
"""Seconds between two lines."""
WIDTH = 100
CLEAR = "\r\x1b[K"


class ProgressLine(logging.Handler):
    """Shows the latest message; `clock` gives seconds."""

    def __init__(
        self, stream: TextIO, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(logging.INFO)
        self._stream, self._clock = stream, clock
        self._terminal = stream.isatty()
        self._due = clock() + PATIENCE
        self._shown = False

    def emit(self, record: logging.LogRecord) -> None:
        """Show the message if it is time for the next one."""
        now = self._clock()
        if now < self._due:
            return
        self._due = now + (TERMINAL_PAUSE if self._terminal else FILE_PAUSE)
        text = record.getMessage()
        shown = "".join(c if c.isprintable() else " " for c in text)[:WIDTH]
        self._stream.write(f"{CLEAR}{shown}" if self._terminal else f"{shown}\n")
        self._stream.flush()
        self._shown = True

    def close(self) -> None:
        """Take the line away."""
        if self._terminal and self._shown:
            self._stream.write(CLEAR)
            self._stream.flush()
        self._shown = False
        super().close()


@contextmanager
def progress() -> Iterator[None]:
    """Show what is read on standard error meanwhile."""
    handler = ProgressLine(sys.stderr)
    level = reading.level
    reading.addHandler(handler)
    reading.setLevel(logging.INFO)
    try:
        yield
    finally:
        reading.removeHandler(handler)
        reading.setLevel(level)
        handler.close()
