"""What `make demo` shows first, and that it can be stopped while it prepares."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dev.demo.first_verdict import FirstVerdict
from dev.demo.screen import Screen

REPOSITORY = Path(__file__).resolve().parents[3]


def test_a_calm_half_year_and_a_drifted_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The worker's own command answers NoDrift for 2007 and Drift for 2008."""
    first = FirstVerdict(Screen())
    first.prepare()
    first.show()
    printed = capsys.readouterr().out
    calm, turn = printed.split("$ python -m driftcheck")[1:]
    assert "2007-january-to-june.parquet" in calm
    assert "NoDrift" in calm
    assert "2008-january-to-june.parquet" in turn
    assert "Drift (ColumnsDrifted): 8 of 8 columns drifted" in turn


def test_the_printed_commands_repeat_the_check() -> None:
    """A person who pastes what the demo prints gets the same verdict."""
    first = FirstVerdict(Screen())
    first.prepare()
    answer = subprocess.run(
        ["bash", "-c", first.try_it()], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 10
    assert answer.stdout.startswith("Drift")


def test_an_interrupt_while_it_installs_leaves_nothing(tmp_path: Path) -> None:
    """After Ctrl-C on a fresh machine no process of the demo is left."""
    mark = f"KILLICK_TEST_DEMO={tmp_path}"
    variable, value = mark.split("=")
    with subprocess.Popen(
        [sys.executable, "-m", "dev.demo"],
        cwd=REPOSITORY,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path), variable: value},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as demo:
        assert demo.stdout is not None
        while "installing the worker environment" not in demo.stdout.readline():
            assert demo.poll() is None
        # The demo, its watchdog, and the installer.
        deadline = time.monotonic() + 60
        while len(_marked(mark)) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(_marked(mark)) >= 3, "no installer has started"
        demo.send_signal(signal.SIGINT)
        printed = demo.stdout.read()
    assert demo.returncode == 128 + signal.SIGINT
    assert "stopped: nothing is left running" in printed
    assert _marked(mark) == []


def _marked(mark: str) -> list[int]:
    """Return the processes, zombies excepted, whose environment holds the mark."""
    pids = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if mark.encode() in variables:
            pids.append(int(folder.name))
    return pids
