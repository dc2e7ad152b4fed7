"""Whose turn it is: a few workers shared fairly between hosts."""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncIterator


class HostTurns:
    """At most `total` turns at a time, `per_host` of them for one host.

    Hosts that wait are served in rotation, each first come, first served, so neither
    a slow host nor one with many requests keeps another waiting.
    """

    def __init__(self, total: int, per_host: int) -> None:
        self._total = total
        self._per_host = per_host
        self._busy: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._served: dict[str, int] = {}
        self._count = 0

    @contextlib.asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn and hold it."""
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(host, deque()).append(mine)
        self._start_next()
        try:
            await mine
            yield
        finally:
            if mine.done() and not mine.cancelled():
                self._busy[host] -= 1
                if not self._busy[host]:
                    del self._busy[host]
            else:
                mine.cancel()
            self._start_next()

    def _start_next(self) -> None:
        """Give every free turn to the host that has waited longest for one."""
        while self._busy.total() < self._total:
            host = self._next_host()
            if host is None:
                return
            self._count += 1
            self._served[host] = self._count
            self._busy[host] += 1
            self._waiting[host].popleft().set_result(None)

    def _next_host(self) -> str | None:
        """Return the host that was served longest ago, or never; None if none waits."""
        for host, queue in list(self._waiting.items()):
            while queue and queue[0].done():
                queue.popleft()
            if not queue:
                del self._waiting[host]
                if not self._busy[host]:
                    self._served.pop(host, None)
        free = (host for host in self._waiting if self._busy[host] < self._per_host)
        return min(free, key=lambda host: self._served.get(host, 0), default=None)
