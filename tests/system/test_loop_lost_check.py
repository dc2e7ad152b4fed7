"""A check whose pod is lost loses nothing but time."""

import os
import signal

from adbc_driver_postgresql import dbapi

from tests.system.loop_manifests import NAME
from tests.system.loop_world import CALM, LoopWorld
from tests.system.node_bench import Bench, session_of


def test_the_next_check_fills_the_gap(world: LoopWorld) -> None:
    """A killed check is an Error with the reason; the next judges its windows, too."""
    world.start()
    world.apply(drift__persistence={"breaches": 2, "windows": 2})
    world.until("an anchor", lambda look: look.at("drift.anchor"))
    world.feed(CALM)
    bench = Bench(world.cluster, world.namespace)
    # While a person rewrites the table, the check has to wait: time to kill it.
    with dbapi.connect(world.database.url) as person, person.cursor() as cursor:
        cursor.execute("LOCK TABLE ml.log IN ACCESS EXCLUSIVE MODE")
        job = world.request_check()
        os.killpg(session_of(bench.until_phase("Running", name=job)), signal.SIGKILL)
        look = world.until("the loss", lambda look: look.at("drift.verdict") == "Error")
        person.rollback()
    assert look.at("drift.lastCheck") == job
    assert look.at("drift.windows", []) == []
    assert "137" in look.condition("InputsHealthy")
    world.after_windows(2)
    look = world.check()
    assert [w["verdict"] for w in look.at("drift.windows")] == ["NoDrift", "NoDrift"]
    first, second = look.at("drift.windows")
    assert first["end"] == second["start"]
    assert f"{NAME}-check" in job
