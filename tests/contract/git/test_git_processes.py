"""The Git processes: bounded in memory and time, alone in their ruin, never orphans."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dev.git.server import GitServer
from dev.waiting import wait_until
from killick.gitops.messages import GitTask
from killick.gitops.port import (
    GitError,
    GitTarget,
    Landed,
    PushNotPossible,
    Refused,
    Unknown,
)
from killick.gitops.processes import MEMORY_BYTES, GitProcess
from killick.gitops.repository import GitLimits, GitRepositories
from tests.contract.git.git_http_world import HttpWorld, git_http_world
from tests.contract.git.git_world import CHANGE, NEW, OLD
from tests.contract.git.pack_bomb import bomb, hostile_server

CHILD_MIB = 150
"""What a Git process may hold at its peak: two of them and 110 MiB of operator are
410 MiB, 80 % of the pod's 512."""


@pytest.fixture
async def world(git_server: GitServer, tmp_path: Path) -> AsyncIterator[HttpWorld]:
    """A repository of the test's own."""
    async with git_http_world(git_server, tmp_path) as world:
        yield world


@pytest.fixture(scope="module")
def bombed() -> Iterator[GitTarget]:
    """A repository whose 16 KB pack unpacks to 2 GB."""
    pack, head = bomb(2)
    assert len(pack) < 20_000
    with hostile_server(pack, head) as url:
        yield GitTarget(url, "main", "values.yaml", "/model/uri")


def git_processes() -> set[int]:
    """The Git processes of this process."""
    found = set()
    for children in Path("/proc/self/task").glob("*/children"):
        found |= {int(pid) for pid in children.read_text().split()}
    return {pid for pid in found if "gitops/process.py" in command_of(pid)}


def command_of(pid: int) -> str:
    """The arguments of a process, empty where it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def environment_of(pid: int) -> str:
    """The environment of a process."""
    return Path(f"/proc/{pid}/environ").read_bytes().decode()


def peak_mib(pid: int) -> float:
    """The most memory that a process has held, as the kernel counts it."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


async def test_a_pack_that_unpacks_to_gigabytes_is_refused(
    world: HttpWorld, bombed: GitTarget
) -> None:
    """The branch is refused by name, and the next repository is read as ever."""
    state = await world.port.read(bombed, None)
    assert state.refused
    assert state.refused.reason == "RepositoryTooLarge"
    assert "more than 96 MiB" in state.refused.message
    pushed = await world.port.push_value(bombed, None, CHANGE)
    assert isinstance(pushed, Refused)
    assert pushed.reason == "RepositoryTooLarge"
    assert (await world.port.read(world.target, world.credentials)).value == OLD


async def test_a_git_process_holds_little_memory_at_its_peak(
    tmp_path: Path, bombed: GitTarget
) -> None:
    """The kernel's own figure of the process that met the pack stays in bounds."""
    process = await GitProcess.start()
    try:
        limits = GitLimits()
        task = GitTask(
            *(str(tmp_path), bombed, None, limits.overall, limits.silence),
            *(limits.history, MEMORY_BYTES),
        )
        assert (await process.ask(task, lambda: True)).exhausted
        assert 20 < peak_mib(process.pid) < CHILD_MIB
    finally:
        await process.end()


async def test_a_process_killed_in_mid_push_leaves_the_outcome_unknown(
    world: HttpWorld,
) -> None:
    """Nothing is claimed; the next look and the next push find what really is."""
    with world.server.held("push") as hold:
        pushing = asyncio.ensure_future(
            world.port.push_value(world.target, world.credentials, CHANGE)
        )
        await asyncio.to_thread(hold.wait)
        (pid,) = git_processes()
        os.kill(pid, signal.SIGKILL)
        outcome = await pushing
    assert isinstance(outcome, Unknown)
    assert not list(world.work.rglob("*.lock"))
    again = await world.port.push_value(world.target, world.credentials, CHANGE)
    assert not isinstance(again, Unknown)
    assert (await world.port.read(world.target, world.credentials)).value == NEW
    assert len([one for one in world.messages() if CHANGE.promotion_id in one]) == 1


async def test_a_process_killed_in_a_read_is_an_error_of_that_read_alone(
    world: HttpWorld,
) -> None:
    """The read fails, and the next one has a process of its own."""
    with world.server.held("fetch") as hold:
        reading = asyncio.ensure_future(
            world.port.read(world.target, world.credentials)
        )
        await asyncio.to_thread(hold.wait)
        (pid,) = git_processes()
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(GitError, match="ended by itself"):
            await reading
    assert (await world.port.read(world.target, world.credentials)).value == OLD


async def test_leadership_is_asked_for_directly_before_a_push(
    world: HttpWorld, tmp_path: Path
) -> None:
    """An operator that leads no more reads as before and pushes nothing."""
    leads = [True]
    port = GitRepositories(tmp_path / "other", may_push=lambda: leads[0])
    try:
        before = world.head()
        leads[0] = False
        assert (await port.read(world.target, world.credentials)).head == before
        with pytest.raises(PushNotPossible, match="another operator leads"):
            await port.push_value(world.target, world.credentials, CHANGE)
        assert world.head() == before
        leads[0] = True
        outcome = await port.push_value(world.target, world.credentials, CHANGE)
        assert isinstance(outcome, Landed)
    finally:
        await port.aclose()


async def test_the_token_is_in_no_argument_and_no_environment(
    world: HttpWorld,
) -> None:
    """What every user of the machine may list holds no credential."""
    with world.server.held("fetch") as hold:
        reading = asyncio.ensure_future(
            world.port.read(world.target, world.credentials)
        )
        await asyncio.to_thread(hold.wait)
        (pid,) = git_processes()
        seen = command_of(pid) + environment_of(pid)
    await reading
    assert "process.py" in seen
    assert world.credentials.password not in seen


async def test_a_silent_host_keeps_no_other_waiting(world: HttpWorld) -> None:
    """A read of another host ends while all reads of the silent one still wait."""
    over = asyncio.Event()

    async def never(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(never, "127.0.0.2")
    async with server:
        number = server.sockets[0].getsockname()[1]
        port = world.another_port(GitLimits(overall=30.0, silence=30.0))
        url = f"http://127.0.0.2:{number}/x.git"
        stuck = [
            asyncio.ensure_future(
                port.read(replace(world.target, url=url, branch=f"b{n}"), None)
            )
            for n in range(5)
        ]
        state = await port.read(world.target, world.credentials)
        assert state.value == OLD
        assert not any(one.done() for one in stuck)
        for one in stuck:
            one.cancel()
        for pid in git_processes():
            os.kill(pid, signal.SIGKILL)
        await asyncio.gather(*stuck, return_exceptions=True)
        over.set()


PROGRAM = """
import asyncio, pathlib, sys
from killick.gitops.processes import GitProcess
async def main():
    process = await GitProcess.start()
    print(process.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


def test_a_git_process_ends_with_the_operator() -> None:
    """An operator that is killed leaves no process behind."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True
    ) as operator:
        assert operator.stdout
        pid = int(operator.stdout.readline())
        assert "gitops/process.py" in command_of(pid)
        operator.kill()
    wait_until("the Git process to end", lambda: not command_of(pid))
