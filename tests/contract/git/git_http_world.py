"""A repository on a real smart-HTTP server, for the Git port's contract and faults."""

import asyncio
import base64
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pygit2

from dev.git.server import GitServer
from killick.gitops.port import (
    GitCredentials,
    GitPort,
    GitTarget,
    PushOutcome,
)
from killick.gitops.repository import GitLimits, GitRepositories
from tests.contract.git.git_world import PATH, VALUES

_numbers = itertools.count(1)
_AWAY = '#!/bin/sh\nmv "$GIT_DIR/HEAD" "$GIT_DIR/HEAD.away"\n'


class HttpWorld:
    """A repository on the session's Git server."""

    def __init__(self, server: GitServer, work: Path) -> None:
        self.server = server
        self.work = work
        self.name = f"contract-{next(_numbers)}"
        url = server.create_repository(self.name, {PATH: VALUES})
        self.repository = server.repository(self.name)
        self.target = GitTarget(url, "main", PATH, "/model/uri")
        self.credentials = GitCredentials(server.token)
        self.read_only = GitCredentials(server.read_token)
        self.ports: list[GitRepositories] = []
        self.port: GitPort = self.another_port()
        self.interfere_at = "push"

    def another_port(self, limits: GitLimits | None = None) -> GitRepositories:
        """A second operator with a work directory of its own."""
        work = self.work / f"{self.name}-{len(self.ports)}"
        self.ports.append(GitRepositories(work, limits=limits))
        return self.ports[-1]

    def commit(self, path: str, content: bytes | None, author: str = "Ada") -> str:
        """A person's commit, at once."""
        return self.repository.commit(path, content, author=author)

    def head(self) -> str:
        """The branch's commit on the server."""
        return self.repository.head()

    def messages(self) -> list[str]:
        """The branch's commit messages, newest first."""
        return [one.message for one in self.repository.log()]

    def author(self) -> tuple[str, str, int]:
        """Name, address and time of the newest commit."""
        newest = self.repository.log()[0]
        return newest.author, newest.email, newest.seconds

    def content(self, path: str) -> bytes:
        """A file at the branch's head."""
        return self.repository.read(path)

    def protect(self, message: str) -> None:
        """Refuse all pushes by a hook with this message."""
        if message:
            self.repository.install_hook(f"#!/bin/sh\necho '{message}' >&2\nexit 1\n")
        else:
            self.repository.remove_hook()

    def lose_answer(self, *, then_away: bool = False) -> None:
        """Apply the next push without an answer, and perhaps go away after it."""
        self.server.faults(answer_lost=1)
        if then_away:
            self.repository.install_hook(_AWAY, "post-receive")

    def come_back(self) -> None:
        """Be there again."""
        self.repository.remove_hook("post-receive")
        (self.repository.path / "HEAD.away").rename(self.repository.path / "HEAD")

    async def interfere(
        self, action: Callable[[], object], push: Awaitable[PushOutcome]
    ) -> PushOutcome:
        """Hold the push back on the server while the action runs."""
        pushing = asyncio.ensure_future(push)
        with self.server.held(self.interfere_at) as hold:
            await asyncio.to_thread(hold.wait)
            action()
        return await pushing


@contextlib.asynccontextmanager
async def git_http_world(server: GitServer, work: Path) -> AsyncIterator[HttpWorld]:
    """A repository of the test's own."""
    world = HttpWorld(server, work)
    yield world
    server.clear_faults()
    for port in world.ports:
        await port.aclose()


def tree_of(repository: pygit2.Repository, commit: str) -> pygit2.Oid:
    """The root tree of a commit."""
    return repository[commit].peel(pygit2.Tree).id


async def requests(world: HttpWorld, kind: str, at_least: int = 0) -> int:
    """The granted requests of a kind for this repository, once there are so many.

    The server writes its log after it has answered, so the last line may be late.
    """
    while True:
        lines = world.server.requests(kind)
        mine = [one for one in lines if f"/{world.name}.git/" in one["path"]]
        count = len([one for one in mine if one["status"] != 401])
        if count >= at_least:
            return count
        await asyncio.sleep(0.01)


@dataclass
class Trickster:
    """A server that gives everybody the same answer and keeps what it hears."""

    says: str = '401 No\r\nWWW-Authenticate: Basic realm="x"'
    port: int = 0
    heard: list[str] = field(default_factory=list)

    async def answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Keep the request's head and answer."""
        with contextlib.suppress(asyncio.IncompleteReadError):
            self.heard.append((await reader.readuntil(b"\r\n\r\n")).decode())
        head = f"HTTP/1.1 {self.says}\r\nContent-Length: 0\r\nConnection: close"
        writer.write(f"{head}\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Self]:
        """Listen on a free loopback port."""
        server = await asyncio.start_server(self.answer, "127.0.0.1")
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            yield self


def credentials_received(world: HttpWorld, server: Trickster) -> list[str]:
    """The requests by which a server learned our token."""
    pair = f"{world.credentials.username}:{world.credentials.password}"
    secrets = (world.credentials.password, base64.b64encode(pair.encode()).decode())
    return [one for one in server.heard if any(secret in one for secret in secrets)]
