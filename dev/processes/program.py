"""What can be run and supervised, and the handle on it while it runs."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Self

from dev.environments.cache import Progress

_POLL = 0.03  # seconds


class StartError(RuntimeError):
    """A program ended or was not ready in time; the message holds its log's tail."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run, how to know that it is ready, and how to end it."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    inherit: bool = True
    """Whether `environment` is added to ours, or is all that the program gets."""
    cwd: Path | None = None
    demote: bool = False
    """If we are root: run as an unprivileged user (who can read what root can)."""
    ready: Callable[[], bool] | None = None
    """Polled until it is True; no connection means not yet. None: ready at once."""
    waiting_for: str = "it to answer"
    ready_timeout: float = 60.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout: float = 10.0


class Process:
    """A started program. Leads a session and a process group of its own."""

    def __init__(
        self, program: Program, popen: subprocess.Popen[bytes], log: Path
    ) -> None:
        self.program = program
        self.log = log
        self._popen = popen
        self._started = time.monotonic()

    @property
    def name(self) -> str:
        """The program's name."""
        return self.program.name

    @property
    def pid(self) -> int:
        """The process ID; ours until `stop`, even if the process has ended."""
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, minus the signal's number if one ended it; None: alive."""
        if self._popen.returncode is not None:
            return self._popen.returncode
        # WNOWAIT leaves the zombie, whose pid therefore cannot become another's
        # before `stop` has signalled the group.
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        info = os.waitid(os.P_PID, self.pid, flags)
        if info is None:
            return None
        exited = info.si_code == os.CLD_EXITED
        return info.si_status if exited else -info.si_status

    @property
    def alive(self) -> bool:
        """Whether it runs (a paused one does)."""
        return self.returncode is None

    def tail(self, lines: int = 20) -> str:
        """Return the log's last lines."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def wait_ready(self, progress: Progress = print) -> Self:
        """Wait for the ready check; StartError if it ends or takes too long."""
        program = self.program
        if program.ready is None:
            return self
        progress(f"{self.name}: waiting for {program.waiting_for}")
        deadline = time.monotonic() + program.ready_timeout
        last_error = ""
        while True:
            try:
                if program.ready():
                    break
            except (OSError, HTTPException) as error:
                last_error = f" ({error})"
            if not self.alive:
                self._fail(f"ended with exit code {self.returncode}")
            if time.monotonic() > deadline:
                self._fail(f"was not ready in {program.ready_timeout:g} s{last_error}")
            time.sleep(_POLL)
        progress(f"{self.name}: ready after {time.monotonic() - self._started:.1f} s")
        return self

    def _fail(self, what: str) -> None:
        message = (
            f"{self.name} {what} while waiting for {self.program.waiting_for}. "
            f"The end of its log, {self.log}:\n{self.tail()}"
        )
        raise StartError(message)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended by itself; TimeoutError after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.returncode) is None:
            if deadline is not None and time.monotonic() > deadline:
                message = f"{self.name} still runs after {timeout:g} s:\n{self.tail()}"
                raise TimeoutError(message)
            time.sleep(_POLL)
        return code

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process and its group; nothing if it was stopped."""
        if self._popen.returncode is None:
            os.killpg(self.pid, number)

    def pause(self) -> None:
        """Freeze it (SIGSTOP): it holds its connections and answers nothing."""
        self.send(signal.SIGSTOP)

    def resume(self) -> None:
        """Undo `pause`."""
        self.send(signal.SIGCONT)

    def kill(self) -> None:
        """End it and its group by SIGKILL, as a crash would."""
        self.send(signal.SIGKILL)
        self._popen.wait()

    def ask_to_stop(self) -> None:
        """Send the program's stop signal without waiting (`stop` waits)."""
        self.send(self.program.stop_signal)
        self.send(signal.SIGCONT)  # if it was paused

    def stop(self) -> None:
        """Ask it to stop; kill what is left of its group after `stop_timeout`."""
        if self._popen.returncode is not None:
            return
        self.ask_to_stop()
        deadline = time.monotonic() + self.program.stop_timeout
        while self.alive and time.monotonic() < deadline:
            time.sleep(_POLL)
        self.kill()
