"""The last word on an object is said once, and never keeps it."""

import asyncio
import json
from typing import Any

import pytest

from killick.cluster.port import Manifest
from killick.errors import Unavailable
from killick.names import FINALIZER
from killick.runtime.finalization import FinalizationReporter
from tests.fakes.cluster import FakeCluster
from tests.fakes.world import NAME, NAMESPACE, FakeWorld


def body(world: FakeWorld, **metadata: Any) -> Manifest:
    """Return the object as a watch shows it while it is being deleted."""
    held = world.cluster.objects[NAMESPACE, NAME]
    marked = {"deletionTimestamp": "2026-03-01T12:00:00Z", "finalizers": [FINALIZER]}
    return {**held, "metadata": {**held["metadata"], **marked, **metadata}}


def told(world: FakeWorld) -> list[str]:
    """Return the messages of all last words."""
    events = world.cluster.events.values()
    return [event["message"] for event in events if event["reason"] == "Released"]


async def test_it_is_said_once() -> None:
    """However many events a deletion has, one Event and one line tell of it."""
    world, farewells = FakeWorld(), FinalizationReporter()
    await world.settle()
    for _ in range(3):
        await farewells.say(world.world, world.name, body(world), world.now)
    assert len(told(world)) == 1


@pytest.mark.parametrize(
    "metadata", [{"deletionTimestamp": None}, {"finalizers": ["another"]}]
)
async def test_nothing_is_said_of_what_stays(metadata: dict[str, Any]) -> None:
    """An object that is not being deleted, or was let go before, has no last word."""
    world = FakeWorld()
    await FinalizationReporter().say(
        world.world, world.name, body(world, **metadata), world.now
    )
    assert told(world) == []


async def test_the_newest_intent_is_told() -> None:
    """What was intended after the watch last saw the object is named, too."""
    world = FakeWorld()
    seen = body(world)
    world.cluster.objects[NAMESPACE, NAME]["status"] = {
        "schemaVersion": 1,
        "attempt": {
            "id": "a1",
            "episode": "e1",
            "state": "Running",
            "job": "train-a1",
            "startedAt": "2026-03-01T11:00:00Z",
        },
    }
    await FinalizationReporter().say(world.world, world.name, seen, world.now)
    assert "its Job train-a1" in told(world)[0]


async def test_an_api_server_that_is_away_is_not_waited_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without an API server the log alone has the record, and why."""
    world = FakeWorld()
    world.cluster.down = Unavailable("connection refused", "APIServerUnreachable")
    with caplog.at_level("INFO", "killick.runtime.finalization"):
        await FinalizationReporter().say(
            world.world, world.name, body(world), world.now
        )
    (record,) = caplog.records
    said = json.loads(record.message)
    assert said["message"].startswith("nothing was under way")
    assert "APIServerUnreachable" in said["pending_events"]
    assert told(world) == []


class Silent(FakeCluster):
    """An API server that takes a request and never answers."""

    async def get_model_deployment(self, namespace: str, name: str) -> Manifest | None:
        """Wait for good."""
        await asyncio.Event().wait()
        return None


async def test_silence_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    """An API server that never answers is not waited for beyond the limit."""
    world = FakeWorld()
    seen = body(world)
    world.cluster = Silent()
    world.restart()
    with caplog.at_level("INFO", "killick.runtime.finalization"):
        await FinalizationReporter(0.01).say(world.world, world.name, seen, world.now)
    assert "in time" in caplog.text
