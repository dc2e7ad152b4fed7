"""A check whose pod is lost loses nothing but time."""

import os
import signal
from datetime import UTC, datetime, timedelta

from adbc_driver_postgresql import dbapi

from tests.system.local_cluster.node_bench import Bench, session_of
from tests.system.support import loop_manifests as manifests
from tests.system.support.loop_world import CALM, LoopWorld


def test_the_next_check_fills_the_gap(world: LoopWorld) -> None:
    """A killed check is an Error with the reason; the next judges its windows, too."""
    manifest = world.apply(drift__persistence={"breaches": 3, "windows": 3})
    world.leave(manifests.adopted(manifest))
    world.feed(CALM, start=datetime.now(UTC) - timedelta(seconds=60))
    world.start()
    bench = Bench(world.cluster, world.namespace)
    # While a person rewrites the table, the check has to wait: time to kill it.
    with dbapi.connect(world.database.url) as person, person.cursor() as cursor:
        cursor.execute("LOCK TABLE ml.log IN ACCESS EXCLUSIVE MODE")
        job = world.request_check()
        lost = datetime.now(UTC)
        os.killpg(session_of(bench.until_phase("Running", name=job)), signal.SIGKILL)
        look = world.until("the loss", lambda look: look.at("drift.verdict") == "Error")
        person.rollback()
    assert look.at("drift.lastCheck") == job
    assert look.at("drift.windows", []) == []
    assert "137" in look.condition("InputsHealthy")
    windows = world.check().at("drift.windows")
    assert [window["verdict"] for window in windows] == ["NoDrift"] * 3
    assert [w["end"] for w in windows[:2]] == [w["start"] for w in windows[1:]]
    assert datetime.fromisoformat(windows[0]["end"]) <= lost
