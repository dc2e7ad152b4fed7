"""The registry's contract on the twin, and what only a twin can show."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from killick import names
from killick.registry.port import (
    NO_CREDENTIALS,
    AttemptQuery,
    ChampionChange,
    Credentials,
    Registry,
    RegistryConflict,
    RegistryTarget,
    RegistryUnauthorized,
    RegistryUnreachable,
)
from tests.contract.registry.registry_contract import RegistryContract, World
from tests.fakes.registry import FakeRegistry, FakeServer, Fault

URI = "http://mlflow.test:5000"
TARGET = RegistryTarget(URI, "model")
ANY = NO_CREDENTIALS


class TwinWorld(FakeServer):
    """The twin, ready for the contract."""

    def __init__(self) -> None:
        super().__init__(time.time)
        self.uri = URI
        self.registry: Registry = FakeRegistry({URI: self})


class TestTwin(RegistryContract):
    """The contract on the twin."""

    @pytest.fixture
    def world(self) -> World:
        """An empty server in memory."""
        return TwinWorld()


@pytest.fixture
def twin() -> TwinWorld:
    """A server with champion 1 and a finished version 2 of attempt a1."""
    world = TwinWorld()
    world.point("model", "champion", world.register("model"))
    world.register("model", {names.TAG_ATTEMPT: "a1"})
    return world


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("call", ["set_tag", "set_stage", "set_alias", "drop_alias"])
async def test_repeating_completes(twin: TwinWorld, call: str, applied: bool) -> None:
    """Wherever a promotion breaks off, done or not, repeating it completes it."""
    registry = twin.registry
    await registry.mark_candidate(TARGET, ANY, "2", {}, sync_stage=True)
    change = ChampionChange("2", "1", {names.TAG_PROMOTION: "p1"})
    twin.faults.append(Fault(RegistryUnreachable("lost"), call, applied))
    with pytest.raises(RegistryUnreachable):
        await registry.mark_champion(TARGET, ANY, change)
    await registry.mark_champion(TARGET, ANY, change)
    state = await registry.read(TARGET, ANY, None, ("1",))
    assert (state.champion, state.candidate) == ("2", None)
    assert state.versions["2"].stage == "Production"
    assert state.versions["1"].stage == "Archived"


CALLS = st.sampled_from(
    ["by_alias", "version", "set_tag", "set_stage", "set_alias", "drop_alias"]
)


@given(faults=st.lists(st.tuples(CALLS, st.booleans()), max_size=8))
async def test_any_row_of_faults_ends_the_same(faults: list[tuple[str, bool]]) -> None:
    """Whatever fails, in whatever order, repeating until it works gives one state."""
    twin = TwinWorld()
    twin.point("model", "champion", twin.register("model"))
    twin.register("model", {names.TAG_ATTEMPT: "a1"})
    for call, applied in faults:
        twin.faults.append(Fault(RegistryUnreachable("lost"), call, applied))
    change = ChampionChange("2", "1", {names.TAG_PROMOTION: "p1"})
    for step in ("candidate", "champion"):
        while True:
            try:
                if step == "candidate":
                    await twin.registry.mark_candidate(
                        TARGET, ANY, "2", {names.TAG_EVALUATION: "e1"}, sync_stage=True
                    )
                else:
                    await twin.registry.mark_champion(TARGET, ANY, change)
            except RegistryUnreachable:
                continue
            break
    twin.faults.clear()
    state = await twin.registry.read(TARGET, ANY, None, ("1", "2"))
    assert (state.champion, state.candidate) == ("2", None)
    assert [state.versions[v].stage for v in "12"] == ["Archived", "Production"]
    assert state.versions["2"].tags == {
        names.TAG_EVALUATION: "e1",
        names.TAG_PROMOTION: "p1",
    }


async def test_alias_moves_last(twin: TwinWorld) -> None:
    """Whoever sees the alias moved can rely on tags and stages."""
    change = ChampionChange("2", "1", {names.TAG_PROMOTION: "p1"})
    await twin.registry.mark_champion(TARGET, ANY, change)
    assert [call[0] for call in twin.writes] == [
        "set_tag",
        "set_stage",
        "set_stage",
        "set_alias",
    ]


async def test_conflict_writes_nothing(twin: TwinWorld) -> None:
    """A conflict is seen before the first write."""
    twin.register("model")
    twin.point("model", "champion", "3")
    with pytest.raises(RegistryConflict):
        await twin.registry.mark_champion(TARGET, ANY, ChampionChange("2", "1"))
    assert twin.writes == []


async def test_writer_in_between_is_noticed(twin: TwinWorld) -> None:
    """A value that another writer sets right after ours is a conflict."""

    def overtake(call: tuple[str, ...]) -> None:
        if call[0] == "by_alias" and ("set_alias", "model", "champion", "2") in (
            twin.calls
        ):
            twin.point("model", "champion", "1")

    twin.on_call = overtake
    with pytest.raises(RegistryConflict, match="version 1"):
        await twin.registry.mark_champion(TARGET, ANY, ChampionChange("2", "1"))


async def test_search_may_lag(twin: TwinWorld) -> None:
    """A version that the search does not know yet is simply not there yet."""
    twin.search_lag = 3600
    query = AttemptQuery("a1", time.time() - 60)
    assert (await twin.registry.read(TARGET, ANY, query)).attempt_versions == ()
    twin.search_lag = 0
    assert (await twin.registry.read(TARGET, ANY, query)).attempt_versions == ("2",)


async def test_search_says_when_it_gave_up(twin: TwinWorld) -> None:
    """Behind two hundred newer versions an attempt is unknown, not absent."""
    for _ in range(250):
        twin.register("model")
    query = AttemptQuery("a1", time.time() - 60)
    state = await twin.registry.read(TARGET, ANY, query)
    assert state.attempt_versions == ()
    assert not state.attempt_search_complete


async def test_credentials_and_absence(twin: TwinWorld) -> None:
    """Wrong credentials and a dead server have errors of their own."""
    twin.accepts = Credentials(token="right")
    with pytest.raises(RegistryUnauthorized):
        await twin.registry.read(TARGET, Credentials(token="wrong"))
    twin.down = True
    with pytest.raises(RegistryUnreachable):
        await twin.registry.read(TARGET, Credentials(token="right"))


def test_credentials_do_not_print() -> None:
    """No credential is in its own repr."""
    text = repr(Credentials("somebody", "hunter2", "token"))
    assert "somebody" not in text
    assert "hunter2" not in text
