"""The operator killed again and again while the whole story plays."""

import itertools
import time
from collections.abc import Iterable

import pytest

from tests.system.support import loop_manifests as manifests
from tests.system.support.loop_fixtures import LoopServers
from tests.system.support.loop_once import assert_once, assert_quiet, begin
from tests.system.support.loop_world import FirstModel, LoopWorld

PERIOD = 0.2  # seconds between two looks
SLOW = "import time; time.sleep({seconds})\n"

# Seconds that the training takes longer, and seconds from each start to the SIGKILL.
LIVES: dict[str, tuple[float, Iterable[float]]] = {
    "every ten seconds": (20.0, itertools.repeat(10.0)),
    # It cannot serve before two: what grows is where in its passes it dies.
    "ever later": (0.0, itertools.count(2.0, 0.3)),
}


@pytest.mark.parametrize("kind", LIVES)
def test_killed_all_the_time(
    kind: str, loop_servers: LoopServers, first_model: FirstModel
) -> None:
    """Drift, training, evaluation, promotion: each once, in however many lives."""
    slower, lives = LIVES[kind]
    with loop_servers.granted(first_model) as world:
        _slow_down(world, slower)
        begin(world)
        deaths = 0
        for seconds in lives:
            if _lives(world, seconds):
                break
            world.process.kill()
            deaths += 1
        assert deaths >= 3
        world.until("the quiet phase", lambda look: look.at("phase") == "Watching")
        assert_once(world)
        assert_quiet(world, [world.process])


def _slow_down(world: LoopWorld, seconds: float) -> None:
    template = manifests.training_cronjob(world.namespace)
    pod = template["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    program = SLOW.format(seconds=seconds) + manifests.PROGRAM.read_text()
    pod["containers"][0]["command"] = ["python", "-c", program]
    world.cluster.apply(template)


def _lives(world: LoopWorld, seconds: float) -> bool:
    """Let the operator live that long; whether the story is over by then."""
    process = world.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.alive, process.tail()
        if world.look().at("promotion.state") == "Done":
            return True
        time.sleep(PERIOD)
    return False
