"""Two operators at once, as in a rollout or a partition: everything once.

None of them is told that there are others: there is no election here.
"""

import re

from dev.processes import Process
from tests.system import loop_manifests as manifests
from tests.system.loop_fixtures import LoopServers
from tests.system.loop_once import PASS, assert_once, assert_quiet, counts
from tests.system.loop_world import CHANGED, FirstModel

CONFLICT = '"result": "conflict"'


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
