"""Background work that never keeps an interrupted program from ending."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def in_background(work: Callable[[], T]) -> "Future[T]":
    """Start `work` in a daemon thread; `result()` waits for it and raises its error.

    An executor would wait for its threads when the program is interrupted. The programs
    that this work has started end with the process (see `dev.processes.supervisor`).
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  raised again by `result()`
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future
