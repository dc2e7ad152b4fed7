"""What all real servers of the local set-up have in common.

A server is started without waiting, so that slow ones start beside each other;
`wait_ready` names what it waits for. It can be stopped, paused and started
again on the same port, because an outage is something the operator must survive.
"""

import contextlib
import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from dev.processes.ports import free_port
from dev.processes.supervisor import Process, Program, Supervisor


class Service(ABC):
    """One server on a loopback port of its own, run by a supervisor."""

    def __init__(self, supervisor: Supervisor, name: str) -> None:
        self.supervisor = supervisor
        self.name = name
        self.port = free_port()
        self.directory = supervisor.directory / name
        self._prepared = False

    @abstractmethod
    def program(self) -> Program:
        """Return how the server is run; asked again at each start."""

    def prepare(self) -> None:
        """Make what the server needs before its first start."""
        self.directory.mkdir(parents=True, exist_ok=True)

    @property
    def process(self) -> Process:
        """Return the server's process; KeyError before the first start."""
        return self.supervisor.processes[self.name]

    @property
    def log_file(self) -> Path:
        """Return the file that holds what the server has printed."""
        return self.process.log

    def start(self) -> Self:
        """Start (again, on the same port and data) without waiting."""
        if not self._prepared:
            self.prepare()
            self._prepared = True
        self.supervisor.start(self.program())
        return self

    def wait_ready(self) -> Self:
        """Wait until it answers; raises StartError with the end of its log."""
        self.process.wait_ready(self.supervisor.progress)
        return self

    def stop(self) -> None:
        """An outage: connections are refused until `start`. The data stays."""
        if self.name in self.supervisor.processes:
            self._signal_family(signal.SIGCONT)
            self.process.stop()

    def restart(self) -> Self:
        """Stop, start, and wait until it answers again."""
        self.stop()
        return self.start().wait_ready()

    def pause(self) -> None:
        """A hang: connections are accepted and nothing answers, until `resume`."""
        self._signal_family(signal.SIGSTOP)

    def resume(self) -> None:
        """End a pause."""
        self._signal_family(signal.SIGCONT)

    @contextlib.contextmanager
    def outage(self) -> Iterator[None]:
        """Stopped while the block runs; ready again, with its data, afterwards."""
        self.stop()
        try:
            yield
        finally:
            self.start().wait_ready()

    @contextlib.contextmanager
    def hang(self) -> Iterator[None]:
        """Paused while the block runs."""
        self.pause()
        try:
            yield
        finally:
            self.resume()

    def __enter__(self) -> Self:
        return self.start().wait_ready()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _signal_family(self, number: signal.Signals) -> None:
        """Signal the process and all below it, whatever group they moved to."""
        if not self.process.alive:
            return
        for pid in family(self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def family(root: int) -> list[int]:
    """Return the process and its descendants, parents first."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    pids = [root]
    for pid in pids:
        pids += children.get(pid, [])
    return pids


def answers(url: str) -> bool:
    """Return whether the address answers 200; an OSError means that nothing listens.

    Goes to the address itself, whatever proxy the environment names.
    """
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=5) as response:
            return bool(response.status == 200)
    except HTTPError:
        return False
    except HTTPException:
        return False
