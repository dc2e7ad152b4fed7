"""The first verdict: the worker's own command on the story's data, within seconds.

It needs the worker's environment and the price files, about 100 MB, and nothing of
the development environment, which may not exist yet: standard library only here.
"""

import os
import shlex
import subprocess
from pathlib import Path

from dev.demo.screen import Screen
from dev.environments.images import ensure_environment
from dev.environments.uv import ensure_wheels
from dev.processes.program import StartError

_REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = _REPOSITORY / "build" / "demo"
"""The files stay there, so that a person can run the check again."""

REFERENCE = "2004-to-2006.parquet"
CALM = "2007-january-to-june.parquet"
TURN = "2008-january-to-june.parquet"
# The exit codes of `python -m driftcheck` that the story expects.
NO_DRIFT, DRIFT = 0, 10


class FirstVerdict:
    """Checks two half years of the story against what the model was trained on.

    StartError if something cannot be installed, or a verdict is another than the
    story's.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._python = Path()

    def prepare(self) -> None:
        """Install the worker's environment, and write the story's data as files."""
        progress = self._screen.progress
        self._python = ensure_environment("worker", progress) / "bin" / "python"
        data = ensure_wheels("story", progress)
        search = f"{_REPOSITORY / 'examples'}:{data}"
        command = ["-m", "story.files", str(FOLDER)]
        answer = self._run(command, search, _REPOSITORY)
        if answer.returncode != 0:
            raise StartError(f"the story's data cannot be written:\n{answer.stdout}")

    def show(self) -> None:
        """Print both commands and what they answer."""
        self._screen.chapter(
            "A first verdict: do new rows still look like the training data?",
            "The story's model predicts tomorrow's price range of two stock indices. "
            "It was trained on the quiet years 2004 to 2006. First, the rows that it "
            "saw from January to June 2007, when markets were still quiet:",
        )
        self._check(CALM, NO_DRIFT, lines=2)
        self._screen.say("From January to June 2008, during the credit crisis:")
        self._check(TURN, DRIFT)
        self._screen.say(
            "Exit code 10 means Drift. A CronJob can run this command without the "
            "operator; the operator adds what follows from a verdict."
        )

    def try_it(self) -> str:
        """Return the shell commands that repeat the second check."""
        return (
            f"cd {shlex.quote(str(FOLDER))}\n"
            f"export PYTHONPATH={shlex.quote(str(_REPOSITORY / 'drift'))}\n"
            f"{self._python} -m driftcheck --reference {REFERENCE} --current {TURN}"
        )

    def _check(self, current: str, expected: int, lines: int | None = None) -> None:
        command = ["-m", "driftcheck", "--reference", REFERENCE, "--current", current]
        answer = self._run(command, str(_REPOSITORY / "drift"), FOLDER)
        shown, shortened = answer.stdout, ""
        if lines is not None:
            shown = "".join(shown.splitlines(keepends=True)[:lines])
            shortened = f" | head -n {lines}"
        self._screen.quote(shown, f"python {shlex.join(command)}{shortened}")
        if answer.returncode != expected:
            raise StartError(
                f"driftcheck ended with exit code {answer.returncode} where the story "
                f"expects {expected}. Its output:\n{answer.stdout}"
            )

    def _run(
        self, arguments: list[str], search: str, directory: Path
    ) -> "subprocess.CompletedProcess[str]":
        settings = {"PYTHONPATH": search, "PYTHONUNBUFFERED": "1"}
        return subprocess.run(
            [self._python, *arguments],
            cwd=directory,
            env={"PATH": os.environ.get("PATH", os.defpath), **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
