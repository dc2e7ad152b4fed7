"""How a story begins, and what holds at its end: each effect once, then quiet."""

from dev.processes.supervisor import Process
from tests.system.support import loop_manifests as manifests
from tests.system.support.loop_world import CHANGED, LoopWorld

PASS = '"message": "Pass completed"'


def begin(world: LoopWorld) -> None:
    """Let the story begin: an adopted object, a changed log, a check asked for."""
    world.leave(manifests.adopted(world.apply()))
    world.feed(CHANGED)
    world.request_check()


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
    wanted = "check at"
    look = world.until("rest", lambda at: at.at("waitingFor", "").startswith(wanted))
    before = look.manifest
    passes = [counts(process, PASS) for process in processes]
    for process, count in zip(processes, passes, strict=True):
        world.wait_logged(PASS, count + 2, process)
    assert (now := world.look().manifest) == before, f"{before}\n{now}"
