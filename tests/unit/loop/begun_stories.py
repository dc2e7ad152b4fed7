"""Stories that have come to a certain point."""

from driftcheck.contract import Verdict
from tests.fakes.world import FakeWorld

DRIFT, CALM = Verdict.DRIFT, Verdict.NO_DRIFT


async def drifted() -> FakeWorld:
    """Return a world in which drift has just persisted and training runs."""
    world = FakeWorld()
    await world.settle()
    await world.check(CALM)
    await world.check(DRIFT, DRIFT)
    return world


async def promoted() -> FakeWorld:
    """Return a world in which version 2 was trained, proven and promoted."""
    world = await drifted()
    world.train()
    await world.wait(seconds=5)
    world.evaluate()
    await world.wait(seconds=5)
    return world
