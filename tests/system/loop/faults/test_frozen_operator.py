"""An operator frozen after it noted an intent, which another then carries out.

Meanwhile a person undoes it. The thawed one must not do it again.
"""

from collections.abc import Callable

import pytest

from dev.processes.supervisor import Process
from tests.system.support import loop_manifests as manifests
from tests.system.support.loop_fixtures import LoopServers
from tests.system.support.loop_once import PASS, counts
from tests.system.support.loop_world import CHANGED, FirstModel, LoopWorld


def thawed(world: LoopWorld, process: Process) -> None:
    """Let it go on; it sees that it was overtaken, and has two passes more."""
    process.resume()
    world.wait_logged("the object changed in this pass", 1, process)
    before = counts(process, PASS)
    world.wait_logged(PASS, before + 2, process)
    assert process.alive


def move_back(world: LoopWorld) -> None:
    """Move the champion alias back to version 1."""
    world.registry.set_registered_model_alias(world.model, "champion", "1")


def revert(world: LoopWorld) -> None:
    """Set the value in Git back to version 1."""
    world.commit(world.value("1"))


@pytest.mark.parametrize(
    ("effect", "undo"),
    [("PushPromotion", revert), ("MarkChampion", move_back)],
)
def test_what_a_person_undid_stays_undone(
    effect: str, undo: Callable[[LoopWorld], None], proven_world: LoopWorld
) -> None:
    """Neither commit nor alias comes again from who was about to make it."""
    world = proven_world
    frozen = world.freezes(f"planned:{effect}")
    world.start()
    world.until("the end", lambda look: look.at("promotion.state") == "Done")
    value, alias = world.repository.read(manifests.VALUES), world.alias("champion")
    undo(world)
    world.until("a hold", lambda look: look.at("hold"))
    undone = world.repository.read(manifests.VALUES), world.alias("champion")
    assert undone != (value, alias)
    thawed(world, frozen)
    assert undone == (world.repository.read(manifests.VALUES), world.alias("champion"))
    assert len(world.promotions()) == 1


def test_job_that_is_gone_is_not_made_again(
    loop_servers: LoopServers, first_model: FirstModel
) -> None:
    """A training that another began, and whose Job was deleted at its end, is over."""
    with loop_servers.granted(first_model) as world:
        world.feed(CHANGED)
        world.leave(manifests.drifted(world.apply()))
        frozen = world.freezes("planned:StartTraining")
        world.start()
        world.until("the version", lambda look: look.at("attempt.version") == "2")
        (job,) = world.jobs("training")
        world.kubectl("delete", "job", job["metadata"]["name"])
        thawed(world, frozen)
        assert world.jobs("training") == []
        assert world.versions() == ["1", "2"]
