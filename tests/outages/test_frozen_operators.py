"""Operators frozen in mid-pass, as on a node that hangs, while others go on."""

from tests.system.support.loop_fixtures import LoopServers
from tests.system.support.loop_once import assert_once, assert_quiet, begin
from tests.system.support.loop_world import FirstModel

# In the order of the story; each operator is started when the one before is frozen.
POINTS = (
    "before:ApplyCheck",
    "before:RunCheck",
    "after-status:Drifted",
    "after-status:Retraining",  # the intent is noted, the Job is not there
    "before:StartTraining",
    "after:StartTraining",
    "before-status:Evaluating",
    "before:StartEvaluation",
    "before:MarkCandidate",
    "after-status:Promoting",  # the intent of the commit
    "before:PushPromotion",
    "after:PushPromotion",
    "before:MarkChampion",
    "after:MarkChampion",
)


def test_frozen_at_every_step(
    loop_servers: LoopServers, first_model: FirstModel
) -> None:
    """Each freezes with something half done; they are thawed together after the end."""
    with loop_servers.granted(first_model) as world:
        begin(world)
        frozen = [world.freezes(point) for point in POINTS]
        last = world.start()
        world.until("the end", lambda look: look.at("promotion.state") == "Done")
        assert_once(world)
        for process in frozen:
            process.resume()
        assert_quiet(world, [last, *frozen])
        assert_once(world)
