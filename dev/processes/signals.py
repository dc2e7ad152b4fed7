"""INT, TERM and HUP as one exception, so that every `with` and `finally` runs."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGHUP)


class Terminated(KeyboardInterrupt):
    """TERM or HUP arrived.

    A KeyboardInterrupt, because pytest, asyncio and ordinary code already end in
    good order on one, while they would take a SystemExit for a failed test.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def _raise(number: int, _frame: FrameType | None) -> None:
    raise Terminated(number)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def raised() -> Iterator[None]:
    """Raise Terminated in the main thread on TERM and HUP; INT already raises.

    Elsewhere than in the main thread this does nothing. A signal that was ignored
    (as HUP under nohup) stays ignored.
    """
    if not _in_main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _ENDING}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _raise)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def ignored() -> Iterator[None]:
    """Let nothing interrupt a clean-up that is bounded in time."""
    if not _in_main_thread():
        yield
        return
    numbers = (signal.SIGINT, *_ENDING)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
