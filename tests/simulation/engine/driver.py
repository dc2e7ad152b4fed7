"""One run: a scenario under a plan of faults, over as many lifetimes as it takes.

The loop's own `run_once` is driven in virtual time as `killick.runtime.scheduler`
drives it. When the operator dies, its memory and ports are thrown away and the worlds
are kept; a new one starts a few seconds later. The run ends when the scenario says
that it is over; then one more check cycle and ten quiet passes follow.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from killick.loop import run_once
from killick.names import ObjectName
from killick.observe.gather import Ports
from killick.plan.tracks.episode import UNDER_WAY
from killick.record.metrics import StatusCollector
from killick.resource.status import Status, parse_status
from killick.retry_after import RetryAfterGate
from killick.runtime.scheduler import GONE_PAUSE, IMMEDIATE_LIMIT, LONGEST_WAIT
from killick.settings import Settings
from killick.world import Memory, World
from tests.fakes.world import MLFLOW, NAMESPACE
from tests.simulation.engine.ports import SimApi, SimCluster, SimGit, SimRegistry
from tests.simulation.engine.wire import Call, Crashed, Wire
from tests.simulation.engine.world import PERIOD, START, SimWorld

RESTART = timedelta(seconds=3)
PASSES = 600
SETTLED = timedelta(seconds=60)
LIMIT = START + timedelta(hours=3)
QUIET_PASSES, QUIET_PAUSE = 10, timedelta(seconds=25)


class Violation(BaseException):
    """An invariant does not hold. Not an `Exception`: the loop must not catch it."""


@dataclass
class Subjective:
    """What the driver keeps of one object."""

    name: str
    due: datetime = START
    memory: Memory = field(default_factory=Memory)
    immediate: int = 0
    gone: bool = False


@dataclass
class Watch:
    """What looks on: after every applied write, and when the object's turn ends."""

    written: Callable[[Call], None]
    over: Callable[[], bool]


