"""The Git port's contract over real smart HTTP, and how much it asks of a server."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from dev.git.server import GitServer
from killick.gitops.port import (
    GitCredentials,
    GitState,
    GitUnauthorized,
    Landed,
    PushOutcome,
)
from killick.gitops.repository import GitRepositories
from tests.contract.git.git_contract import GitContract
from tests.contract.git.git_history_contract import GitHistoryContract
from tests.contract.git.git_http_world import (
    HttpWorld,
    git_http_world,
    requests,
)
from tests.contract.git.git_world import (
    CHANGE,
    NEW,
    OLD,
    PATH,
    THIRD,
    TRACE,
    VALUES,
    World,
)


@pytest.fixture
async def world(git_server: GitServer, tmp_path: Path) -> AsyncIterator[HttpWorld]:
    """A repository of the test's own."""
    async with git_http_world(git_server, tmp_path) as world:
        yield world


class TestHttp(GitContract, GitHistoryContract):
    """The contract over smart HTTP, with others between our look and our upload."""

    @pytest.fixture
    def world(self, world: HttpWorld) -> World:
        """Return a repository of the test's own."""
        return world


class TestHttpBeforeRefs:
    """Races lost before the server tells its references: libgit2 fails otherwise."""

    @pytest.mark.parametrize("content", [VALUES + b"# theirs\n", THIRD])
    async def test_race(self, world: HttpWorld, content: bytes) -> None:
        """The other's commit stays; ours follows it, or gives way to their value."""
        world.interfere_at = "push-refs"
        push = world.port.push_value(world.target, world.credentials, CHANGE)
        outcome = await world.interfere(lambda: world.commit(PATH, content), push)
        assert isinstance(outcome, Landed) == (content != THIRD)
        assert world.content(PATH) == content.replace(OLD.encode(), NEW.encode())


async def test_quiet_look_is_one_request(world: HttpWorld) -> None:
    """While the branch has not moved a look asks for the references only."""
    await world.port.read(world.target, world.credentials)
    # A first, shallow fetch takes two.
    fetches = await requests(world, "fetch", 2)
    looks = await requests(world, "fetch-refs", 2)
    for _ in range(3):
        await world.port.read(world.target, world.credentials)
    assert await requests(world, "fetch-refs", looks + 3) == looks + 3
    assert await requests(world, "fetch") == fetches


async def test_one_look_serves_all(world: HttpWorld) -> None:
    """Many objects that look at once share one question, but only by one right."""
    await world.port.read(world.target, world.credentials)
    before = await requests(world, "fetch-refs", 2)
    head = world.commit("other.txt", b"x")
    wrong = world.port.read(world.target, GitCredentials("wrong"))
    looks = [world.port.read(world.target, world.credentials) for _ in range(20)]
    refused, *states = await asyncio.gather(wrong, *looks, return_exceptions=True)
    assert isinstance(refused, GitUnauthorized)
    assert {one.head for one in states if isinstance(one, GitState)} == {head}
    assert len(states) == 20
    assert await requests(world, "fetch-refs") - before < 20


async def test_traces_of_a_killed_process(world: HttpWorld) -> None:
    """Locks that a killed process left behind do not stop its successor."""
    await world.port.read(world.target, world.credentials)
    copy = next((world.work / f"{world.name}-0").glob("*.git"))
    for lock in ("refs/killick/tip.lock", "config.lock", "shallow.lock"):
        (copy / lock).touch()
    head = world.commit("other.txt", b"x")
    successor = GitRepositories(world.work / f"{world.name}-0")
    world.ports.append(successor)
    state = await successor.read(world.target, world.credentials)
    assert (state.head, state.value) == (head, OLD)


async def test_own_push_needs_no_fetch(world: HttpWorld) -> None:
    """What we pushed ourselves is not fetched again."""
    await world.port.push_value(world.target, world.credentials, CHANGE)
    # A first, shallow fetch takes two.
    fetches = await requests(world, "fetch", 2)
    looks = await requests(world, "fetch-refs", 3)
    state = await world.port.read(world.target, world.credentials, TRACE)
    assert state.value == NEW
    await requests(world, "fetch-refs", looks + 1)
    assert await requests(world, "fetch") == fetches


async def test_writers_of_one_process_take_turns(world: HttpWorld) -> None:
    """Promotions in one process never race each other: no push is wasted."""
    for number in range(6):
        world.commit(f"app-{number}.yaml", VALUES)

    async def promote(number: int) -> PushOutcome:
        target = replace(world.target, path=f"app-{number}.yaml")
        change = replace(CHANGE, promotion_id=f"p-{number}")
        return await world.port.push_value(target, world.credentials, change)

    labeled_predictions = await asyncio.gather(*map(promote, range(6)))
    assert [type(one) for one in labeled_predictions] == [Landed] * 6
    assert await requests(world, "push", 6) == 6
