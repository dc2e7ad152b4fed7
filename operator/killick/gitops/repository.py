"""The real Git port: pygit2 over smart HTTP, in processes of its own, no checkout.

Safe to share by all objects of the operator: one lock per repository and branch
serializes our own writers, turns keep a slow server from starving the others, and a
process that is not done in time is killed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from killick.gitops.clone_path import discard_all_interrupted
from killick.gitops.operation import AdapterState, GitLimits, GitOperation
from killick.gitops.port import (
    GitCredentials,
    GitState,
    GitTarget,
    GitTimedOut,
    PushOutcome,
    TraceRequest,
    Unknown,
    ValueChange,
)
from killick.gitops.processes import GitProcesses

__all__ = ["GitLimits", "GitRepositories"]

T = TypeVar("T")


class _Abandoned(GitTimedOut):
    """We stopped waiting; the work itself still goes on."""


class GitRepositories:
    """`GitPort` for every repository that the operator's objects name."""

    def __init__(
        self,
        work: Path,
        *,
        allow_http: bool | None = None,
        limits: GitLimits | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        may_push: Callable[[], bool] = lambda: True,
    ) -> None:
        """Keep clones below `work`, which nobody else may write to.

        `allow_http`: see `check_url`; None allows it to loopback hosts only. `may_push`
        is asked directly before every push: whether this operator leads.
        """
        self._limits = limits or GitLimits()
        processes = GitProcesses(may_push)
        self._shared = AdapterState(work, allow_http, self._limits, sleep, processes)
        self._running: set[asyncio.Task[Any]] = set()
        work.mkdir(parents=True, exist_ok=True)
        discard_all_interrupted(work)

    async def read(
        self,
        target: GitTarget,
        credentials: GitCredentials | None,
        trace: TraceRequest | None = None,
    ) -> GitState:
        """See `GitPort.read`."""
        operation = GitOperation(self._shared, target, credentials)
        return await self._bounded(operation.read(trace))

    async def push_value(
        self,
        target: GitTarget,
        credentials: GitCredentials | None,
        change: ValueChange,
    ) -> PushOutcome:
        """See `GitPort.push_value`."""
        operation = GitOperation(self._shared, target, credentials)
        try:
            return await self._bounded(operation.push(change))
        except _Abandoned as error:
            if not operation.trying:
                raise
            return Unknown(f"the push may still be under way: {error.message}")

    async def aclose(self) -> None:
        """Wait for what is under way, at most the overall limit; end the processes."""
        if self._running:
            await asyncio.wait(self._running, timeout=self._limits.overall)
        await self._shared.processes.aclose()

    async def _bounded(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for the work within the limit; it runs on if the caller gives up.

        The lock stays with the work until its process has ended: a successor never
        meets a half-written clone.
        """
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._finished)
        done, _ = await asyncio.wait({task}, timeout=self._limits.overall)
        if not done:
            raise _Abandoned(f"no end within {self._limits.overall:g} s")
        return task.result()

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            # Looked at, so that an abandoned task's error is not reported as lost.
            task.exception()
