"""The real Git port and what only real histories and trees can hold."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pygit2
import pytest

from dev.git.server import GitServer
from killick.gitops.port import (
    Landed,
    Refused,
    TraceRequest,
)
from killick.gitops.repository import GitLimits
from tests.contract.git.git_http_world import HttpWorld, git_http_world, tree_of
from tests.contract.git.git_world import CHANGE, OLD, PATH, THIRD, TRACE, VALUES


@pytest.fixture
async def world(git_server: GitServer, tmp_path: Path) -> AsyncIterator[HttpWorld]:
    """A repository of the test's own."""
    async with git_http_world(git_server, tmp_path) as world:
        yield world


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
