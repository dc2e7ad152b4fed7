"""Every external call of the operator, numbered; and the fault that strikes one.

The operator's ports are wrapped so that each call passes `Wire.call`. A plan maps
call numbers to faults. A crash is a `BaseException`, so that no code of the operator
can survive it, and all that is left of the dead lifetime can do nothing any more.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import TypeVar

from tests.simulation.engine import answers

T = TypeVar("T")
Do = Callable[[], Awaitable[T]]


class Crashed(BaseException):
    """The operator's process is gone."""


class Fault(Enum):
    """What can happen to one call."""

    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    TIMEOUT_APPLIED = "time-out, applied"
    TIMEOUT_LOST = "time-out, not applied"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    MISSING = "404"
    CONFLICT = "409"
    INVALID = "422"
    TOO_MANY = "429"
    BROKEN_SERVER = "503"
    STALE = "stale read"
    BROKEN_BODY = "broken body"
    HOUR_ON = "clock +1 h"
    HOUR_BACK = "clock -1 h"
    DAY_ON = "clock +1 d"
    DAY_BACK = "clock -1 d"
    ANOTHER = "another operator's pass"

    def meets(self, call: Call) -> bool:
        """Return whether this fault can happen to such a call."""
        if self in (Fault.STALE, Fault.BROKEN_BODY):
            return not call.write
        if self in (
            Fault.CONFLICT,
            Fault.INVALID,
            Fault.TIMEOUT_APPLIED,
            Fault.ANOTHER,
        ):
            return call.write
        return True


CRASHES = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER)
JUMPS = {
    Fault.HOUR_ON: timedelta(hours=1),
    Fault.HOUR_BACK: timedelta(hours=-1),
    Fault.DAY_ON: timedelta(days=1),
    Fault.DAY_BACK: timedelta(days=-1),
}


@dataclass(frozen=True)
class Call:
    """One call: its number, and for which object what was asked of which system."""

    number: int
    subject: str
    system: str
    verb: str
    key: tuple[str, ...]
    write: bool

    def __str__(self) -> str:
        return f"#{self.number} {self.system}.{self.verb}{self.key}"


@dataclass(frozen=True)
class Request:
    """A call before it has a number."""

    system: str
    verb: str
    key: tuple[str, ...]
    write: bool


@dataclass
class Wire:
    """All calls of a run, over all lifetimes of the operator."""

    plan: Mapping[int, Fault]
    order: int = 0
    """Not 0: the concurrent calls of a pass run in another order."""
    calls: list[Call] = field(default_factory=list)
    life: int = 0
    subject: str = ""
    written: Callable[[Call], None] = lambda _call: None
    jumped: Callable[[timedelta], None] = lambda _jump: None
    another: Callable[[], Awaitable[None]] | None = None
    """A whole pass of a second operator that does not know of the first."""
    met: list[tuple[Call, Fault]] = field(default_factory=list)
    writes: int = 0
    branch: Callable[[Call], Fault | None] = lambda _call: None
    """Asked before each call: may fork, and then says what strikes this process."""
    seen: dict[tuple[object, ...], list[object]] = field(default_factory=dict)
    clock: Callable[[], float] = lambda: 0.0
    """The world's time in seconds."""
    silence: dict[tuple[int, str], float] = field(default_factory=dict)
    """Until when a lifetime must leave a system alone, as that one has asked."""
    impatient: list[Call] = field(default_factory=list)
    """The calls that came before."""

    async def call(
        self,
        life: int,
        request: Request,
        do: Callable[[], Awaitable[T]],
        stale: Callable[[], Awaitable[T]] | None = None,
    ) -> T:
        """Carry out one call, or let its fault happen."""
        await self._turn(request)
        if life != self.life:
            raise Crashed
        call = self._number(request)
        if self.clock() < self.silence.get((life, call.system), 0.0):
            self.impatient.append(call)
        fault = self.plan.get(call.number) or self.branch(call)
        if fault is None:
            return await self._do(call, do, stale)
        self.met.append((call, fault))
        return await self._strike(life, call, fault, (do, stale))

    async def _strike(
        self, life: int, call: Call, fault: Fault, how: tuple[Do[T], Do[T] | None]
    ) -> T:
        """Let the fault happen to the call."""
        do, stale = how
        if fault is Fault.CRASH_BEFORE:
            self.die()
        if fault in JUMPS:
            self.jumped(JUMPS[fault])
        if fault is Fault.ANOTHER and self.another:
            await self.another()
        if fault in JUMPS or fault is Fault.ANOTHER:
            return await self._do(call, do, stale)
        if fault is Fault.STALE:
            return await self._stale(call, do, stale)
        if fault in (Fault.CRASH_AFTER, Fault.TIMEOUT_APPLIED):
            await self._do(call, do, stale)
            if fault is Fault.CRASH_AFTER:
                self.die()
        if fault is Fault.TOO_MANY and call.system != "git":
            until = self.clock() + answers.WISH.total_seconds()
            self.silence[life, call.system] = until
        instead: T = answers.instead(call, fault)
        return instead

    def die(self) -> None:
        """End the lifetime: nothing that is left of it reaches the world."""
        self.life += 1
        raise Crashed

    def _number(self, request: Request) -> Call:
        call = Call(
            len(self.calls) + 1,
            self.subject,
            request.system,
            request.verb,
            request.key,
            request.write,
        )
        self.calls.append(call)
        return call

    async def _turn(self, request: Request) -> None:
        if self.order and not request.write:
            text = f"{self.order} {len(self.calls)} {request.verb} {request.key}"
            for _ in range(hashlib.sha256(text.encode()).digest()[0] % 4):
                await asyncio.sleep(0)

    async def _do(
        self,
        call: Call,
        do: Callable[[], Awaitable[T]],
        stale: Callable[[], Awaitable[T]] | None,
    ) -> T:
        result = await do()
        if call.write:
            self.writes += 1
            self.written(call)
        elif stale is None:
            past = self.seen.setdefault((call.system, call.verb, call.key), [])
            if not past or past[-1] != result:
                past.append(result)
                del past[:-2]
        return result

    async def _stale(
        self,
        call: Call,
        do: Callable[[], Awaitable[T]],
        stale: Callable[[], Awaitable[T]] | None,
    ) -> T:
        """Answer with the state before the present one, where there was one."""
        if stale is not None:
            return await stale()
        now = await do()
        past = self.seen.get((call.system, call.verb, call.key), [])
        older = [answer for answer in past if answer != now]
        return older[-1] if older else now  # type: ignore[return-value]
