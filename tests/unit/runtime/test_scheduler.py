"""What keeps an object's passes going."""

import asyncio

from killick.cluster.port import Manifest
from killick.runtime.scheduler import LivenessTracker, drive
from tests.fakes.cluster import FakeCluster
from tests.fakes.world import NAME, NAMESPACE, FakeWorld


class Forgetful(FakeCluster):
    """Says once that the object does not exist."""

    answers = 0

    async def get_model_deployment(self, namespace: str, name: str) -> Manifest | None:
        """Answer 404 the first time."""
        self.answers += 1
        found = await super().get_model_deployment(namespace, name)
        return None if self.answers == 1 else found


async def test_one_404_does_not_end_the_passes() -> None:
    """An object that is said to be gone is looked for again."""
    world = FakeWorld()
    cluster = Forgetful()
    cluster.objects = world.cluster.objects
    world.cluster = cluster
    world.restart()
    wake, stop = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(
        drive(world.world, world.name, LivenessTracker(), wake, stop.is_set)
    )
    while cluster.answers == 0:
        await asyncio.sleep(0)
    wake.set()
    while world.cluster.objects[NAMESPACE, NAME]["status"].get("phase") is None:
        wake.set()
        await asyncio.sleep(0.01)
    stop.set()
    wake.set()
    await asyncio.wait_for(task, 30)
    assert cluster.answers > 1
