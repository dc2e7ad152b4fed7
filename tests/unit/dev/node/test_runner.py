"""Containers as real processes."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dev.kubernetes.node.launch.images import Images, parse_images
from dev.kubernetes.node.launch.runner import Launch, Runner
from dev.kubernetes.node.launch.session_reaper import processes
from dev.kubernetes.node.launch.termination_message import read_log_tail, read_message
from dev.kubernetes.node.log_server import find_log, last_lines
from dev.waiting import wait_until

REPOSITORY = Path(__file__).resolve().parents[4]


@pytest.fixture
async def runner() -> AsyncIterator[Runner]:
    """A runner that is closed in the end."""
    runner = Runner()
    yield runner
    await runner.close()


def launch(tmp_path: Path, *argv: str, limit: int | None = None) -> Launch:
    """A start in the test's directory."""
    env = {"PATH": "/usr/bin:/bin", "A": "1"}
    return Launch(argv, env, tmp_path, tmp_path / "log", limit)


def members(session: int) -> list[int]:
    """The processes of a session."""
    return [process for process, found in processes() if found == session]


async def run(runner: Runner, started: Launch) -> int:
    """Start and wait for the end."""
    return await runner.finish(await runner.start(started))


async def test_exit_codes_output_and_environment(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code is the process's, the log has both streams, the environment is clean."""
    monkeypatch.setenv("NODE_SECRET", "x")
    script = "env | grep -v -e PWD -e SHLVL -e _= | sort; echo err >&2; exit 3"
    assert await run(runner, launch(tmp_path, "sh", "-c", script)) == 3
    assert (tmp_path / "log").read_text() == "A=1\nPATH=/usr/bin:/bin\nerr\n"


async def test_a_signal_is_128_and_its_number(runner: Runner, tmp_path: Path) -> None:
    """A container ended by SIGTERM has exit code 143."""
    process = await runner.start(launch(tmp_path, "sleep", "100"))
    process.terminate()
    assert await runner.finish(process) == 143


async def test_what_a_container_left_behind_is_killed(
    runner: Runner, tmp_path: Path
) -> None:
    """Background processes end with the first one."""
    process = await runner.start(launch(tmp_path, "sh", "-c", "sleep 100 & exit 0"))
    assert await runner.finish(process) == 0
    assert members(process.session) == []


async def test_too_much_memory_is_killed(runner: Runner, tmp_path: Path) -> None:
    """A process tree above its limit is killed and marked, one below it is not."""
    child = "x = bytearray(60 << 20); import time; time.sleep({})"
    argv = [sys.executable, "-c", child.format(100)]
    script = f"import subprocess; subprocess.run({argv!r})"
    limited = launch(tmp_path, sys.executable, "-c", script, limit=40 << 20)
    process = await runner.start(limited)
    assert await runner.finish(process) == 137
    assert process.out_of_memory
    enough = launch(tmp_path, sys.executable, "-c", child.format(0.5), limit=200 << 20)
    process = await runner.start(enough)
    assert await runner.finish(process) == 0
    assert not process.out_of_memory


async def test_a_program_that_is_not_there(runner: Runner, tmp_path: Path) -> None:
    """An unknown command raises instead of being an exit code."""
    with pytest.raises(FileNotFoundError):
        await runner.start(launch(tmp_path, "no-such-program"))


def test_nothing_survives_a_killed_node(tmp_path: Path) -> None:
    """After SIGKILL of the node, also the children of containers are gone."""
    script = f"""
import asyncio
from pathlib import Path
from dev.kubernetes.node.launch.runner import Launch, Runner
here = Path({str(tmp_path)!r})
async def main():
    argv = ("sh", "-c", "sleep 100 & sleep 101 & wait")
    start = Launch(argv, {{"PATH": "/usr/bin:/bin"}}, here, here / "log")
    process = await Runner().start(start)
    print(process.session, flush=True)
    await asyncio.sleep(100)
asyncio.run(main())
"""
    argv = [sys.executable, "-c", script]
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=env, text=True) as node:
        assert node.stdout is not None
        session = int(node.stdout.readline())
        wait_until("three", lambda: members(session), lambda pids: len(pids) == 3)
        node.kill()
    wait_until("their end", lambda: members(session), lambda pids: not pids)


def test_the_message_is_the_files_end(tmp_path: Path) -> None:
    """Of a long message file the last 4096 bytes count; a missing one is empty."""
    file = tmp_path / "message"
    assert read_message(file) == ""
    file.write_bytes(b"x" + b"y" * 4096)
    assert read_message(file) == "y" * 4096


def test_the_log_tail_is_of_this_attempt(tmp_path: Path) -> None:
    """At most 80 lines and 2048 bytes, and nothing that an attempt before wrote."""
    log = tmp_path / "log"
    log.write_text("before\n" + "now\n" * 100)
    assert read_log_tail(log, 7) == "now\n" * 80
    assert read_log_tail(log, 403) == "now\n"
    log.write_text("z" * 5000)
    assert read_log_tail(log, 0) == "z" * 2048


def test_images_are_read_again_when_they_change(tmp_path: Path) -> None:
    """A new image is known at once, and a broken file changes nothing."""
    file = tmp_path / "images.json"
    file.write_text('{"a": {"venv": "/v", "pythonpath": ["/p"], "path": []}}')
    images = Images(file)
    found = images.find("a")
    assert found is not None
    assert (found.venv, found.pythonpath) == ("/v", ("/p",))
    assert images.find("b") is None
    file.write_text('{"b": {"venv": null}, "a": {}}')
    assert images.find("b") is not None
    file.write_text('{"b": ')
    assert images.find("b") is not None
    assert images.names() == ["a", "b"]


def test_an_unknown_key_of_an_image_is_refused() -> None:
    """A misspelt key is an error, not a silently different image."""
    with pytest.raises(TypeError, match="vnev"):
        parse_images('{"a": {"vnev": "/v"}}')


def test_logs_are_found_by_valid_names_only(tmp_path: Path) -> None:
    """A name with a path in it finds nothing."""
    directory = tmp_path / "pods" / "ns_p_u-1"
    directory.mkdir(parents=True)
    (directory / "main.log").write_text("x")
    assert find_log(tmp_path, "ns", "p", "main") == directory / "main.log"
    assert find_log(tmp_path, "ns", "p", "other") is None
    assert find_log(tmp_path, "ns", "p", "../ns_p_u-1/main") is None
    assert find_log(tmp_path, "*", "p", "main") is None


@pytest.mark.parametrize(
    ("count", "expected"), [(None, b"a\nb\nc"), (0, b""), (2, b"b\nc"), (9, b"a\nb\nc")]
)
def test_last_lines(count: int | None, expected: bytes) -> None:
    """As many lines as asked for, from the end."""
    assert last_lines(b"a\nb\nc", count) == expected
