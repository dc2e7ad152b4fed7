"""A ModelDeployment that is deleted goes, with all that belonged to it."""

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
