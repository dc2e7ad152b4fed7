"""Plays one scenario under one plan, and says what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from killick.world import World
from tests.fakes.world import NAMESPACE
from tests.simulation.engine.driver import Driver, Listening, Violation, Watch
from tests.simulation.engine.invariants import Ledger, after_write, at_rest
from tests.simulation.engine.wire import Call, Fault, Wire
from tests.simulation.engine.world import SimWorld
from tests.simulation.stories.scenario import Scenario

if TYPE_CHECKING:
    from tests.simulation.engine.sweep import Forks

Plan = Mapping[int, Fault]
Outcome = tuple[Any, ...]


@dataclass
class Run:
    """One run with everything that took part in it."""

    scenario: Scenario
    world: SimWorld
    wire: Wire
    driver: Driver
    ledger: Ledger = field(default_factory=Ledger)
    log: list[str] = field(default_factory=list)
    violation: str = ""
    erased: bool = False

    def written(self, call: Call) -> None:
        """Check the invariants, then let the scenario's people react."""
        after_write(self, call)
        self.scenario.written(self, call)

    def over(self) -> bool:
        """Return whether the scenario's story has ended."""
        return self.scenario.over(self)

    def outcome(self) -> Outcome:
        """Return all that people would compare; equal whatever was injected."""
        world = self.world
        objects = []
        for subject in world.subjects:
            status = self.driver.status(subject.name)
            claims = [(c.type, c.status, c.reason) for c in status.conditions]
            hold = status.hold.reason if status.hold else None
            kept = world.mlflow.models[subject.model]
            stages = {v.version: v.stage for v in kept.versions.values()}
            facts = (status.phase, hold, claims, world.value(subject.model))
            objects.append((subject.name, *facts, dict(kept.aliases), stages))
        made = [name.rsplit("-", 1)[0] for name in world.cluster.created_jobs]
        left = sorted(n for (s, n) in world.cluster.objects if s == NAMESPACE)
        commits = len(world.repository.history())
        return (objects, sorted(made), commits, left)


def play(
    scenario: Scenario,
    plan: Plan | None = None,
    *,
    order: int = 0,
    deaf: bool = False,
    wrap: Callable[[World], World] | None = None,
    forks: Forks | None = None,
) -> Run:
    """Play a scenario; a violation is in the result, not raised."""
    scenario = scenario.fresh()
    world = SimWorld(scenario.subjects)
    scenario.arrange(world)
    wire = Wire(plan or {}, order)
    driver = Driver(world, wire, deaf=deaf)
    run = Run(scenario, world, wire, driver)
    driver.watch = Watch(run.written, run.over)
    if wrap:
        driver.wrap(wrap)
    if forks:
        wire.branch = partial(_branch, run, forks)
    listening = Listening()
    logger = logging.getLogger("killick")
    level = logger.level
    logger.addHandler(listening)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    run.log = listening.lines
    try:
        asyncio.run(driver.run())
        at_rest(run)
        if not driver.offset:
            scenario.verify(run)
    except Violation as violation:
        run.violation = str(violation)
    finally:
        logger.removeHandler(listening)
        logger.setLevel(level)
        logger.propagate = True
    return run


def _branch(run: Run, forks: Forks, call: Call) -> Fault | None:
    """Fork only where it matters: after the disturbance, before the quiet passes."""
    started = run.scenario.disturbed or not run.scenario.at
    return forks.branch(call) if started and not run.driver.story else None
