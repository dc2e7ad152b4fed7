"""Other people write to the GitOps repository as well."""

import pytest

from tests.system.support.loop_manifests import VALUES
from tests.system.support.loop_world import LoopWorld


@pytest.mark.parametrize("kind", ["push-refs", "push"])
def test_a_commit_between_our_read_and_our_push(
    proven_world: LoopWorld, kind: str
) -> None:
    """Another person's commit in the meantime stays, and ours is on top of it."""
    world = proven_world
    with world.git.held(kind) as hold:
        world.start()
        hold.wait()
        theirs = world.commit(b"Hello, world.\n", path="README.md")
    look = world.until("the end", lambda look: look.at("promotion.state") == "Done")
    ours, before, *_ = [commit.sha for commit in world.repository.log()]
    assert (ours, before) == (look.at("promotion.commit"), theirs)
    assert world.repository.read(VALUES) == world.value("2")
    assert world.repository.read("README.md") == b"Hello, world.\n"


def test_a_third_value_between_our_read_and_our_push(proven_world: LoopWorld) -> None:
    """A person's other value wins: nothing is pushed, the hold says who and what."""
    world = proven_world
    with world.git.held("push") as hold:
        world.start()
        hold.wait()
        world.commit(world.value("7"), author="Grace")
    held = world.until_condition("Held", "True (ValueChanged)", "Grace")
    assert f"models:/{world.model}/7" in held
    assert world.promotions() == []
    assert world.repository.read(VALUES) == world.value("7")
    assert world.alias("champion") == "1"


def test_a_third_value_in_quiet_times(adopted_world: LoopWorld) -> None:
    """A person who changes our key stops the automation, and the hold names them."""
    world = adopted_world
    world.start()
    world.until("a first pass", lambda look: look.at("conditions"))
    commit = world.commit(world.value("7"), author="Grace")
    held = world.until_condition("Held", "True (ValueChanged)", "Grace", commit[:10])
    assert f"models:/{world.model}/7" in held
