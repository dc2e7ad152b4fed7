"""A deleted object is reported once, and the report never delays its deletion."""

import asyncio
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


def released_events(world: FakeWorld) -> list[str]:
    """Return the messages of all Released Events."""
    events = world.cluster.events.values()
    return [event["message"] for event in events if event["reason"] == "Released"]


async def test_a_deletion_is_reported_once() -> None:
    """A deletion with several watch events is reported by one Event."""
    world, reporter = FakeWorld(), FinalizationReporter()
    await world.settle()
    for _ in range(3):
        await reporter.report(world.world, world.name, body(world), world.now)
    assert len(released_events(world)) == 1


@pytest.mark.parametrize(
    "metadata", [{"deletionTimestamp": None}, {"finalizers": ["another"]}]
)
async def test_what_stays_is_not_reported(metadata: dict[str, Any]) -> None:
    """An object that is not being deleted or has no finalizer of ours is ignored."""
    world = FakeWorld()
    await FinalizationReporter().report(
        world.world, world.name, body(world, **metadata), world.now
    )
    assert released_events(world) == []


async def test_the_newest_intent_is_reported() -> None:
    """The report includes an intent that is newer than the watch event."""
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
    await FinalizationReporter().report(world.world, world.name, seen, world.now)
    assert "Job train-a1" in released_events(world)[0]


async def test_an_api_server_that_is_away_is_not_waited_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without an API server the log alone has the record, and why."""
    world = FakeWorld()
    world.cluster.down = Unavailable("connection refused", "APIServerUnreachable")
    with caplog.at_level("INFO", "killick.runtime.finalization"):
        await FinalizationReporter().report(
            world.world, world.name, body(world), world.now
        )
    (record,) = caplog.records
    fields = vars(record)
    assert fields["object"] == "ml/ranger"
    assert fields["left"].startswith("Nothing was in progress")
    assert "APIServerUnreachable" in fields["event_error"]
    assert released_events(world) == []


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
        await FinalizationReporter(0.01).report(
            world.world, world.name, seen, world.now
        )
    assert "in time" in vars(caplog.records[0])["event_error"]
