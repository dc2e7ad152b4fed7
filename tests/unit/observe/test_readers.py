"""What the readers do so that one look is of one piece."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from killick.cluster.port import Manifest
from killick.names import ObjectName
from killick.observe.children import read_children
from killick.observe.registry import read_registry
from killick.plan.facts import Children
from killick.plan.needs import Needs
from killick.registry.port import NO_CREDENTIALS, RegistryState, RegistryTarget
from killick.resource.parse import parse_spec
from tests.fakes.cluster import FakeCluster
from tests.fakes.world import NAME, NAMESPACE, spec

TARGET = RegistryTarget("http://mlflow:5000", "ranger")


class Slow(FakeCluster):
    """Takes a while to list Jobs, during which one of them ends."""

    listed = False

    async def list_jobs(self, namespace: str, owner: str) -> list[Manifest]:
        """Answer late."""
        await asyncio.sleep(0.01)
        self.listed = True
        return await super().list_jobs(namespace, owner)

    async def list_pods(self, namespace: str, owner: str) -> list[Manifest]:
        """Answer only if the Jobs are known."""
        assert self.listed
        return await super().list_pods(namespace, owner)


async def test_pods_are_listed_after_jobs() -> None:
    """A Job that ended is never seen without the pod that holds its answer."""
    name = ObjectName("test", NAMESPACE, NAME)
    found = await read_children(Slow(), name, "uid-1", parse_spec(spec()))
    assert isinstance(found, Children)


@dataclass
class Lagging:
    """A registry whose first answer is old."""

    state: RegistryState
    reads: list[object] = field(default_factory=list)

    async def read(self, *args: object) -> RegistryState:
        """Answer with version 1, then with the truth."""
        self.reads.append(args)
        return replace(self.state, champion="1") if len(self.reads) == 1 else self.state


@pytest.mark.parametrize(
    ("champions", "seen", "reads"),
    [(("2",), "2", 2), (("1", "2"), "1", 1), (None, "1", 1)],
    ids=["news", "expected", "before the adoption"],
)
async def test_a_champion_that_is_news_is_looked_at_twice(
    champions: tuple[str, ...] | None, seen: str, reads: int
) -> None:
    """One old answer of a registry opens no hold."""
    port = Lagging(RegistryState(model_exists=True, champion="2"))
    needs = Needs(registry=True, git=False, champions=champions)
    found = await read_registry(port, TARGET, NO_CREDENTIALS, needs)  # type: ignore[arg-type]
    assert isinstance(found, RegistryState)
    assert (found.champion, len(port.reads)) == (seen, reads)
