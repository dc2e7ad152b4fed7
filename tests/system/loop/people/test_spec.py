"""What the spec says about acting: nothing, only saying, or nothing for now."""

import json
from typing import Any

from tests.system.support.loop_manifests import NAME
from tests.system.support.loop_world import CHANGED, LoopWorld


def change(world: LoopWorld, **fields: Any) -> None:
    """Change fields of the spec."""
    patch = json.dumps({"spec": fields})
    world.kubectl("patch", "mdep", NAME, "--type=merge", f"--patch={patch}")


def test_invalid_for_the_controller_only(world: LoopWorld) -> None:
    """A schedule that never comes is Stalled/InvalidSpec, until it is mended."""
    world.start()
    world.apply(drift__schedule="0 0 31 2 *")
    said = world.until_condition("Stalled", "True (InvalidSpec)")
    assert "never fires" in said
    change(world, drift={"schedule": "0 0 1 1 *"})
    world.until("health", lambda look: not look.condition("Stalled"))
    world.until_condition("Adopted", "True")


def test_suspend(adopted_world: LoopWorld) -> None:
    """Suspending the object suspends its CronJob, and back."""
    world = adopted_world

    def suspended() -> bool:
        found = world.cluster.get("cronjobs", "--namespace", world.namespace)["items"]
        (check,) = [c for c in found if c["metadata"]["name"] == f"{NAME}-check"]
        return bool(check["spec"]["suspend"])

    world.start()
    world.wait_listed("cronjobs", "line-check")
    assert not suspended()
    change(world, suspend=True)
    world.wait("the CronJob to be suspended", suspended)
    assert world.until_condition("Ready", "Suspended")
    assert world.look().at("phase") == "Suspended"
    change(world, suspend=False)
    world.wait("the CronJob to go on", lambda: not suspended())


def test_modes_that_only_tell(adopted_world: LoopWorld) -> None:
    """Observe and Recommend open the episode, say what they think, start nothing."""
    world = adopted_world
    change(world, mode="Observe")
    world.feed(CHANGED)
    world.start()
    world.check()
    world.until("an episode", lambda look: look.at("episode"))
    world.until_condition("Retraining", "False (ModeObserve)")
    change(world, mode="Recommend")
    world.until_condition("Retraining", "False (Recommended)", "Killick would retrain")
    assert world.look().at("attempt") is None
    assert world.jobs("training") == []
    assert world.promotions() == []
