"""The cluster port's contract on the twin."""

from collections.abc import Mapping

import pytest

from killick.cluster.port import ClusterPort, Manifest
from killick.errors import NotGranted, Unavailable
from tests.contract.cluster.cluster_contract import ClusterContract, World
from tests.fakes.cluster import FakeCluster
from tests.fakes.world import spec


class TwinWorld:
    """A cluster in memory, ready for the contract."""

    namespace, name, foreign = "ml", "ranger", "shop"

    def __init__(self) -> None:
        self.cluster = FakeCluster()
        self.cluster.put_object(self.namespace, self.name, spec())
        away = FakeCluster()
        away.down = Unavailable("no answer", "APIServerUnreachable")
        self.port: ClusterPort = self.cluster
        self.unreachable: ClusterPort = away

    def refused(self) -> ClusterPort:
        """See the contract."""
        closed = FakeCluster()
        closed.down = NotGranted("bind the role")
        return closed

    def change_spec(self) -> None:
        """See the contract."""
        self.cluster.put_object(self.namespace, self.name, spec(suspend=True))

    def put_secret(self, name: str, values: Mapping[str, str]) -> None:
        """See the contract."""
        self.cluster.secrets[self.namespace, name] = dict(values)

    def edit_cronjob(self, name: str, schedule: str) -> None:
        """See the contract."""
        self.cluster.cronjobs[self.namespace, name]["spec"]["schedule"] = schedule

    def put_pod(self, name: str, labels: Mapping[str, str]) -> None:
        """See the contract."""
        metadata = {"name": name, "namespace": self.namespace, "labels": dict(labels)}
        self.cluster.pods[self.namespace, name] = {"metadata": metadata}

    def events(self) -> list[Manifest]:
        """See the contract."""
        return list(self.cluster.events.values())


class TestTwin(ClusterContract):
    """The contract on the twin."""

    @pytest.fixture
    def world(self) -> World:
        """A cluster in memory."""
        return TwinWorld()
