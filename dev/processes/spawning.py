"""One thread that starts all child processes and lasts as long as we do.

The kernel's "kill me when my parent dies" (PR_SET_PDEATHSIG) watches the parent's
*thread*: a server started by a pool's worker thread would die when the pool shrinks.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

_Result = TypeVar("_Result")
_tasks: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
_start = threading.Lock()
_thread: threading.Thread | None = None


def _work() -> None:
    while True:
        task, future = _tasks.get()
        try:
            future.set_result(task())
        except BaseException as error:  # noqa: BLE001 (raised again by the asker)
            future.set_exception(error)


def in_lasting_thread(task: Callable[[], _Result]) -> _Result:
    """Run `task` in the lasting thread and return (or raise) what it does."""
    global _thread  # noqa: PLW0603
    with _start:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_work, name="spawner", daemon=True)
            _thread.start()
    future: Future[_Result] = Future()
    _tasks.put((task, future))
    return future.result()
