"""The Git port's contract over real smart HTTP, and what only a server can show."""

import asyncio
import base64
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import pygit2
import pytest

from dev.git_server import GitServer
from killick.gitops.port import (
    AlreadyLanded,
    GitCredentials,
    GitError,
    GitPort,
    GitState,
    GitTarget,
    GitTimedOut,
    GitUnauthorized,
    GitUnreachable,
    Landed,
    PushOutcome,
    Refused,
    TraceRequest,
    Unknown,
)
from killick.gitops.repository import GitLimits, GitRepositories
from tests.contract.git_contract import (
    CHANGE,
    NEW,
    OLD,
    PATH,
    THIRD,
    TRACE,
    VALUES,
    GitContract,
    World,
)

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


@pytest.fixture
async def world(git_server: GitServer, tmp_path: Path) -> AsyncIterator[HttpWorld]:
    """A repository of the test's own."""
    world = HttpWorld(git_server, tmp_path)
    yield world
    git_server.clear_faults()
    for port in world.ports:
        await port.aclose()


def tree_of(repository: pygit2.Repository, commit: str) -> pygit2.Oid:
    """The root tree of a commit."""
    return repository[commit].peel(pygit2.Tree).id


class TestHttp(GitContract):
    """The contract over smart HTTP, with others between our look and our upload."""

    @pytest.fixture
    def world(self, world: HttpWorld) -> World:
        """A repository of the test's own."""
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


def told(world: HttpWorld, server: Trickster) -> list[str]:
    """The requests by which a server learned our token."""
    pair = f"{world.credentials.username}:{world.credentials.password}"
    secrets = (world.credentials.password, base64.b64encode(pair.encode()).decode())
    return [one for one in server.heard if any(secret in one for secret in secrets)]


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
    assert not told(world, thief)
    assert not told(world, first)


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
    assert not told(world, thief)
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


@pytest.mark.parametrize(
    "mode", [pygit2.enums.FileMode.LINK, pygit2.enums.FileMode.COMMIT]
)
@pytest.mark.parametrize("at", ["apps", PATH])
async def test_links_and_submodules(world: HttpWorld, mode: int, at: str) -> None:
    """A link or submodule at the file or on the way to it is refused."""
    repository = pygit2.Repository(str(world.repository.path))
    index = pygit2.Index()
    is_link = mode == pygit2.enums.FileMode.LINK
    entry = (
        repository.create_blob(b"../../etc/passwd")
        if is_link
        else pygit2.Oid(hex=world.head())
    )
    index.add(pygit2.IndexEntry(at, entry, pygit2.enums.FileMode(mode)))
    who = pygit2.Signature("Mallory", "m@example.com")
    tree = index.write_tree(repository)
    parents = [pygit2.Oid(hex=world.head())]
    repository.create_commit("refs/heads/main", who, who, "link", tree, parents)
    state = await world.port.read(world.target, world.credentials)
    outcome = await world.port.push_value(world.target, world.credentials, CHANGE)
    assert state.refused is not None
    assert state.refused.reason == "NotARegularFile"
    assert isinstance(outcome, Refused)


async def test_executable_stays_executable(world: HttpWorld) -> None:
    """The commit keeps the file's mode and every other entry of its trees."""
    repository = pygit2.Repository(str(world.repository.path))
    index = pygit2.Index()
    blob = repository.create_blob(VALUES)
    executable = pygit2.enums.FileMode.BLOB_EXECUTABLE
    index.add(pygit2.IndexEntry(PATH, blob, executable))
    index.add(pygit2.IndexEntry("apps/z", blob, executable))
    who = pygit2.Signature("Ada", "ada@example.com")
    tree = index.write_tree(repository)
    parents = [pygit2.Oid(hex=world.head())]
    repository.create_commit("refs/heads/main", who, who, "mode", tree, parents)
    await world.port.push_value(world.target, world.credentials, CHANGE)
    shown = world.repository.show(world.head())
    assert "old mode" not in shown
    assert shown.count("diff --git") == 1


