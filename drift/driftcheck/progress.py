"""Progress of long reads, for a person who waits at a terminal.

Readers log each column to the logger `reading`, which has no handler in a pod. On a
terminal the progress is one line of standard error that is removed at the end;
elsewhere it is a line every FILE_PAUSE seconds. A short check shows nothing.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

reading = logging.getLogger("driftcheck.reading")

PATIENCE = 1.0
"""Seconds until the first line: shorter checks need no progress."""

TERMINAL_PAUSE, FILE_PAUSE = 0.1, 10.0
"""Seconds between two lines: as fast as a person reads, or as a log stays short."""

WIDTH = 100
"""Characters of a line at most; the rest is cut off."""

CLEAR = "\r\x1b[K"
"""Moves the cursor to the start of the line and clears it (ECMA-48)."""


class ProgressLine(logging.Handler):
    """Shows the latest message. `clock` returns monotonic seconds."""

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
        """Remove the line."""
        if self._terminal and self._shown:
            self._stream.write(CLEAR)
            self._stream.flush()
        self._shown = False
        super().close()


@contextmanager
def progress() -> Iterator[None]:
    """Show the progress on standard error within a with statement."""
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
