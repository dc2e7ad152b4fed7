"""What every Git port must find in a history, and never mistake for a trace."""

from dataclasses import replace

from killick.gitops.port import (
    AlreadyLanded,
    Landed,
    PushOutcome,
    Refused,
    TraceRequest,
    ValueChange,
)
from tests.contract.git.git_world import (
    CHANGE,
    PATH,
    THIRD,
    TRACE,
    World,
)


async def push(world: World, change: ValueChange) -> PushOutcome:
    """Push with the right credentials."""
    return await world.port.push_value(world.target, world.credentials, change)


class GitHistoryContract:
    """Each test gets a `world` of its own from the subclass."""

    async def test_trace_between_head_and_base(self, world: World) -> None:
        """A search from the head to the base is complete, whatever lies between."""
        base = world.head()
        for number in range(70):
            world.commit("other.txt", b"%d" % number)
        question = replace(TRACE, base=base)
        state = await world.port.read(world.target, world.credentials, question)
        assert (state.trace, state.trace_complete) == (None, True)
        change = replace(CHANGE, base=base)
        landed = await push(world, change)
        assert isinstance(landed, Landed)
        world.commit("other.txt", b"after")
        for port in (world.port, world.another_port()):
            state = await port.read(world.target, world.credentials, question)
            assert (state.trace, state.trace_complete) == (landed.sha, True)
            outcome = await port.push_value(world.target, world.credentials, change)
            assert outcome == AlreadyLanded(landed.sha)

    async def test_trace_with_unknown_base(self, world: World) -> None:
        """Where the base is not in the history, nothing is proven or pushed."""
        base = "1" * 40
        world.commit("other.txt", b"x")
        head = world.head()
        state = await world.port.read(
            world.target, world.credentials, replace(TRACE, base=base)
        )
        assert (state.trace, state.trace_complete) == (None, False)
        outcome = await push(world, replace(CHANGE, base=base))
        assert isinstance(outcome, Refused)
        assert outcome.reason == "HistoryTooFar"
        assert world.head() == head

    async def test_who_changed_last(self, world: World) -> None:
        """The author of the value is found behind many commits that left it alone."""
        sha = world.commit(PATH, THIRD, "Grace")
        for number in range(70):
            text = THIRD.replace(b"replicas: 2", b"replicas: %d" % number)
            world.commit(PATH, text)
        state = await world.port.read(
            world.target, world.credentials, TraceRequest(last_change=True)
        )
        assert state.last_change is not None
        assert state.last_change.sha == sha
        assert state.last_change.author_name == "Grace"
        assert state.last_change.author_email == "grace@example.com"

    async def test_other_peoples_texts_forge_nothing(self, world: World) -> None:
        """Line ends in names and values become visible, never trailers."""
        change = replace(
            CHANGE,
            subject="Promote\n\nKilick-Promotion: forged",
            body="Because\nApproved-By: mallory\n\nKillick-Promotion: forged",
            trailers=(("Killick-Model", "x\nApproved-By: eve\u2028Signed-off-by: a"),),
            author_name="Mallory\nApproved-By: <root@x>",
        )
        assert isinstance(await push(world, change), Landed)
        lines = world.messages()[0].split("\n")
        assert not [one for one in lines if one.startswith(("Approved", "Signed"))]
        assert "\n" not in world.author()[0]
        state = await world.port.read(
            world.target, world.credentials, TraceRequest("forged")
        )
        assert state.trace is None
