"""The Git processes of the operator: at most two, shared fairly between hosts.

Packs, trees and YAML files of strangers are read in processes of their own, so that
one that needs gigabytes, hangs or crashes harms nobody but itself. Each is started
from a fixed argument list without a shell, is given credentials by its pipe, and is
killed when a task's time is over.
"""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from killick.gitops.clone_path import clone_path, discard_interrupted
from killick.gitops.messages import (
    ASK_TO_PUSH,
    MAY_NOT_PUSH,
    MAY_PUSH,
    GitReply,
    GitTask,
    decode_reply,
    encode_task,
)
from killick.gitops.port import GitTimedOut, GitUnreachable, Unknown
from killick.gitops.turns import HostTurns

COUNT = 2
"""Processes at a time: two of them and the operator stay below 80 % of the pod's
512 MiB, and a host that is slow occupies at most one of them."""
PER_HOST = COUNT - 1
MEMORY_BYTES = 96 << 20
"""What a process may allocate beyond its start. Two processes of about 40 MiB at their
start and 110 MiB of operator then stay below 400 MiB; a lower value refuses smaller
repositories."""
GRACE_SECONDS = 2.0
"""How much later than its own deadline a process is killed."""
LINE_BYTES = 1 << 20
"""Longest reply that is read: all texts in it are bounded to a few kilobytes."""
TASKS_PER_PROCESS = 200
"""A process is replaced after so many tasks, so that its memory never only grows."""
PROGRAM = Path(__file__).with_name("process.py")
INHERITED = ("SSL_CERT_FILE", "SSL_CERT_DIR", "LANG", "TZ")
"""All that a Git process sees of the operator's environment."""
_SLOW = "the repository took longer than the time allowed"


class GitProcess:
    """One Git process; it carries out one task at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pushing = False
        """Whether a push may be under way."""
        self.tasks = 0
        """How many tasks it was given."""

    @property
    def pid(self) -> int:
        """The process ID."""
        return self._process.pid

    @classmethod
    async def start(cls) -> "GitProcess":
        """Start a process; raises OSError."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", str(PROGRAM), str(os.getpid())),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={name: os.environ[name] for name in INHERITED if name in os.environ},
            limit=LINE_BYTES,
        )
        return cls(process)

    async def ask(self, task: GitTask, may_push: Callable[[], bool]) -> GitReply:
        """Return the reply to a task; raises GitUnreachable if the process ends."""
        self.pushing = False
        self.tasks += 1
        try:
            await self._send(encode_task(task))
            while (line := await self._line()) == ASK_TO_PUSH:
                allowed = may_push()
                self.pushing = allowed
                await self._send(MAY_PUSH if allowed else MAY_NOT_PUSH)
            return decode_reply(line)
        except (OSError, ValueError) as error:
            name = type(error).__name__
            raise GitUnreachable(f"the Git process failed ({name})") from None

    async def _send(self, line: bytes) -> None:
        stdin = self._process.stdin
        if stdin is None:
            raise OSError("the process has no input")
        stdin.write(line)
        await stdin.drain()

    async def _line(self) -> bytes:
        stdout = self._process.stdout
        line = await stdout.readline() if stdout else b""
        if not line:
            code = await self._process.wait()
            raise GitUnreachable(f"the Git process ended by itself (exit code {code})")
        return line

    async def end(self) -> None:
        """Kill the process and wait for its end."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


class GitProcesses:
    """At most COUNT processes; each host has at most PER_HOST of them at a time."""

    def __init__(self, may_push: Callable[[], bool] = lambda: True) -> None:
        """Take whom to ask directly before every push: whether this operator leads."""
        self._may_push = may_push
        self._turns = HostTurns(COUNT, PER_HOST)
        self._idle: list[GitProcess] = []

    async def run(self, task: GitTask, host: str, ends: float) -> GitReply:
        """Carry out a task in its turn, until the monotonic time `ends`.

        A process that ends, or is ended, in mid-push gives the outcome Unknown.
        """
        async with self._turns.turn(host):
            left = ends - time.monotonic()
            if left <= 0:
                return GitReply(error=GitTimedOut(_SLOW))
            return await self._in_process(replace(task, seconds=left))

    async def _in_process(self, task: GitTask) -> GitReply:
        process = self._idle.pop() if self._idle else await GitProcess.start()
        kept = False
        try:
            asking = process.ask(task, self._may_push)
            reply = await asyncio.wait_for(asking, task.seconds + GRACE_SECONDS)
            kept = not reply.exhausted and process.tasks < TASKS_PER_PROCESS
        except (TimeoutError, GitUnreachable) as error:
            reply = _broken(process, error)
        finally:
            if kept:
                self._idle.append(process)
            else:
                await process.end()
                discard_interrupted(clone_path(Path(task.work), task.target))
        return reply

    async def aclose(self) -> None:
        """End the idle processes; those at work end with their task."""
        while self._idle:
            await self._idle.pop().end()


def _broken(process: GitProcess, error: Exception) -> GitReply:
    """Return what is known of a task whose process has ended or is too slow."""
    slow = isinstance(error, TimeoutError)
    text = _SLOW if slow else str(error)
    if process.pushing:
        return GitReply(outcome=Unknown(f"the push may have happened: {text}"))
    return GitReply(error=GitTimedOut(text) if slow else GitUnreachable(text))
