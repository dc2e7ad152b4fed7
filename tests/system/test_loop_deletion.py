"""What ends, ends cleanly: a ModelDeployment with all its own, and the operator."""

from tests.system.loop_manifests import NAME
from tests.system.loop_world import LoopWorld


def test_deletion_is_clean(adopted_world: LoopWorld) -> None:
    """Deleting the object ends its metrics and its CronJob, and nothing hangs."""
    world = adopted_world
    world.start()
    label = f'namespace="{world.namespace}"'
    world.wait(
        "its CronJob", lambda: f"{NAME}-check" in world.kubectl("get", "cronjobs")
    )
    world.wait("its metrics", lambda: label in world.metrics())
    world.kubectl("delete", "modeldeployment", NAME, "--timeout=60s")
    world.wait("no metrics", lambda: label not in world.metrics())
    world.wait(
        "no CronJob", lambda: f"{NAME}-check" not in world.kubectl("get", "cronjobs")
    )
    assert world.process.alive


def test_termination_is_orderly(adopted_world: LoopWorld) -> None:
    """Asked to stop while it looks after an object, the operator exits with 0."""
    process = adopted_world.start()
    adopted_world.until("a first pass", lambda look: look.at("conditions"))
    process.ask_to_stop()
    assert process.wait(timeout=30) == 0
    assert adopted_world.look().manifest["metadata"]["finalizers"]
