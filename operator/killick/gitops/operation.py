"""One read or push of the real adapter: its turn, its thread, its tries."""

import asyncio
import hashlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pygit2

from killick.gitops.clone import Clone
from killick.gitops.commit_message import commit_message
from killick.gitops.port import (
    Contended,
    GitCredentials,
    GitState,
    GitTarget,
    GitUnreachable,
    PushOutcome,
    Refusal,
    Refused,
    TraceRequest,
    Unknown,
    ValueChange,
)
from killick.gitops.session import GitSession
from killick.gitops.transport import Deadline, Transport
from killick.gitops.urls import check_branch, check_path, check_url
from killick.gitops.yaml_parser import EditRefused

T = TypeVar("T")

# What libgit2 raises when the copy on disk is damaged; network errors are ours.
_DAMAGE = (pygit2.GitError, OSError, KeyError, ValueError)


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
    threads_per_host: int = 4


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
    _locks: dict[tuple[str, str], asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )
    _pools: dict[str, ThreadPoolExecutor] = field(default_factory=dict)
    seen: dict[tuple[str, str], HeadCache] = field(default_factory=dict)
    """By URL and branch; used under the branch's lock."""

    def lock(self, target: GitTarget) -> asyncio.Lock:
        """One writer at a time to one branch of one repository."""
        return self._locks[target.url, target.branch]

    def pool(self, host: str) -> ThreadPoolExecutor:
        """The threads for one host."""
        if host not in self._pools:
            count = self.limits.threads_per_host
            self._pools[host] = ThreadPoolExecutor(count, f"git-{host}")
        return self._pools[host]

    def close(self) -> None:
        """Let go of the threads without waiting for them."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)


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
        deadline = Deadline.after(shared.limits.overall)
        self._transport = Transport(target, self._address, credentials, deadline)
        self.trying = False
        """Whether a push may be under way."""

    async def read(self, trace: TraceRequest | None) -> GitState:
        """Look at the target, in its turn."""
        async with self._shared.lock(self._target):
            return await self._in_thread(self._look, trace)

    async def push(self, change: ValueChange) -> PushOutcome:
        """Push in its turn, again on each new tip; raises Contended in the end."""
        # Once beforehand: a malformed change is our own fault and raises ValueError.
        commit_message(change)
        limits = self._shared.limits
        async with self._shared.lock(self._target):
            for number in range(limits.tries):
                self.trying = True
                outcome = await self._in_thread(self._attempt, change)
                self.trying = False
                if outcome is not None:
                    return outcome
                await self._shared.sleep(pause(change.promotion_id, number))
        raise Contended(f"the branch moved before each of {limits.tries} pushes")

    async def _in_thread(self, function: Callable[[Any], T], argument: Any) -> T:
        # Not even begun when its time is over while it waited for its turn.
        self._transport.deadline.check()
        pool = self._shared.pool(self._address.host)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(pool, function, argument)

    def _look(self, trace: TraceRequest | None) -> GitState:
        clone = self._clone()
        key = (self._target.url, self._target.branch)
        known, started = self._known_head(key), time.monotonic()
        try:
            state = self._session(clone).look(trace, known)
        except EditRefused as refusal:
            head = self._transport.head(clone.repository)
            return GitState(head, None, Refusal(refusal.reason, refusal.message))
        except _DAMAGE as error:
            raise self._damaged(clone, error) from None
        if known is None:
            self._shared.seen[key] = HeadCache(state.head, started, self._credentials)
        return state

    def _known_head(self, key: tuple[str, str]) -> str | None:
        """The head, if another look asked for it by the same right since we came.

        So one look serves all objects of a repository that want one at a time,
        and none is ever told what is older than its own question.
        """
        seen = self._shared.seen.get(key)
        if seen is None or seen.credentials != self._credentials:
            return None
        return seen.head if seen.started >= self._asked else None

    def _attempt(self, change: ValueChange) -> PushOutcome | None:
        clone = self._clone()
        try:
            return self._session(clone).attempt(change)
        except EditRefused as refusal:
            return Refused(refusal.reason, refusal.message)
        except _DAMAGE as error:
            return Unknown(self._damaged(clone, error).message)

    def _damaged(self, clone: Clone, error: Exception) -> GitUnreachable:
        clone.discard()
        text = self._transport.clean(str(error))
        return GitUnreachable(f"the local copy was damaged and is made anew: {text}")

    def _clone(self) -> Clone:
        return Clone(self._shared.work, self._target)

    def _session(self, clone: Clone) -> GitSession:
        parts = check_path(self._target.path)
        limit = self._shared.limits.history
        return GitSession(clone, self._transport, parts, self._target.pointer, limit)


def pause(promotion_id: str, number: int) -> float:
    """Seconds to wait after the lost race of that number: growing, and spread.

    The spread comes from the promotion, so that a simulation repeats exactly and
    two operators still do not march in step.
    """
    digest = hashlib.sha256(f"{promotion_id}/{number}".encode()).digest()
    spread = 0.5 + digest[0] / 255
    return min(2.0, 0.1 * 1.6**number) * spread
