"""Whether an object is still as a pass has left it."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from killick.observe.model_deployment import changed_since_read
from killick.resource.status import parse_status
from tests.fakes.world import NAME, NAMESPACE, FakeWorld

Manifest = dict[str, Any]

CHANGES: dict[str, Callable[[Manifest], object]] = {
    "another operator's status": lambda m: m["status"].update(phase="Held"),
    "a person's spec": lambda m: m["metadata"].update(generation=7),
    "an annotation": lambda m: m["metadata"].update(annotations={"a": "b"}),
    "its deletion": lambda m: m["metadata"].update(deletionTimestamp="2026-03-01"),
    "another object of its name": lambda m: m["metadata"].update(uid="another"),
}


async def settled() -> tuple[FakeWorld, Manifest]:
    """A world at rest, and the object as its last pass has read it."""
    world = FakeWorld()
    await world.settle()
    return world, deepcopy(world.cluster.objects[NAMESPACE, NAME])


async def test_what_nobody_changed_is_current() -> None:
    """The status that a pass wrote is read back as the same."""
    world, manifest = await settled()
    status = parse_status(manifest["status"])
    assert status
    # What others hold in the metadata does not matter: managed fields, the version.
    world.cluster.objects[NAMESPACE, NAME]["metadata"]["resourceVersion"] = "99"
    assert not await changed_since_read(world.cluster, manifest, status)


@pytest.mark.parametrize("what", CHANGES)
async def test_whatever_changed_is_noticed(what: str) -> None:
    """A change of what plans depend on means that the pass is overtaken."""
    world, manifest = await settled()
    status = parse_status(manifest["status"])
    assert status
    CHANGES[what](world.cluster.objects[NAMESPACE, NAME])
    assert await changed_since_read(world.cluster, manifest, status)


async def test_an_object_that_is_gone_is_noticed() -> None:
    """Nothing is done for an object that does not exist any more."""
    world, manifest = await settled()
    status = parse_status(manifest["status"])
    assert status
    del world.cluster.objects[NAMESPACE, NAME]
    assert await changed_since_read(world.cluster, manifest, status)
