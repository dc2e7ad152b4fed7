"""The API server and its store away for half a minute, in every phase.

No status can be read or written meanwhile: what the operator knows then is in its log.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from dev.kubernetes.cluster import LocalCluster
from tests.outages.parked import parked
from tests.outages.test_backing_systems import AWAY
from tests.system.support.loop_fixtures import LoopServers
from tests.system.support.loop_world import FirstModel

Outage = Callable[[LocalCluster], AbstractContextManager[None]]


def dead(part: str) -> Outage:
    """The part ends by SIGKILL and is started again on the data that it had."""

    @contextlib.contextmanager
    def outage(cluster: LocalCluster) -> Iterator[None]:
        cluster.process(part).kill()
        try:
            yield
        finally:
            cluster.start(part)

    return outage


def frozen(part: str) -> Outage:
    """The part holds its connections and answers nothing."""

    @contextlib.contextmanager
    def outage(cluster: LocalCluster) -> Iterator[None]:
        cluster.pause(part)
        try:
            yield
        finally:
            cluster.resume(part)

    return outage


# The operator gives a request 30 s. What it gave up is still carried out on a thaw.
FROZEN = AWAY + 10.0
OUTAGES: dict[str, tuple[float, Outage]] = {
    "the API server is dead": (AWAY, dead("kube-apiserver")),
    "the API server is frozen": (FROZEN, frozen("kube-apiserver")),
    "etcd is dead": (AWAY, dead("etcd")),
    "etcd is frozen": (FROZEN, frozen("etcd")),
}


@pytest.mark.parametrize("kind", OUTAGES)
def test_away_in_every_phase(
    kind: str, loop_servers: LoopServers, first_model: FirstModel, tmp_path: Path
) -> None:
    """One operator lives through it; whatever ends meanwhile is found and used once."""
    with parked(loop_servers, first_model, tmp_path) as objects:
        objects.start()
        process = objects.watching.process
        before = len(objects.watching.log)
        seconds, outage = OUTAGES[kind]
        with outage(loop_servers.cluster):
            objects.let_go()
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                assert process.alive, process.tail()
                assert objects.watching.healthy()
                time.sleep(1.0)
        objects.passes_again()
        since = objects.watching.log[before:]
        assert since.count('"reason": "APIServer') >= len(objects.worlds)
        objects.end()
        assert process.alive, process.tail()
