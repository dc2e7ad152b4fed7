"""The operator may die between any two lines: everything happens once all the same."""

from tests.system.support.loop_fixtures import LoopServers
from tests.system.support.loop_once import assert_once, begin
from tests.system.support.loop_world import FirstModel, LoopWorld

DEATHS = (
    "after:ApplyCheck",
    "after:RunCheck",
    "before:StartTraining",
    "after:StartTraining",  # the Job is there, the status does not say so
    "before-status:Evaluating",  # the version is registered, nobody noted it
    "after:StartEvaluation",
    "after:MarkCandidate",
    "before:PushPromotion",
    "after:PushPromotion",  # the commit is there, the status does not say so
    "after:MarkChampion",
)


def test_killed_at_every_step(
    loop_servers: LoopServers, first_model: FirstModel
) -> None:
    """Ten deaths by SIGKILL: one Job, one version, one evaluation, one commit."""
    with loop_servers.granted(first_model) as world:
        begin(world)
        for point in DEATHS:
            world.dies(point)
        world.start()
        world.until("the end", lambda look: look.at("promotion.state") == "Done")
        assert_once(world)


def test_training_job_vanishes_after_it_registered(
    loop_servers: LoopServers, first_model: FirstModel
) -> None:
    """A Job that registered and vanished while nobody looked is not run again."""
    with loop_servers.granted(first_model) as world:
        begin(world)
        world.dies("after:StartTraining")
        (job,) = world.jobs("training")
        name = job["metadata"]["name"]
        world.kubectl(
            "wait", f"job/{name}", "--for=condition=Complete", "--timeout=90s"
        )
        world.kubectl("delete", "job", name)
        world.start()
        world.until("the version", lambda look: look.at("attempt.version") == "2")
        assert world.jobs("training") == []
        assert world.versions() == ["1", "2"]


def test_answer_to_the_push_is_lost(proven_world: LoopWorld) -> None:
    """A push that was applied but never answered is found again: one commit."""
    world = proven_world
    world.git.faults(answer_lost=1)
    world.start()
    look = world.until("the end", lambda look: look.at("promotion.state") == "Done")
    assert world.promotions() == [look.at("promotion.commit")]
