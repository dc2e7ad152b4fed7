"""An operator that does not lead writes nothing and does nothing."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from driftcheck.contract import Verdict
from killick.cluster.port import Manifest
from killick.names import FINALIZER
from killick.runtime.finalization import FinalizationReporter
from tests.fakes.cluster import FakeCluster
from tests.fakes.world import NAME, NAMESPACE, FakeWorld, spec

DRIFT = Verdict.DRIFT


class Leader:
    """Says whether it leads; each write must have asked since the one before."""

    def __init__(self) -> None:
        self.asked = False
        self.answers: Callable[[], bool] = lambda: True

    def __call__(self) -> bool:
        """Return whether it leads."""
        self.asked = True
        return self.answers()

    def written(self) -> None:
        """Fail unless it was asked since the last write."""
        assert self.asked, "a write that did not ask whether this operator leads"
        self.asked = False


class GuardedCluster(FakeCluster):
    """A cluster in which each write checks that the leader was asked."""

    def __init__(self, leader: Leader, now: Callable[[], datetime]) -> None:
        super().__init__(now)
        self.leader = leader
        self.writes: list[str] = []

    def _guard(self, what: str) -> None:
        self.leader.written()
        self.writes.append(what)

    async def write_status(self, manifest: Manifest) -> None:
        """See the port."""
        self._guard("status")
        await super().write_status(manifest)

    async def apply_cronjob(self, manifest: Manifest) -> None:
        """See the port."""
        self._guard("cronjob")
        await super().apply_cronjob(manifest)

    async def create_job(self, manifest: Manifest) -> None:
        """See the port."""
        if manifest["metadata"]["name"].rpartition("-")[2].isdigit():
            await super().create_job(manifest)  # the CronJob's controller did this
            return
        self._guard("job")
        await super().create_job(manifest)

    async def delete_job(self, namespace: str, name: str, uid: str) -> None:
        """See the port."""
        self._guard("delete")
        await super().delete_job(namespace, name, uid)

    async def create_event(self, manifest: Manifest) -> None:
        """See the port."""
        self._guard("event")
        await super().create_event(manifest)


def guarded(raw: dict[str, Any] | None = None) -> tuple[FakeWorld, GuardedCluster]:
    """Return a world whose cluster checks the leader, and that cluster."""
    world = FakeWorld(raw)
    cluster = GuardedCluster(Leader(), lambda: world.now)
    for name, value in vars(world.cluster).items():
        if name != "now":
            setattr(cluster, name, value)
    world.cluster = cluster
    world.restart()
    world.world = replace(world.world, leading=cluster.leader)
    return world, cluster


def unknown_schema(world: FakeWorld) -> None:
    """Give the object a status of another version."""
    world.cluster.objects[NAMESPACE, NAME]["status"] = {"schemaVersion": 99}


def invalid_spec(world: FakeWorld) -> None:
    """Give the object a spec that cannot be acted on."""
    broken = spec()
    broken["drift"]["window"] = "never"
    world.cluster.put_object(NAMESPACE, NAME, broken)


def as_it_is(world: FakeWorld) -> None:
    """Change nothing."""


async def test_each_write_asks_first() -> None:
    """In a whole story every status, Event, CronJob and Job follows the question."""
    world, cluster = guarded()
    await world.settle()
    await world.check(DRIFT, DRIFT)
    world.train()
    await world.wait(seconds=5)
    world.evaluate()
    await world.wait(seconds=5)
    invalid_spec(world)
    await world.look()
    unknown_schema(world)
    await world.look()
    assert set(cluster.writes) == {"status", "event", "cronjob", "job"}


@pytest.mark.parametrize("change", [as_it_is, invalid_spec, unknown_schema])
async def test_without_the_lease_nothing_is_written(
    change: Callable[[FakeWorld], None],
) -> None:
    """Neither a plan, nor an invalid spec, nor an unknown schema leads to a write."""
    world, cluster = guarded()
    change(world)
    before = json.dumps(cluster.objects[NAMESPACE, NAME], default=str)
    cluster.leader.answers = lambda: False
    result = await world.look()
    assert result.wake_at > world.now
    assert cluster.writes == []
    assert json.dumps(cluster.objects[NAMESPACE, NAME], default=str) == before


@pytest.mark.parametrize("granted", range(6))
async def test_a_lease_that_is_lost_in_a_pass(granted: int) -> None:
    """Only as many writes happen as were allowed before the Lease was lost."""
    world, cluster = guarded()
    await world.settle()
    await world.check(DRIFT)
    cluster.writes.clear()
    left = iter([True] * granted)
    cluster.leader.answers = lambda: next(left, False)
    world.cluster.annotate(NAMESPACE, NAME, check="now")
    for _ in range(3):
        await world.look()
    assert len(cluster.writes) <= granted


async def test_a_deletion_is_not_reported_without_the_lease() -> None:
    """The report of a deleted object asks again after it read the object."""
    world, cluster = guarded()
    left = iter([True])
    cluster.leader.answers = lambda: next(left, False)
    held = cluster.objects[NAMESPACE, NAME]
    deleted = {"deletionTimestamp": "2026-03-01T12:00:00Z", "finalizers": [FINALIZER]}
    seen = {**held, "metadata": {**held["metadata"], **deleted}}
    reporter = FinalizationReporter()
    await reporter.report(world.world, world.name, seen, datetime.now(UTC))
    assert cluster.writes == []
