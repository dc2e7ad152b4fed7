"""The operators of one test: started, made to die or freeze, and what they print."""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import urlopen

from dev.environments.images import ensure_environment
from dev.operator_program import REPOSITORY, OperatorProgram
from dev.processes.ports import free_port
from dev.processes.supervisor import Process, Program, Supervisor
from dev.waiting import wait_until

T = TypeVar("T")
LIMIT = 90.0
"""Seconds that anything of a test of the loop may take."""


def _struck(program: Program, point: str, blow: signal.Signals) -> Program:
    """Return the operator's program as one that sends itself the signal there."""
    environment = dict(program.environment)
    environment["PYTHONPATH"] += f":{REPOSITORY}"
    module = "tests.system.support.killable_operator"
    command = [program.command[0], "-m", module, point, blow.name]
    return replace(program, command=command, environment=environment)


@dataclass(kw_only=True)
class LoopOperators:
    """The operator that serves a test's namespace, and more of them where wanted."""

    supervisor: Supervisor
    namespace: str
    operator: OperatorProgram
    others: list[Process] = field(default_factory=list)
    """Further operators that serve the same namespace."""

    @property
    def started(self) -> bool:
        """Return whether the operator was started at all."""
        return f"operator-{self.namespace}" in self.supervisor.processes

    @property
    def process(self) -> Process:
        """Return the operator's process, also when it has ended."""
        return self.supervisor.processes[f"operator-{self.namespace}"]

    @property
    def log(self) -> str:
        """Return what the operator has printed in all its lives."""
        return self.process.log.read_text()

    def start(self, kill: str = "") -> Process:
        """Start the operator without waiting; `kill` is where it will die."""
        venv = ensure_environment("operator", self.supervisor.progress)
        program = self.operator.program(venv)
        named = replace(program, name=f"operator-{self.namespace}")
        if kill:
            named = _struck(named, kill, signal.SIGKILL)
        return self.supervisor.start(named)

    def another(self, freeze: str = "") -> Process:
        """Start one more operator beside the first; port and files are its own.

        `freeze` is where it will stop as by SIGSTOP, once.
        """
        number = len(self.others) + 2
        directory = self.operator.directory / f"operator-{number}"
        directory.mkdir()
        operator = replace(self.operator, directory=directory, port=free_port())
        venv = ensure_environment("operator", self.supervisor.progress)
        program = replace(
            operator.program(venv), name=f"operator-{self.namespace}-{number}"
        )
        if freeze:
            program = _struck(program, freeze, signal.SIGSTOP)
        self.others.append(self.supervisor.start(program))
        return self.others[-1]

    def freezes(self, point: str) -> Process:
        """Start one more operator and wait until it is frozen at this point."""
        process = self.another(point)
        state = Path(f"/proc/{process.pid}/stat")
        self.wait(
            f"the operator to freeze at {point}",
            lambda: state.read_text().rpartition(")")[2].split()[0],
            lambda letter: letter == "T",
        )
        return process

    def dies(self, kill: str) -> None:
        """Start the operator and wait until it has killed itself at this point."""
        process = self.start(kill)
        self.wait(f"the operator to die at {kill}", lambda: not process.alive)
        assert process.returncode == -9, process.tail()

    def metrics(self) -> str:
        """Return what the operator serves on /metrics."""
        return self._http("/metrics")

    def healthy(self) -> bool:
        """Return whether /healthz answers 200."""
        return bool(self._http("/healthz"))

    def _http(self, path: str) -> str:
        with urlopen(f"{self.operator.url}{path}", timeout=10) as answer:
            text: str = answer.read().decode()
            return text

    def wait(
        self,
        what: str,
        observe: Callable[[], T],
        accept: Callable[[T], Any] = bool,
    ) -> T:
        """Wait for a value; say how things stand if it does not come."""
        return wait_until(what, observe, accept, seconds=LIMIT, context=self.standing)

    def wait_logged(
        self, text: str, count: int = 1, process: Process | None = None
    ) -> None:
        """Wait until an operator, or else the first, has logged the text that often."""
        self.wait(
            f"{text} {count} times in the log",
            lambda: process.log.read_text() if process else self.log,
            lambda log: log.count(text) >= count,
        )

    def standing(self) -> str:
        """Return how things stand, for the message of a wait that was in vain."""
        return self.last_lines()

    def last_lines(self) -> str:
        """Return the operator's last lines."""
        return self.process.tail(15) if self.started else "(never started)"

    def kill_operators(self) -> None:
        """End all operators at once."""
        for other in self.others:
            other.kill()
        if self.started:
            self.process.kill()
