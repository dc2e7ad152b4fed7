"""Two objects with one value in Git and one champion alias, on the real servers."""

import json
from datetime import UTC, datetime, timedelta

from dev.demo.watch import Look
from tests.system.support.loop_manifests import NAME
from tests.system.support.loop_world import LoopWorld

NEWER = "abel"  # before `line` by name, so that only the age decides


def newer(world: LoopWorld) -> Look:
    """Return the newer object as it is now."""
    return Look(world.cluster.get("mdep", NEWER, "--namespace", world.namespace))


def add_newer(world: LoopWorld) -> None:
    """Create a second object with the first one's targets, at least a second later."""
    created = datetime.fromisoformat(
        world.look().manifest["metadata"]["creationTimestamp"]
    )
    world.wait(
        "a second to pass", lambda: datetime.now(UTC) > created + timedelta(seconds=2)
    )
    manifest = world.manifest()
    manifest["metadata"]["name"] = NEWER
    world.cluster.kubectl("apply", "-f", "-", input=json.dumps(manifest))


def stalled(world: LoopWorld, look: Look) -> bool:
    """Return whether the newer object says whose its targets are."""
    said = look.condition("Stalled")
    return "True (TargetConflict)" in said and f"{world.namespace}/{NAME} is" in said


def test_the_older_object_owns_until_it_is_gone(proven_world: LoopWorld) -> None:
    """The newer is stalled, also over a restart, and takes over what it finds."""
    world = proven_world

    def look() -> Look:
        return newer(world)

    add_newer(world)
    world.start()
    world.wait("the newer to be stalled", look, lambda at: stalled(world, at))
    world.until("the promotion", lambda look: look.at("promotion.state") == "Done")
    world.process.kill()
    world.start()
    world.until_condition("Adopted", "True")
    assert stalled(world, look())
    world.wait(
        "the newer one to show the owner's version",
        look,
        lambda at: at.at("versions.champion") == "2",
    )
    assert newer(world).at("attempt") is None
    assert not newer(world).condition("Adopted").startswith("True")
    world.kubectl("delete", "mdep", NAME)
    world.wait(
        "the newer one to take over",
        look,
        lambda at: at.condition("Adopted").startswith("True"),
    )
    found = newer(world)
    assert found.at("versions.desired") == found.at("versions.champion") == "2"
    assert found.condition("Stalled") == ""
    assert len(world.promotions()) == 1
    patch = '{"metadata": {"finalizers": null}}'
    world.process.kill()
    world.kubectl("patch", "mdep", NEWER, "--type=merge", f"--patch={patch}")
