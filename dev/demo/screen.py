"""What the demo prints: progress with the time that has passed, chapters, quotes."""

import os
import sys
import textwrap
import threading
import time
from dataclasses import dataclass, field

WIDTH = 88
_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"


@dataclass
class Screen:
    """Prints from several threads, a whole line at a time."""

    started: float = field(default_factory=time.monotonic)
    color: bool = field(
        default_factory=lambda: sys.stdout.isatty() and "NO_COLOR" not in os.environ
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def elapsed(self) -> str:
        """Return the time since the start, as minutes and seconds."""
        minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
        return f"{minutes}:{seconds:02}"

    def progress(self, text: object) -> None:
        """Print one step of the set-up."""
        self._print(f"{self.elapsed():>6}  {text}", _DIM)

    def chapter(self, title: str, *paragraphs: str) -> None:
        """Print the heading of a turn of the story, and what it means."""
        self._print(f"\n{self.elapsed():>6}  {title}", _BOLD)
        for paragraph in paragraphs:
            self.say(paragraph)

    def say(self, text: str) -> None:
        """Print a paragraph."""
        indent = " " * 8
        self._print(
            textwrap.fill(
                text,
                WIDTH,
                initial_indent=indent,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
        )

    def quote(self, text: str, command: str = "") -> None:
        """Print what a program said, unchanged, below the command that asked it."""
        body = textwrap.indent(text.rstrip(), " " * 10)
        heading = f"        $ {command}\n" if command else ""
        self._print(f"{heading}{body}")

    def _print(self, text: str, style: str = "") -> None:
        with self._lock:
            if style and self.color:
                text = f"{style}{text}{_PLAIN}"
            print(text, flush=True)
