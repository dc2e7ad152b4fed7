"""The Git port's contract on the twin, and what only a twin can show."""

from collections.abc import Awaitable, Callable

import pytest

from killick.gitops.port import (
    Contended,
    GitCredentials,
    GitPort,
    GitTarget,
    Landed,
    PushOutcome,
    Unknown,
)
from tests.contract.git.git_contract import GitContract
from tests.contract.git.git_history_contract import GitHistoryContract
from tests.contract.git.git_world import CHANGE, PATH, VALUES, World
from tests.fakes.git import FakeGit, FakeGitServer, FakeRepository

URL = "https://git.test/gitops.git"


class TwinWorld:
    """A repository in memory."""

    def __init__(self) -> None:
        self.repository = FakeRepository()
        self.credentials = GitCredentials("write")
        self.read_only = GitCredentials("read")
        self.server = FakeGitServer(
            {URL: self.repository},
            accepts=self.credentials,
            accepts_read_only=self.read_only,
        )
        self.port: GitPort = FakeGit(self.server)
        self.target = GitTarget(URL, "main", PATH, "/model/uri")
        self.commit(PATH, VALUES)

    def another_port(self) -> GitPort:
        """A second operator."""
        return FakeGit(self.server)

    def commit(self, path: str, content: bytes | None, author: str = "Ada") -> str:
        """A person's commit, at once."""
        return self.repository.commit({path: content}, author=author)

    def head(self) -> str:
        """The branch's commit on the server."""
        return self.repository.branches["main"].sha

    def messages(self) -> list[str]:
        """The branch's commit messages, newest first."""
        return [one.message for one in self.repository.history()]

    def author(self) -> tuple[str, str, int]:
        """Name, address and time of the newest commit."""
        tip = self.repository.branches["main"]
        return tip.author, tip.email, tip.timestamp

    def content(self, path: str) -> bytes:
        """A file at the branch's head."""
        return self.repository.branches["main"].files[path]

    def protect(self, message: str) -> None:
        """Refuse all pushes with this message."""
        self.server.reject = message

    def lose_answer(self, *, then_away: bool = False) -> None:
        """Apply the next push without an answer."""
        self.server.lose_answers = 1
        self.server.down_after_push = then_away

    def come_back(self) -> None:
        """Be there again."""
        self.server.down = self.server.down_after_push = False

    async def interfere(
        self, action: Callable[[], object], push: Awaitable[PushOutcome]
    ) -> PushOutcome:
        """Run the action just before the push is applied."""
        self.server.before_apply.append(action)
        return await push


@pytest.fixture
def world() -> TwinWorld:
    """A repository of the test's own."""
    return TwinWorld()


class TestTwin(GitContract, GitHistoryContract):
    """The contract on the twin."""

    @pytest.fixture
    def world(self) -> World:
        """A repository of the test's own."""
        return TwinWorld()


async def test_lost_push_is_unknown(world: TwinWorld) -> None:
    """A push without answer or effect is Unknown, and then lands once."""
    world.server.lose_pushes = 1
    first = await world.port.push_value(world.target, world.credentials, CHANGE)
    assert isinstance(first, Unknown)
    second = await world.port.push_value(world.target, world.credentials, CHANGE)
    assert isinstance(second, Landed)
    assert len(world.messages()) == 2


async def test_gives_up_on_a_busy_branch(world: TwinWorld) -> None:
    """Losing every race ends in an error that says so, after a bounded number."""
    world.server.before_apply.extend(
        [lambda: world.commit("other.txt", b"x")] * 10,
    )
    with pytest.raises(Contended):
        await world.port.push_value(world.target, world.credentials, CHANGE)
    assert world.server.pushes == 10
