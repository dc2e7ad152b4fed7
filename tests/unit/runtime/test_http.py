"""What the operator answers over HTTP, asked over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest

from killick.names import ObjectName
from killick.record.metrics import StatusCollector
from killick.resource.drift_status import DriftStatus
from killick.resource.status import Condition, PastAttempt, Status, Versions
from killick.runtime.http import start_server
from killick.runtime.scheduler import LivenessTracker, WakeupQueue, drive
from tests.fakes.world import NAME, NAMESPACE, FakeWorld

SUBJECT = ObjectName("test", "ml", "ranger")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
async def served() -> AsyncIterator[tuple[str, StatusCollector, LivenessTracker]]:
    """Return the address, the collector and the liveness of a running server."""
    collector, liveness = StatusCollector(), LivenessTracker()
    runner = await start_server(collector, liveness, ("127.0.0.1", 0), limit=0.05)
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}", collector, liveness
    await runner.cleanup()


async def ask(url: str) -> tuple[int, str]:
    """Return status and body of a GET."""
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def test_healthz_names_a_stuck_pass(
    served: tuple[str, StatusCollector, LivenessTracker],
) -> None:
    """Liveness is well until a pass runs past the limit, and well again after it."""
    url, _, liveness = served
    assert (await ask(f"{url}/healthz"))[0] == 200
    liveness.begin(SUBJECT)
    while (answer := await ask(f"{url}/healthz"))[0] == 200:
        await asyncio.sleep(0.01)
    assert answer == (503, "stuck: ml/ranger")
    liveness.end(SUBJECT)
    assert (await ask(f"{url}/healthz"))[0] == 200


async def test_series_of_a_deleted_object_vanish(
    served: tuple[str, StatusCollector, LivenessTracker],
) -> None:
    """Every family shows the object's state, and nothing of it once it is gone."""
    url, collector, _ = served
    drift = DriftStatus(verdict="Drift", percent=75, last_check_time=NOON)
    status = Status(
        phase="Drifted",
        versions=Versions(serving="3"),
        drift=drift,
        attempts=(PastAttempt("a", "e", NOON, "Failed"),),
        conditions=(Condition("Ready", "True", "Healthy"),),
    )
    collector.show(SUBJECT, "ranger", status)
    collector.count_attempts(SUBJECT, "ranger", status, status)
    labels = 'model="ranger",name="ranger",namespace="ml"'
    text = (await ask(f"{url}/metrics"))[1]
    assert f"killick_model_drift_share_ratio{{{labels}}} 0.75" in text
    assert f"killick_model_drift_detected{{{labels}}} 1.0" in text
    assert 'phase="Drifted",serving="3"' in text
    assert 'outcome="Failed"} 0.0' in text
    collector.forget(SUBJECT)
    assert "ranger" not in (await ask(f"{url}/metrics"))[1]


async def test_undecided_verdicts_have_no_drift_series(
    served: tuple[str, StatusCollector, LivenessTracker],
) -> None:
    """Inconclusive is neither 0 nor 1."""
    url, collector, _ = served
    collector.show(SUBJECT, "ranger", Status(drift=DriftStatus(verdict="Inconclusive")))
    text = (await ask(f"{url}/metrics"))[1]
    assert "killick_model_drift_detected{" not in text
    assert "killick_model_drift_share_ratio{" not in text


async def test_drive_runs_until_kopf_stops_it() -> None:
    """A wake-up runs the next pass at once; it is kopf that ends the drive."""
    world = FakeWorld()
    world.now = datetime.now(UTC)
    wakeups, liveness = WakeupQueue(), LivenessTracker()
    wake, stop = wakeups.event(NAMESPACE, NAME), asyncio.Event()
    driven = asyncio.create_task(
        drive(world.world, world.name, liveness, wake, stop.is_set)
    )
    while world.status.phase is None:
        await asyncio.sleep(0.01)
    del world.cluster.objects[NAMESPACE, NAME]
    stop.set()
    wakeups.wake(NAMESPACE, NAME)
    await asyncio.wait_for(driven, timeout=5)
    assert liveness.stuck(0.0) == []


def test_only_what_people_change_wakes() -> None:
    """A new resourceVersion alone, as our own status write makes, wakes nobody."""
    wakeups = WakeupQueue()
    event = wakeups.event("ml", "ranger")
    wakeups.object_seen("ml", "ranger", {"generation": 1, "resourceVersion": "1"})
    event.clear()
    wakeups.object_seen("ml", "ranger", {"generation": 1, "resourceVersion": "2"})
    assert not event.is_set()
    wakeups.object_seen(
        "ml", "ranger", {"generation": 1, "annotations": {"killick.dev/check": "x"}}
    )
    assert event.is_set()
