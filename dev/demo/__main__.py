"""`python -m dev.demo`: a first verdict within seconds, then the whole story.

Runs in any Python of the supported versions and needs no installed package. While a
person reads the first verdict, everything else is built and installed in the
background; then `dev.demo.play` takes this process over.
"""

import os
import signal
import sys
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from pathlib import Path
from typing import Any, NoReturn

from dev.demo.first_verdict import FirstVerdict
from dev.demo.screen import Screen
from dev.environments.prepare import prepare
from dev.processes import signals
from dev.processes.background import in_background
from dev.processes.orphan_reaper import end_own_runs
from dev.processes.program import Program, StartError
from dev.processes.supervisor import Supervisor

_REPOSITORY = Path(__file__).resolve().parents[2]
_ENVIRONMENT = ".venv/.complete"
"""The Makefile's target: the development environment, complete."""


def first_half_minute(screen: Screen) -> None:
    """Show the first verdict, and meanwhile make everything that the story needs."""
    screen.progress("preparing a first check; Ctrl-C stops everything at any time")
    first = FirstVerdict(screen)
    first.prepare()
    rest: list[Future[Any]] = [
        in_background(lambda: prepare(screen.progress)),
        in_background(lambda: _install_development_environment(screen)),
    ]
    first.show()
    if not all(work.done() for work in rest):
        _announce(screen, first)
    for work in wait(rest, return_when=FIRST_EXCEPTION).done:
        work.result()


def _announce(screen: Screen, first: FirstVerdict) -> None:
    screen.chapter(
        "What comes next",
        "Now: Kubernetes, MLflow and the operator's environment are built in the "
        "background. On a new machine this takes about six minutes, once.",
        "Then: the story, about four minutes. Killick runs such checks in Kubernetes, "
        "retrains the model when the drift persists, proves that the new version is "
        "better, and promotes it by a Git commit.",
        "Until then you can repeat the check in another terminal:",
    )
    screen.quote(first.try_it())


def _install_development_environment(screen: Screen) -> None:
    """Run the Makefile's target; nothing if the environment is up to date."""
    logs = _REPOSITORY / "build" / "demo" / "environment"
    with Supervisor(logs, screen.progress) as supervisor:
        command = ["make", "--no-print-directory", _ENVIRONMENT]
        program = Program(name="make", command=command, cwd=_REPOSITORY)
        supervisor.run_to_end(program)


def main() -> int:
    """Run the first part, then become the second; on a signal 128 plus its number."""
    screen = Screen()
    # A shell that starts us in the background has INT ignored; stopping must work.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with signals.raised():
            first_half_minute(screen)
    except KeyboardInterrupt as reason:
        number = reason.number if isinstance(reason, signals.Terminated) else 0
        end_own_runs()
        screen.progress("stopped: nothing is left running")
        return 128 + (number or signal.SIGINT)
    except StartError as error:
        screen.chapter("The demo cannot start")
        screen.quote(str(error))
        return 1
    return _become_the_story(screen)


def _become_the_story(screen: Screen) -> NoReturn:
    python = str(_REPOSITORY / ".venv" / "bin" / "python")
    os.execv(python, [python, "-m", "dev.demo.play", str(screen.started)])


if __name__ == "__main__":
    sys.exit(main())