async def test_trace_on_a_merged_branch(world: HttpWorld) -> None:
    """A promotion that came in by a merge is found, from a fresh shallow clone."""
    base = world.head()
    landed = await world.port.push_value(world.target, world.credentials, CHANGE)
    assert isinstance(landed, Landed)
    repository = pygit2.Repository(str(world.repository.path))
    who = pygit2.Signature("Ada", "ada@example.com")
    # The branch goes back; other work is done; then a merge brings ours in.
    other = repository.create_commit(
        None, who, who, "other work", tree_of(repository, base), [base]
    )
    tree = tree_of(repository, landed.sha)
    merge = repository.create_commit(None, who, who, "merge", tree, [other, landed.sha])
    repository.references["refs/heads/main"].set_target(merge)
    fresh = world.another_port()
    question = replace(TRACE, base=base, last_change=True)
    state = await fresh.read(world.target, world.credentials, question)
    assert (state.trace, state.trace_complete) == (landed.sha, True)
    assert state.last_change is not None
    assert state.last_change.sha == landed.sha


async def test_history_beyond_the_limit(world: HttpWorld) -> None:
    """Behind more commits than the limit nothing is proven, and nothing is pushed."""
    base = world.head()
    for number in range(40):
        world.commit("other.txt", b"%d" % number)
    port = world.another_port(GitLimits(history=20))
    question = replace(TRACE, base=base, last_change=True)
    state = await port.read(world.target, world.credentials, question)
    assert (state.trace, state.trace_complete) == (None, False)
    assert state.last_change is None
    change = replace(CHANGE, base=base)
    outcome = await port.push_value(world.target, world.credentials, change)
    assert isinstance(outcome, Refused)
    assert outcome.reason == "HistoryTooFar"


async def test_rewritten_history(world: HttpWorld) -> None:
    """After a force push that dropped the base a search proves nothing."""
    base = world.head()
    await world.port.read(world.target, world.credentials)
    repository = pygit2.Repository(str(world.repository.path))
    who = pygit2.Signature("Ada", "ada@example.com")
    tree = tree_of(repository, base)
    fresh = repository.create_commit(None, who, who, "a new start", tree, [])
    repository.references["refs/heads/main"].set_target(fresh)
    question = replace(TRACE, base=base)
    state = await world.port.read(world.target, world.credentials, question)
    assert (state.head, state.value) == (str(fresh), OLD)
    assert (state.trace, state.trace_complete) == (None, False)


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


async def test_messages_of_others_are_only_text(world: HttpWorld) -> None:
    """Odd bytes in other people's commits neither break nor fool a look."""
    repository = pygit2.Repository(str(world.repository.path))
    who = pygit2.Signature("Eve\x1b[2J", "eve@example.com")
    tree = tree_of(repository, world.head())
    text = "\x1b[31mred\nKillick-Promotion: other\n"
    parents = [pygit2.Oid(hex=world.head())]
    repository.create_commit("refs/heads/main", who, who, text, tree, parents)
    world.repository.commit(PATH, THIRD, author="Eve\x1b[2J", message=text)
    question = TraceRequest(CHANGE.promotion_id, last_change=True)
    state = await world.port.read(world.target, world.credentials, question)
    assert state.trace is None
    assert state.last_change is not None
    assert state.last_change.author_name.isprintable()
    assert state.last_change.subject.isprintable()


async def test_secrets_in_a_rejection(world: HttpWorld) -> None:
    """A hook that prints our token does not get it into the outcome."""
    world.protect(f"refused {world.credentials.password} \x1b[31m")
    outcome = await world.port.push_value(world.target, world.credentials, CHANGE)
    assert world.credentials.password not in repr(outcome)
    assert world.credentials.password not in repr(world.credentials)
    assert "\x1b" not in str(outcome)


async def test_writers_of_one_process_take_turns(world: HttpWorld) -> None:
    """Promotions in one process never race each other: no push is wasted."""
    for number in range(6):
        world.commit(f"app-{number}.yaml", VALUES)

    async def promote(number: int) -> PushOutcome:
        target = replace(world.target, path=f"app-{number}.yaml")
        change = replace(CHANGE, promotion_id=f"p-{number}")
        return await world.port.push_value(target, world.credentials, change)

    outcomes = await asyncio.gather(*map(promote, range(6)))
    assert [type(one) for one in outcomes] == [Landed] * 6
    assert await requests(world, "push", 6) == 6
