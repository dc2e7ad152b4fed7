"""Containers as processes: start, watch their memory, end them all.

Every container is a session of its own, so that all it started can be found and
killed. (What makes yet another session, as a daemon does, escapes.)
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dev.kubernetes.node.launch import session_reaper

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
# Seconds between two looks at memory: growth within one is not seen.
_MEMORY_PERIOD = 0.2


@dataclass(frozen=True)
class Launch:
    """One start of one container; `memory_limit` is in bytes."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    directory: Path
    log: Path
    memory_limit: int | None = None


class ContainerProcess:
    """A started container: its first process and all of that one's session."""

    def __init__(self, process: asyncio.subprocess.Process, limit: int | None) -> None:
        self._process = process
        self.session = process.pid
        self.memory_limit = limit
        self.out_of_memory = False

    async def wait(self) -> int:
        """The exit code of the first process; 128 + N when signal N ended it."""
        code = await self._process.wait()
        return code if code >= 0 else 128 - code

    def terminate(self) -> None:
        """Ask the first process, as the kubelet does, to end."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()

    def kill(self) -> None:
        """SIGKILL the whole session."""
        session_reaper.kill_sessions({self.session})


class Runner:
    """Starts containers; nothing that it started outlives it."""

    def __init__(self) -> None:
        self._open: dict[int, ContainerProcess] = {}
        self._session_reaper: subprocess.Popen[str] | None = None
        self._memory: asyncio.Task[None] | None = None

    async def start(self, launch: Launch) -> ContainerProcess:
        """Start a process with a clean environment and its output in the log.

        Raises:
            OSError: there is no such program or directory.
            ValueError: an argument or variable holds a null byte.

        """
        node = os.getpid()

        def bind_to_node() -> None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != node:
                os._exit(128 + signal.SIGKILL)

        with launch.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *launch.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(launch.env),
                cwd=launch.directory,
                start_new_session=True,
                preexec_fn=bind_to_node,
                umask=0o022,
            )
        container = ContainerProcess(process, launch.memory_limit)
        self._open[container.session] = container
        self._tell(f"+{container.session}")
        if launch.memory_limit is not None and self._memory is None:
            self._memory = asyncio.create_task(self._watch_memory())
        return container

    async def finish(self, container: ContainerProcess) -> int:
        """Wait for the container's end, then end what it left behind."""
        try:
            return await container.wait()
        finally:
            container.kill()
            self._open.pop(container.session, None)
            self._tell(f"-{container.session}")

    def kill_all(self) -> None:
        """SIGKILL every container at once."""
        if self._open:
            session_reaper.kill_sessions(set(self._open))

    async def close(self) -> None:
        """Kill everything and stop watching."""
        self.kill_all()
        if self._memory is not None:
            self._memory.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._memory
        if self._session_reaper is not None:
            _pipe(self._session_reaper).close()
            self._session_reaper.wait()

    def _tell(self, line: str) -> None:
        if self._session_reaper is None:
            # A session of its own, so that killing the node's group spares it.
            self._session_reaper = subprocess.Popen(
                [sys.executable, "-I", "-S", session_reaper.__file__],
                stdin=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        pipe = _pipe(self._session_reaper)
        pipe.write(line + "\n")
        pipe.flush()

    async def _watch_memory(self) -> None:
        while True:
            await asyncio.sleep(_MEMORY_PERIOD)
            limited = [c for c in self._open.values() if c.memory_limit is not None]
            if not limited:
                continue
            members = defaultdict[int, list[int]](list)
            for process, session in session_reaper.processes():
                members[session].append(process)
            for container in limited:
                limit = container.memory_limit or 0
                if memory(members[container.session], limit) > limit:
                    container.out_of_memory = True
                    container.kill()


def memory(processes: Iterable[int], limit: int) -> int:
    """Bytes of anonymous and shared memory that the processes hold together.

    Pages that they share count once each only where it matters: when the cheap
    sum is above `limit`.
    """
    members = list(processes)
    quick = sum(_fields(p, "status", ("RssAnon:", "RssShmem:")) for p in members)
    if quick <= limit or len(members) == 1:
        return quick
    return sum(_fields(p, "smaps_rollup", ("Pss_Anon:", "Pss_Shmem:")) for p in members)


def _fields(process: int, file: str, names: tuple[str, ...]) -> int:
    try:
        lines = Path("/proc", str(process), file).read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(names))


def _pipe(process: subprocess.Popen[str]) -> IO[str]:
    if process.stdin is None:
        raise RuntimeError("the session_reaper was started without a pipe")
    return process.stdin
