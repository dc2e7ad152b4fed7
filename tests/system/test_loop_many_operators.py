"""Two operators at once, as in a rollout or a partition: everything once.

None of them is told that there are others: there is no election here.
"""

import re

from dev.processes import Process
from tests.system import loop_manifests as manifests
from tests.system.loop_fixtures import LoopServers
from tests.system.loop_world import CHANGED, FirstModel, LoopWorld

PASS = '"result": "ok"'
CONFLICT = '"result": "conflict"'


def counts(process: Process, what: str) -> int:
    """How often a process has logged something."""
    return process.log.read_text().count(what)


def assert_once(world: LoopWorld) -> None:
    """One cause led to one Job, one version, one evaluation and one commit."""
    assert len(world.jobs("check")) == 1
    assert len(world.jobs("training")) == len(world.jobs("evaluation")) == 1
    assert world.versions() == ["1", "2"]
    assert world.promotions() == [world.look().at("promotion.commit")]
    assert world.repository.read(manifests.VALUES) == world.value("2")
    assert world.alias("champion") == "2"
    assert len(set(world.events())) == len(world.events())


def assert_quiet(world: LoopWorld, processes: list[Process]) -> None:
    """All go on looking at the object, and none of them writes."""
    for process in processes:
        assert process.alive, process.tail()
    before = world.look().manifest["metadata"]["resourceVersion"]
    passes = [counts(process, PASS) for process in processes]
    world.wait(
        "two more passes of each",
        lambda: all(
            counts(process, PASS) >= told + 2
            for process, told in zip(processes, passes, strict=True)
        ),
    )
    assert world.look().manifest["metadata"]["resourceVersion"] == before


def test_two_at_once(loop_servers: LoopServers, first_model: FirstModel) -> None:
    """Two operators play the whole story together; who comes second ends its pass."""
    with loop_servers.granted(first_model) as world:
        world.leave(manifests.adopted(world.apply()))
        world.feed(CHANGED)
        both = [world.start(), world.another()]
        world.wait("both to look", lambda: all(map(_serves, both)))
        world.request_check()
        world.until("the end", lambda look: look.at("promotion.state") == "Done")
        assert_once(world)
        assert_quiet(world, both)
        conflicts = sum(counts(process, CONFLICT) for process in both)
        passes = sum(counts(process, PASS) for process in both)
        assert conflicts < passes


def _serves(process: Process) -> bool:
    return bool(re.search("serving /metrics", process.log.read_text()))
