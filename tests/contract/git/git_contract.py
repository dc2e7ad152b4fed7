"""What every Git port must do: run on the twin and over real smart HTTP alike."""

import asyncio
from dataclasses import replace

import pytest

from killick.gitops.port import (
    AlreadyLanded,
    BranchMissing,
    GitCredentials,
    GitUnauthorized,
    GitUnreachable,
    Landed,
    PushNotPossible,
    PushOutcome,
    Refused,
    Rejected,
    TargetInvalid,
    Unknown,
    ValueChange,
    ValueChanged,
)
from tests.contract.git.git_world import (
    CHANGE,
    MESSAGE,
    NEW,
    OLD,
    PATH,
    THIRD,
    TRACE,
    VALUES,
    World,
    reverted,
)


class GitContract:
    """Each test gets a `world` of its own from the subclass."""

    async def push(self, world: World, change: ValueChange = CHANGE) -> PushOutcome:
        """Push with the right credentials."""
        return await world.port.push_value(world.target, world.credentials, change)

    async def test_reads_value_and_head(self, world: World) -> None:
        """A look gives the value and the commit it belongs to."""
        state = await world.port.read(world.target, world.credentials)
        assert (state.value, state.refused, state.head) == (OLD, None, world.head())

    async def test_look_follows_the_branch(self, world: World) -> None:
        """Every look sees the branch as it is now."""
        await world.port.read(world.target, world.credentials)
        head = world.commit(PATH, THIRD)
        state = await world.port.read(world.target, world.credentials)
        assert (state.head, state.value) == (head, "models:/recommendation/7")

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (None, "FileMissing"),
            (b"model: {}\n", "KeyMissing"),
            (b"model:\n  uri: a\n  uri: b\n", "KeyAmbiguous"),
            (b"model:\n  uri: a\n---\nmodel:\n  uri: b\n", "KeyAmbiguous"),
            (b"model: [unclosed\n", "NotYaml"),
            (b"model:\n  uri: \xff\xfe\n", "NotText"),
            (b"- " * 25_000, "TooDeep"),
            (b"model: &a {uri: *a}\n", "SharedAnchor"),
            (b"model:\n  uri: " + b"x" * (1 << 20), "TooLarge"),
        ],
    )
    async def test_refuses_files(
        self, world: World, content: bytes | None, reason: str
    ) -> None:
        """A file that cannot be edited is an answer, for looks and pushes alike."""
        head = world.commit(PATH, content)
        state = await world.port.read(world.target, world.credentials)
        outcome = await self.push(world)
        assert state.value is None
        assert state.refused is not None
        assert state.refused.reason == reason
        assert isinstance(outcome, Refused)
        assert outcome.reason == reason
        assert world.head() == head

    @pytest.mark.parametrize(
        "path", ["../values.yaml", "/etc/passwd", ".git/config", "a//b", "a\0b", ""]
    )
    async def test_refuses_paths(self, world: World, path: str) -> None:
        """A path that leads elsewhere is refused, with the head known all the same."""
        target = replace(world.target, path=path)
        state = await world.port.read(target, world.credentials)
        outcome = await world.port.push_value(target, world.credentials, CHANGE)
        assert state.refused is not None
        assert (state.refused.reason, state.head) == ("PathNotAllowed", world.head())
        assert isinstance(outcome, Refused)
        assert outcome.reason == "PathNotAllowed"

    async def test_push_lands(self, world: World) -> None:
        """A push is one commit that changes the value and not one byte more."""
        before = len(world.messages())
        outcome = await self.push(world)
        assert outcome == Landed(world.head())
        assert world.messages()[0] == MESSAGE
        assert len(world.messages()) == before + 1
        assert world.author() == ("Killick", "killick@killick.dev", 1_700_000_000)
        assert world.content(PATH) == VALUES.replace(OLD.encode(), NEW.encode())
        state = await world.port.read(world.target, world.credentials, TRACE)
        assert (state.value, state.trace) == (NEW, world.head())

    async def test_push_twice_is_one_commit(self, world: World) -> None:
        """Repeating a promotion finds its commit and adds none."""
        base = world.head()
        landed = await self.push(world)
        assert isinstance(landed, Landed)
        world.commit("other.txt", b"x")
        again = await self.push(world, replace(CHANGE, base=base))
        assert again == AlreadyLanded(landed.sha)
        assert len(world.messages()) == 3

    async def test_revert_is_not_fought(self, world: World) -> None:
        """A value that a person put back is not promoted again."""
        base = world.head()
        landed = await self.push(world)
        assert isinstance(landed, Landed)
        reverted(world)
        for change in (CHANGE, replace(CHANGE, base=base)):
            assert await self.push(world, change) == AlreadyLanded(landed.sha)
        assert world.content(PATH) == VALUES
        state = await world.port.read(
            world.target, world.credentials, replace(TRACE, base=base)
        )
        assert (state.value, state.trace) == (OLD, landed.sha)

    async def test_third_value_is_not_overwritten(self, world: World) -> None:
        """A person's own value stays, and the outcome names it."""
        world.commit(PATH, THIRD, "Grace")
        world.commit("other.txt", b"x", "Ada")
        outcome = await self.push(world)
        assert isinstance(outcome, ValueChanged)
        assert outcome.current == "models:/recommendation/7"
        assert world.content(PATH) == THIRD

    async def test_lost_race_keeps_both(self, world: World) -> None:
        """Another person's commit between our read and our push: both are there."""
        outcome = await world.interfere(
            lambda: world.commit("other.txt", b"theirs", "Grace"), self.push(world)
        )
        assert outcome == Landed(world.head())
        assert world.content("other.txt") == b"theirs"
        assert world.content(PATH) == VALUES.replace(OLD.encode(), NEW.encode())
        assert len(world.messages()) == 3

    async def test_lost_race_for_the_same_file(self, world: World) -> None:
        """Another key of our file, changed in between, keeps its new value."""
        theirs = VALUES.replace(b"replicas: 2", b"replicas: 5")
        outcome = await world.interfere(
            lambda: world.commit(PATH, theirs), self.push(world)
        )
        assert isinstance(outcome, Landed)
        assert world.content(PATH) == theirs.replace(OLD.encode(), NEW.encode())

    async def test_lost_race_for_the_same_key(self, world: World) -> None:
        """Our key, changed in between, is a person's decision and stays."""
        outcome = await world.interfere(
            lambda: world.commit(PATH, THIRD, "Grace"), self.push(world)
        )
        assert isinstance(outcome, ValueChanged)
        assert world.content(PATH) == THIRD

    async def test_lost_race_that_removed_the_file(self, world: World) -> None:
        """A file removed in between is refused, not written anew."""
        outcome = await world.interfere(
            lambda: world.commit(PATH, None), self.push(world)
        )
        assert isinstance(outcome, Refused)
        assert outcome.reason == "FileMissing"

    async def test_rejection_is_not_success(self, world: World) -> None:
        """A server's refusal is told with its words, and nothing has changed."""
        world.protect("protected branch: ask the platform team")
        head = world.head()
        outcome = await self.push(world)
        assert isinstance(outcome, Rejected)
        assert "ask the platform team" in outcome.message
        assert world.head() == head
        world.protect("")
        assert isinstance(await self.push(world), Landed)

    async def test_lost_answer(self, world: World) -> None:
        """A push that was applied without an answer is found, and stays one commit."""
        world.lose_answer()
        assert isinstance(await self.push(world), Landed)
        assert isinstance(await self.push(world), AlreadyLanded)
        assert len(world.messages()) == 2

    async def test_lost_answer_and_server(self, world: World) -> None:
        """What cannot be seen is Unknown; repeated later it is one commit."""
        world.lose_answer(then_away=True)
        assert isinstance(await self.push(world), Unknown)
        with pytest.raises(GitUnreachable):
            await world.port.read(world.target, world.credentials)
        world.come_back()
        assert isinstance(await self.push(world), AlreadyLanded)
        assert len(world.messages()) == 2

    async def test_credentials(self, world: World) -> None:
        """Missing, wrong and weak credentials have errors that do not tell them."""
        wrong = GitCredentials("wrong-token-4711")
        for given in (None, wrong):
            with pytest.raises(GitUnauthorized) as caught:
                await world.port.read(world.target, given)
            assert "4711" not in str(caught.value)
            with pytest.raises(GitUnauthorized):
                await world.port.push_value(world.target, given, CHANGE)
        state = await world.port.read(world.target, world.read_only)
        assert state.value == OLD
        with pytest.raises(PushNotPossible):
            await world.port.push_value(world.target, world.read_only, CHANGE)
        assert len(world.messages()) == 1

    async def test_absence(self, world: World) -> None:
        """A missing branch and a missing repository are told apart."""
        with pytest.raises(BranchMissing):
            await world.port.read(
                replace(world.target, branch="absent"), world.credentials
            )
        url = world.target.url.replace(".git", "-absent.git")
        with pytest.raises(GitUnreachable):
            await world.port.read(replace(world.target, url=url), world.credentials)

    @pytest.mark.parametrize(
        ("url", "branch"),
        [
            ("file:///etc", "main"),
            ("/etc", "main"),
            ("ssh://git@host/x", "main"),
            ("ext::sh", "main"),
            ("http://git.example.com/x.git", "main"),
            ("https://user:token@git.example.com/x.git", "main"),
            ("https://git.example.com/x.git", "a..b"),
            ("https://git.example.com/x.git", "*"),
        ],
    )
    async def test_refuses_addresses(self, world: World, url: str, branch: str) -> None:
        """Addresses outside the allowed grammar are refused before any connection."""
        target = replace(world.target, url=url, branch=branch)
        with pytest.raises(TargetInvalid) as caught:
            await world.port.read(target, world.credentials)
        assert "token@" not in str(caught.value)

    async def test_two_operators_one_promotion(self, world: World) -> None:
        """The same promotion from two operators at once is one commit."""
        ports = (world.port, world.another_port())
        labeled_predictions = await asyncio.gather(
            *(
                port.push_value(world.target, world.credentials, CHANGE)
                for port in ports
            )
        )
        shas = {
            one.sha
            for one in labeled_predictions
            if isinstance(one, Landed | AlreadyLanded)
        }
        assert shas == {world.head()}
        assert len(world.messages()) == 2

    async def test_two_operators_ten_promotions(self, world: World) -> None:
        """Racing promotions of different files all land, each once."""
        for number in range(10):
            world.commit(f"app-{number}.yaml", VALUES)
        ports = (world.port, world.another_port())

        async def promote(number: int) -> PushOutcome:
            target = replace(world.target, path=f"app-{number}.yaml")
            change = replace(CHANGE, promotion_id=f"p-{number}")
            port = ports[number % 2]
            return await port.push_value(target, world.credentials, change)

        labeled_predictions = await asyncio.gather(*map(promote, range(10)))
        assert [type(one) for one in labeled_predictions] == [Landed] * 10
        assert len(world.messages()) == 21
        for number in range(10):
            assert NEW.encode() in world.content(f"app-{number}.yaml")
