"""Leader election: of several operators, the one that holds the Lease acts.

The protocol is that of client-go, so that people and tools know it:

    the Lease says                                    → a candidate
    nobody holds it (never did, or let it go)         → takes it
    it holds it itself                                → renews it
    another holds it, and what it says changed within
    the Lease's duration, by the candidate's own clock → waits
    another holds it, unchanged for longer             → takes it

Clocks of two machines are never compared. A leader counts from the moment at which it
began to renew, and for two thirds of the duration only; so it has stopped acting
before anyone else may begin, even when the API server does not answer. Every write and
every effect asks `leading` first. What a frozen leader had already sent is harmless,
because every effect has a deterministic name.

The election of the `kubernetes` package is not used: its requests have no time-out,
it compares wall clocks, writes local times as UTC, and never releases the Lease.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from killick.cluster.lease import LeasePort, LeaseRecord
from killick.errors import KillickError

log = logging.getLogger("killick.runtime.election")
NEVER = float("-inf")
DEADLINE = 2 / 3  # of the duration: how long one renewal lets its leader act
RETRY = 2 / 15  # of the duration: the pause between two looks, but at most
LONGEST_PAUSE = 2.0  # seconds, so that a Lease that was let go is taken soon
JITTER = 1.2


def may_hold(
    record: LeaseRecord, identity: str, unchanged_since: float, now: float
) -> bool:
    """Return whether a candidate may take or renew the Lease.

    `unchanged_since` and `now` are seconds of the candidate's own clock.
    """
    if record.holder in ("", identity):
        return True
    return now >= unchanged_since + record.seconds


def claimed(
    record: LeaseRecord, identity: str, seconds: int, now: datetime
) -> LeaseRecord:
    """Return the Lease as its holder from now on writes it."""
    if record.holder == identity:
        return replace(record, seconds=seconds, renewed_at=now)
    return replace(
        record,
        holder=identity,
        seconds=seconds,
        acquired_at=now,
        renewed_at=now,
        transitions=record.transitions + 1,
    )


class Election:
    """One candidate: `acquire`, then `keep` for as long as it leads, then `release`."""

    def __init__(
        self,
        lease: LeasePort,
        identity: str,
        seconds: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lease = lease
        self._identity = identity
        self._seconds = seconds
        self._clock = clock
        self._until = NEVER
        self._seen: tuple[LeaseRecord, float] | None = None
        self._reported = ""

    @property
    def leading(self) -> bool:
        """Whether this operator may act at this moment."""
        return self._clock() < self._until

    async def acquire(self) -> None:
        """Wait until this operator holds the Lease."""
        while not await self.attempt():
            await self._pause()
        log.info("Became the leader", extra={"identity": self._identity})

    async def keep(self, lost: Callable[[], None]) -> None:
        """Renew the Lease; call `lost` once it is lost, and return."""
        while self.leading:
            await self._pause()
            await self.attempt()
        log.error(
            "Lost the Lease; this operator stops", extra={"error": self._reported}
        )
        lost()

    async def release(self) -> None:
        """Release the Lease, so that another replica need not wait until it expires."""
        if not self.leading:
            return
        self._until = NEVER
        try:
            record = await self._lease.read()
            if record.holder == self._identity:
                await self._lease.write(replace(record, holder="", seconds=1))
        except KillickError as error:
            log.warning("The Lease was not released", extra={"error": error.message})

    async def attempt(self) -> bool:
        """Try once to take or renew it; return whether this operator leads now."""
        try:
            async with asyncio.timeout(self._seconds * DEADLINE):
                await self._attempt()
        except KillickError as error:
            self._report(f"{error.reason}: {error.message}")
        except TimeoutError:
            self._report("the API server did not answer in time")
        return self.leading

    async def _attempt(self) -> None:
        began = self._clock()
        record = await self._lease.read()
        if self._seen is None or self._seen[0] != record:
            self._seen = (record, self._clock())
        if not may_hold(record, self._identity, self._seen[1], self._clock()):
            self._until = NEVER
            self._report(f"{record.holder} holds it")
            return
        wanted = claimed(record, self._identity, self._seconds, datetime.now(UTC))
        await self._lease.write(wanted)
        self._until = began + self._seconds * DEADLINE

    async def _pause(self) -> None:
        pause = min(self._seconds * RETRY, LONGEST_PAUSE)
        await asyncio.sleep(pause * random.uniform(1, JITTER))  # noqa: S311

    def _report(self, what: str) -> None:
        if what != self._reported:
            self._reported = what
            log.info("Waiting for the Lease", extra={"error": what})
