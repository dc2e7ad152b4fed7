"""Too few rows are no evidence, whatever they show."""

from datetime import datetime, timedelta

from tests.system.support.loop_manifests import NAME, WINDOW
from tests.system.support.loop_world import CHANGED, LoopWorld


def test_one_row_missing(adopted_world: LoopWorld) -> None:
    """99 drifted rows a window are Inconclusive: no retraining, "1 missing"."""
    world = adopted_world
    anchor = datetime.fromisoformat(world.look().at("drift.anchor"))
    # Every stretch of ten seconds has 99 rows, wherever it begins.
    for number in range(55, 70):
        start = anchor + number * WINDOW
        world.feed(CHANGED, rows=99, start=start, step=timedelta(milliseconds=50))
    world.start()
    look = world.check()
    assert look.at("drift.verdict") == "Inconclusive"
    assert [w["verdict"] for w in look.at("drift.windows")] == ["Inconclusive"]
    described = world.kubectl("describe", "modeldeployment", NAME)
    assert "1 missing" in described[described.index("\nEvents:") :]
    assert look.condition("DriftDetected").startswith("Unknown")
    assert look.at("episode") is None
    assert world.jobs("training") == []
