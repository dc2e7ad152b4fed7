"""A status that another version of Killick wrote is looked at, and left alone."""

from killick.resource.status import SCHEMA_VERSION
from tests.system.support.loop_manifests import NAME
from tests.system.support.loop_world import LoopWorld


def test_a_newer_status_is_left_alone(adopted_world: LoopWorld) -> None:
    """Nothing is written over it, whatever comes; the old number is taken up again."""
    world = adopted_world
    newer = {**world.look().manifest["status"], "schemaVersion": SCHEMA_VERSION + 1}
    world.leave(newer)
    world.start()
    world.wait("an Event", world.events, lambda found: "UnknownSchemaVersion" in found)
    world.annotate("check", "please")
    world.kubectl(
        "patch", "mdep", NAME, "--type=merge", '-p={"spec":{"mode":"Observe"}}'
    )
    counted = 'killick_pass_errors_total{reason="UnknownSchemaVersion"}'

    def passes() -> float:
        lines = [x for x in world.metrics().splitlines() if x.startswith(counted)]
        return float(lines[0].rpartition(" ")[2]) if lines else 0.0

    world.wait("passes over the change", passes, lambda count: count >= 2)
    look = world.look()
    assert look.manifest["status"] == newer
    assert world.jobs("check") == []
    described = world.kubectl("describe", "modeldeployment", NAME)
    assert f"status.schemaVersion is {SCHEMA_VERSION + 1}" in described
    world.leave({**newer, "schemaVersion": SCHEMA_VERSION})
    assert world.check().at("drift.verdict") == "Inconclusive"