class Driver:
    """Runs the operator over a world until the world's story is over."""

    def __init__(self, world: SimWorld, wire: Wire, *, deaf: bool = False) -> None:
        self.world = world
        self.wire = wire
        self.deaf = deaf
        self.offset = timedelta(0)
        self.lifetimes = 0
        self.passes = 0
        self.story = 0
        """How many calls came before the quiet passes."""
        self.down_until: datetime | None = None
        self.watch = Watch(lambda _call: None, lambda: True)
        self.objects = [Subjective(s.name) for s in world.subjects]
        self.mutate: Callable[[World], World] = lambda operator: operator
        wire.clock = world.seconds
        wire.written = self._written
        wire.jumped = self._jump
        wire.another = self._another
        self._boot()

    def wrap(self, mutate: Callable[[World], World]) -> None:
        """Exchange a part of the operator: how mutants are made."""
        self.mutate = mutate
        self._boot()
        self.lifetimes = 1

    def status(self, name: str) -> Status:
        """Return a status as the API server holds it."""
        held = self.world.cluster.objects.get((NAMESPACE, name))
        return (parse_status(held["status"]) if held else None) or Status()

    def kill(self, downtime: timedelta) -> None:
        """Let the operator die here and stay away for a while."""
        self.down_until = self.world.now + downtime
        self.wire.die()

    async def run(self) -> None:
        """Play until it is over, and then until it is quiet."""
        while not (self.idle() and self.watch.over()):
            if self.world.now > LIMIT:
                if not self.offset:
                    raise Violation(f"not over by {LIMIT}")
                break  # by a wrong clock, waiting longer can be right
            await self._step()
        # Once more round: a check, and whatever an operator might still want to do.
        rounds = (self.world.now - START) // PERIOD + 1
        end = START + rounds * PERIOD + SETTLED
        while self.world.now < end or not self.idle():
            await self._step()
        self.world.cron = False
        self.story = len(self.wire.calls)
        for held in self.objects:  # so that a fault in the last pass is got over
            held.due = self.world.now
        while not self.idle():
            await self._step()
        if not (self.offset and self.busy()):
            await self._quiet()

    def busy(self) -> bool:
        """Return whether an attempt goes on; wrong clocks end a cooldown."""
        attempts = [self.status(o.name).attempt for o in self.objects]
        return any(a and a.state in UNDER_WAY for a in attempts)

    def idle(self) -> bool:
        """Return whether the operator is up and waits for something."""
        return self.down_until is None and not self._due()

    def _due(self) -> list[Subjective]:
        waiting = [o for o in self.objects if not o.gone]
        return [o for o in waiting if o.due <= self.world.now]

    def _boot(self) -> None:
        self.lifetimes += 1
        self.down_until = None
        self.operator = self._operator()
        for held in self.objects:
            held.memory, held.due, held.immediate = Memory(), self.world.now, 0
            held.gone = (NAMESPACE, held.name) not in self.world.cluster.objects

    async def _another(self) -> None:
        """Let a second operator, just started, run a pass over the same object."""
        name = ObjectName("sim", NAMESPACE, self.wire.subject)
        now = self.world.now + self.offset
        await run_once(self._operator(), name, Memory(), now)

    def _operator(self) -> World:
        life, twins = self.wire.life, self.world
        ports = Ports(
            SimCluster(self.wire, life, twins.cluster, self._gate()),
            SimRegistry(SimApi(self.wire, life, twins.mlflow, self._gate())),
            SimGit(self.wire, life, twins.gits),
        )
        settings = Settings(
            cluster="sim", tracking_uri=MLFLOW, work_directory=Path("/nonexistent")
        )
        return self.mutate(World(ports, settings, StatusCollector(), self.world.index))

    def _gate(self) -> RetryAfterGate:
        return RetryAfterGate(self.world.seconds, chance=lambda: 0.5)

    async def _step(self) -> None:
        due = self._due()
        if self.down_until is None and due:
            await self._pass(min(due, key=lambda o: (o.due, o.name)))
            return
        moments = [self.world.next_happening, self.down_until]
        if self.down_until is None:
            moments += [o.due for o in self.objects if not o.gone]
        known = [m for m in moments if m is not None]
        if not known:
            raise Violation("nothing will ever happen")
        happened = self.world.advance(max(min(known), self.world.now))
        if self.down_until and self.down_until <= self.world.now:
            self._boot()
        if happened and not self.deaf:
            for held in self.objects:
                held.due = self.world.now

    async def _pass(self, held: Subjective) -> None:
        self.passes += 1
        if self.passes > PASSES:
            raise Violation(f"not over after {PASSES} passes")
        self.wire.subject = held.name
        before = self.world.now + self.offset
        name = ObjectName("sim", NAMESPACE, held.name)
        try:
            result = await run_once(self.operator, name, held.memory, before)
        except Crashed:
            for _ in range(4):  # what else is left of the lifetime dies as well
                await asyncio.sleep(0)
            self.down_until = self.down_until or self.world.now + RESTART
            return
        # kopf stops the daemon of an object that is really gone.
        here = (NAMESPACE, held.name) in self.world.cluster.objects
        held.gone = result.gone and not here
        pause = (result.wake_at - before).total_seconds()
        if result.gone:
            pause = GONE_PAUSE
        held.immediate = held.immediate + 1 if pause <= 0 else 0
        if held.immediate >= IMMEDIATE_LIMIT:
            raise Violation(f"{IMMEDIATE_LIMIT} passes in a row without a pause")
        pause = min(max(pause, 0.0), LONGEST_WAIT)
        held.due = self.world.now + timedelta(seconds=pause)

    def _written(self, call: Call) -> None:
        self.world.noted()
        self.watch.written(call)

    def _jump(self, jump: timedelta) -> None:
        self.offset += jump

    async def _quiet(self) -> None:
        writes = self.wire.writes
        for _ in range(QUIET_PASSES):
            self.world.advance(self.world.now + QUIET_PAUSE)
            for held in self.objects:
                if not held.gone:
                    await self._pass(held)
        if self.wire.writes != writes:
            made = [str(c) for c in self.wire.calls if c.write][writes:]
            raise Violation(f"writes in quiet passes: {made}")


class Listening(logging.Handler):
    """Keeps the log's lines, so that secrets in them are found."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.lines.append(self.format(record))
