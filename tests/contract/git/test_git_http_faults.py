"""The real Git port and servers that are hostile, broken or slow."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from dev.git.server import GitServer
from killick.gitops.port import (
    AlreadyLanded,
    GitError,
    GitTimedOut,
    GitUnauthorized,
    GitUnreachable,
    Unknown,
)
from killick.gitops.repository import GitLimits
from tests.contract.git.git_http_world import (
    HttpWorld,
    Trickster,
    credentials_received,
    git_http_world,
)
from tests.contract.git.git_world import CHANGE, OLD


@pytest.fixture
async def world(git_server: GitServer, tmp_path: Path) -> AsyncIterator[HttpWorld]:
    """A repository of the test's own."""
    async with git_http_world(git_server, tmp_path) as world:
        yield world


@pytest.fixture
async def thief() -> AsyncIterator[Trickster]:
    """A server that asks everybody for credentials."""
    async with Trickster().listening() as thief:
        yield thief


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "x@127.0.0.1"])
async def test_redirect_before_the_token(
    world: HttpWorld, thief: Trickster, host: str, status: int
) -> None:
    """A server that redirects before it asks for credentials learns none by it."""
    location = f"http://{host}:{thief.port}/x.git/info/refs?service=git-upload-pack"
    says = f"{status} Over there\r\nLocation: {location}"
    async with Trickster(says).listening() as first:
        url = f"http://127.0.0.1:{first.port}/x.git"
        with pytest.raises(GitError):
            await world.port.read(replace(world.target, url=url), world.credentials)
    assert first.heard
    assert not credentials_received(world, thief)
    assert not credentials_received(world, first)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("when", ["read", "push-refs", "push"])
async def test_redirect_gets_no_token(
    world: HttpWorld, thief: Trickster, host: str, when: str
) -> None:
    """A server that sends us to another name or port gets our token nowhere."""

    def begin() -> None:
        world.server.faults(redirect=f"http://{host}:{thief.port}")

    if when == "read":
        begin()
        with pytest.raises(GitError):
            await world.port.read(world.target, world.credentials)
    else:
        world.interfere_at = when
        push = world.port.push_value(world.target, world.credentials, CHANGE)
        with contextlib.suppress(GitError):
            assert isinstance(await world.interfere(begin, push), Unknown)
    assert not credentials_received(world, thief)
    assert len(world.messages()) == 1


async def test_busy_server(world: HttpWorld, git_server: GitServer) -> None:
    """An overloaded server and a passing 401 are errors of this look only."""
    git_server.faults(unavailable=1)
    with pytest.raises(GitUnreachable):
        await world.port.read(world.target, world.credentials)
    git_server.faults(unauthorized=2)
    with pytest.raises(GitUnauthorized):
        await world.port.read(world.target, world.credentials)
    git_server.clear_faults()
    assert (await world.port.read(world.target, world.credentials)).value == OLD


async def test_silent_server_ends_in_time(
    world: HttpWorld, git_server: GitServer
) -> None:
    """A look at a server that says nothing ends; the next one works."""
    port = world.another_port(GitLimits(overall=1.0, silence=2.0))
    git_server.faults(hold="fetch-refs")
    with pytest.raises((GitTimedOut, GitUnreachable)):
        await port.read(world.target, world.credentials)
    git_server.clear_faults()
    await port.aclose()
    # The time-out on silence is libgit2's own, for the whole process.
    fresh = world.another_port()
    assert (await fresh.read(world.target, world.credentials)).value == OLD


async def test_push_that_outlasts_its_time(
    world: HttpWorld, git_server: GitServer
) -> None:
    """A push that we stop waiting for is Unknown; when it lands it is found."""
    port = world.another_port(GitLimits(overall=1.5))
    await port.read(world.target, world.credentials)
    with git_server.held("push") as hold:
        pushing = asyncio.ensure_future(
            port.push_value(world.target, world.credentials, CHANGE)
        )
        await asyncio.to_thread(hold.wait)
        assert isinstance(await pushing, Unknown)
    await port.aclose()
    fresh = world.another_port()
    outcome = await fresh.push_value(world.target, world.credentials, CHANGE)
    assert isinstance(outcome, AlreadyLanded)
    assert len(world.messages()) == 2


async def test_damaged_copy_is_made_anew(world: HttpWorld) -> None:
    """A local copy that lost objects heals by itself."""
    await world.port.read(world.target, world.credentials)
    for file in (world.work / f"{world.name}-0").rglob("*.pack"):
        file.unlink()
    for file in (world.work / f"{world.name}-0").rglob("*.idx"):
        file.unlink()
    with pytest.raises(GitUnreachable, match="damaged"):
        await world.port.read(world.target, world.credentials)
    assert (await world.port.read(world.target, world.credentials)).value == OLD


async def test_secrets_in_a_rejection(world: HttpWorld) -> None:
    """A hook that prints our token does not get it into the outcome."""
    world.protect(f"refused {world.credentials.password} \x1b[31m")
    outcome = await world.port.push_value(world.target, world.credentials, CHANGE)
    assert world.credentials.password not in repr(outcome)
    assert world.credentials.password not in repr(world.credentials)
    assert "\x1b" not in str(outcome)
