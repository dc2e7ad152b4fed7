"""Real servers as child processes that never outlive us.

A `Supervisor` starts programs, waits until they are ready, keeps their logs and ends
them all in reverse order. Three nets, one below the other, see to it that nothing
remains: the kernel kills the children with their parent (launcher.py), a watchdog
ends their children too (watchdog.py), and the next start reaps by pid and start time
what is left even so (orphan_reaper.py).
"""

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from dev.environments.cache import Progress
from dev.processes import signals
from dev.processes.orphan_reaper import (
    MARKER,
    Records,
    identify,
    reap_dead_runs,
    sweep,
)
from dev.processes.ports import free_port
from dev.processes.privileges import UNPRIVILEGED, give_to_unprivileged
from dev.processes.program import Process, Program, StartError
from dev.processes.spawning import in_lasting_thread

__all__ = [
    "Process",
    "Program",
    "StartError",
    "Supervisor",
    "free_port",
    "give_to_unprivileged",
]

_REPOSITORY = Path(__file__).resolve().parents[2]
_LAUNCHER = Path(__file__).resolve().with_name("launcher.py")


class Supervisor:
    """Starts programs and ends them all, in reverse order, when the `with` ends.

    Also on INT, TERM and HUP (as exceptions in the main thread, see signals.py).
    """

    def __init__(
        self,
        directory: Path,
        progress: Progress = print,
        *,
        temporary: bool = False,
    ) -> None:
        self.directory = directory
        self.progress = progress
        self.run = uuid.uuid4().hex
        self.processes: dict[str, Process] = {}
        self._temporary = temporary
        self._records = Records(self.run)
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Reap what dead runs left behind, and start to supervise."""
        for run, pids in reap_dead_runs().items():
            if pids:
                ended = ", ".join(map(str, pids))
                self.progress(f"ended processes that run {run[:8]} left: {ended}")
        self.directory.mkdir(parents=True, exist_ok=True)
        self._stack.enter_context(signals.raised())
        us = identify(os.getpid())
        if us is None:
            raise OSError("cannot read our own entry in /proc")
        temporary = [self.directory.resolve()] if self._temporary else []
        self._records.open(us, temporary)
        self._watchdog = self._start_watchdog()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End everything; nothing interrupts that, and nothing remains."""
        with signals.ignored():
            for process in reversed(self.processes.values()):
                process.stop()
            # Grandchildren that moved to other groups, and a child whose start was
            # interrupted before we knew of it.
            sweep(self.run)
            if self._watchdog is not None:
                self._watchdog.kill()
                self._watchdog.wait()
            self._records.close()
        self._stack.close()

    def start(self, program: Program) -> Process:
        """Start a program; `wait_ready` on the result waits for it.

        ValueError if one of that name runs; one that has ended is replaced.
        """
        known = self.processes.get(program.name)
        if known is not None:
            if known.alive:
                message = f"{program.name} already runs as pid {known.pid}"
                raise ValueError(message)
            known.stop()
        log = self.directory / "logs" / f"{program.name}.log"
        log.parent.mkdir(exist_ok=True)
        popen = in_lasting_thread(lambda: self._spawn(program, log))
        self.processes.pop(program.name, None)  # to the end of the order
        process = self.processes[program.name] = Process(program, popen, log)
        if identity := identify(popen.pid):
            self._records.add(program.name, identity)
        return process

    def stop(self, name: str) -> None:
        """Stop a program; it can be started again by `start_again`."""
        self.processes[name].stop()

    def start_again(self, name: str) -> Process:
        """Start a stopped program as it was, and wait until it is ready."""
        return self.start(self.processes[name].program).wait_ready(self.progress)

    def restart(self, name: str) -> Process:
        """Stop a program and start it again, ready."""
        self.stop(name)
        return self.start_again(name)

    def run_to_end(
        self, program: Program, tick: Callable[[Process], None] | None = None
    ) -> Process:
        """Run a program that ends by itself, calling `tick` every second or so.

        StartError, with the log's tail, if its exit code is not 0.
        """
        process = self.start(program)
        while process.alive:
            try:
                process.wait(timeout=1.0)
            except TimeoutError:
                if tick is not None:
                    tick(process)
        if process.returncode != 0:
            message = (
                f"{program.name} failed with exit code {process.returncode}. "
                f"The end of its log, {process.log}:\n{process.tail()}"
            )
            raise StartError(message)
        process.stop()
        return process

    def _spawn(self, program: Program, log: Path) -> subprocess.Popen[bytes]:
        base = os.environ if program.inherit else {}
        environment = {**base, **program.environment, MARKER: self.run}
        user = str(UNPRIVILEGED) if program.demote and os.geteuid() == 0 else "-"
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), user]
        command = [str(part) for part in program.command]
        found = shutil.which(command[0], path=environment.get("PATH"))
        if found is None:
            message = f"{program.name}: there is no program {command[0]}"
            raise StartError(message)
        with log.open("ab") as output:
            return subprocess.Popen(
                [*launcher, found, *command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=program.cwd,
                start_new_session=True,
            )

    def _start_watchdog(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-m", "dev.processes.watchdog"]
        environment = {**os.environ, "PYTHONPATH": str(_REPOSITORY)}
        environment.pop(MARKER, None)
        return in_lasting_thread(
            lambda: subprocess.Popen(
                [*command, self.run, str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
        )
