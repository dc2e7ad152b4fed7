"""Two operators at once, as in a rollout or a partition: everything once.

None of them is told that there are others: there is no election here.
"""

from tests.system.support.loop_fixtures import LoopServers
from tests.system.support.loop_once import (
    assert_once,
    assert_quiet,
    begin,
)
from tests.system.support.loop_world import FirstModel

REFUSED = "the object has been modified"


def test_two_at_once(loop_servers: LoopServers, first_model: FirstModel) -> None:
    """Who writes second is refused, ends its pass, and plays on with the other."""
    with loop_servers.granted(first_model) as world:
        begin(world)
        second = world.freezes("before-status:Drifted")
        first = world.start()
        world.until("the first one's write", lambda look: look.at("episode.id"))
        second.resume()
        world.wait_logged(REFUSED, 1, second)
        world.until("the end", lambda look: look.at("promotion.state") == "Done")
        assert_once(world)
        assert_quiet(world, [first, second])
