"""PostgreSQL, MLflow and the Git server away for half a minute, in every phase."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.outages.parked import parked
from tests.outages.silence import silent
from tests.system.support.loop_fixtures import LoopServers
from tests.system.support.loop_world import FirstModel

AWAY = 30.0  # seconds

Outage = Callable[[LoopServers], AbstractContextManager[None]]
OUTAGES: dict[str, tuple[str, Outage]] = {
    "postgres is stopped": ("LogUnreachable", lambda s: s.postgres.outage()),
    # Who reads the log waits two minutes for it: after half a one nothing is wrong.
    "postgres hangs": ("", lambda s: s.postgres.hang()),
    "mlflow is stopped": ("RegistryUnreachable", lambda s: s.mlflow.outage()),
    "mlflow hangs": ("RegistryUnreachable", lambda s: s.mlflow.hang()),
    "git is stopped": ("GitUnreachable", lambda s: s.git.outage()),
    "git hangs": ("GitUnreachable", lambda s: s.git.hang()),
    "git never answers": ("GitUnreachable", lambda s: silent(s.git)),
}


@pytest.mark.parametrize("kind", OUTAGES)
def test_away_in_every_phase(
    kind: str, loop_servers: LoopServers, first_model: FirstModel, tmp_path: Path
) -> None:
    """It is named, nothing untrue is claimed, and each effect happens once."""
    reason, outage = OUTAGES[kind]
    with parked(loop_servers, first_model, tmp_path) as objects:
        objects.start()
        with outage(loop_servers):
            objects.let_go(push=reason != "GitUnreachable")
            objects.follow(AWAY)
            for world in objects.concerned_by(reason):
                # A push in progress has its own time limit.
                if not (kind == "git hangs" and world is objects.promoting):
                    assert reason in objects.named[world.namespace]
        objects.let_go()
        objects.notices_the_return()
        objects.end()
