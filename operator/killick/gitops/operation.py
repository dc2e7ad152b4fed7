"""One read or push of the real adapter: its turn, its process, its tries."""

import asyncio
import hashlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from killick.gitops.commit_message import commit_message
from killick.gitops.messages import GitReply, GitTask
from killick.gitops.port import (
    Contended,
    GitCredentials,
    GitState,
    GitTarget,
    GitUnreachable,
    PushOutcome,
    TraceRequest,
    ValueChange,
)
from killick.gitops.processes import MEMORY_BYTES, GitProcesses
from killick.gitops.urls import check_branch, check_url


@dataclass(frozen=True, slots=True)
class GitLimits:
    """Bounds of the adapter; times in seconds."""

    overall: float = 60.0
    """For one read or push in all, waiting for its turn included."""
    silence: float = 15.0
    """How long a server may say nothing. Process-wide in libgit2."""
    history: int = 2000
    """How many commits back a search goes."""
    tries: int = 10
    """How often a push is repeated on a new tip."""
    memory: int = MEMORY_BYTES
    """Bytes that one task may allocate; see `processes`."""


@dataclass(frozen=True, slots=True)
class HeadCache:
    """The last look at a branch's head, and by whose right."""

    head: str
    started: float
    """Monotonic time before the server was asked."""
    credentials: GitCredentials | None


@dataclass(frozen=True)
class AdapterState:
    """What all operations of one adapter have in common."""

    work: Path
    allow_http: bool | None
    limits: GitLimits
    sleep: Callable[[float], Awaitable[object]]
    processes: GitProcesses
    _locks: dict[tuple[str, str], asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )
    seen: dict[tuple[str, str], HeadCache] = field(default_factory=dict)
    """By URL and branch; used under the branch's lock."""

    def lock(self, target: GitTarget) -> asyncio.Lock:
        """Return the lock of one branch of one repository: one writer at a time."""
        return self._locks[target.url, target.branch]


class GitOperation:
    """One operation on one target; raises TargetInvalid for one we refuse to use."""

    def __init__(
        self,
        shared: AdapterState,
        target: GitTarget,
        credentials: GitCredentials | None,
    ) -> None:
        self._shared = shared
        self._target = target
        self._credentials = credentials
        self._asked = time.monotonic()
        self._address = check_url(target.url, allow_http=shared.allow_http)
        check_branch(target.branch)
        self._ends = self._asked + shared.limits.overall
        self.trying = False
        """Whether a push may be under way."""

    async def read(self, trace: TraceRequest | None) -> GitState:
        """Look at the target, in its turn."""
        key = (self._target.url, self._target.branch)
        async with self._shared.lock(self._target):
            known, started = self._known_head(key), time.monotonic()
            reply = await self._run(trace=trace, known=known)
            if reply.state is None:
                raise GitUnreachable("the Git process gave no answer")
            if known is None:
                head = HeadCache(reply.state.head, started, self._credentials)
                self._shared.seen[key] = head
            return reply.state

    async def push(self, change: ValueChange) -> PushOutcome:
        """Push in its turn, again on each new tip; raises Contended in the end."""
        # Once beforehand: a malformed change is our own fault and raises ValueError.
        commit_message(change)
        limits = self._shared.limits
        async with self._shared.lock(self._target):
            for number in range(limits.tries):
                self.trying = True
                reply = await self._run(change=change)
                self.trying = False
                if reply.outcome is not None:
                    return reply.outcome
                await self._shared.sleep(pause(change.promotion_id, number))
        raise Contended(f"the branch moved before each of {limits.tries} pushes")

    async def _run(
        self,
        trace: TraceRequest | None = None,
        known: str | None = None,
        change: ValueChange | None = None,
    ) -> GitReply:
        limits = self._shared.limits
        task = GitTask(
            work=str(self._shared.work),
            target=self._target,
            credentials=self._credentials,
            seconds=limits.overall,
            silence=limits.silence,
            history=limits.history,
            memory=limits.memory,
            allow_http=self._shared.allow_http,
            trace=trace,
            known=known,
            change=change,
        )
        reply = await self._shared.processes.run(task, self._address.host, self._ends)
        if reply.error:
            raise reply.error
        return reply

    def _known_head(self, key: tuple[str, str]) -> str | None:
        """Return the head that another look found by the same right since we asked.

        So one look serves all objects of a repository that want one at a time, and
        none is given what is older than its own question.
        """
        seen = self._shared.seen.get(key)
        if seen is None or seen.credentials != self._credentials:
            return None
        return seen.head if seen.started >= self._asked else None


def pause(promotion_id: str, number: int) -> float:
    """Seconds to wait after the lost race of that number: growing, and spread.

    The spread comes from the promotion, so that a simulation repeats exactly and
    two operators still do not march in step.
    """
    digest = hashlib.sha256(f"{promotion_id}/{number}".encode()).digest()
    spread = 0.5 + digest[0] / 255
    return min(2.0, 0.1 * 1.6**number) * spread
