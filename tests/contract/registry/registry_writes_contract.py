"""What writing to every registry must do: marks of candidates and champions."""

import asyncio

import pytest

from killick import names
from killick.registry.port import (
    NO_CREDENTIALS,
    ModelMissing,
    RegistryConflict,
    RegistryRefused,
    RegistryState,
    RegistryTarget,
    VersionMissing,
)
from tests.contract.registry.registry_world import Case, World


class RegistryWritesContract:
    """The tests of writes; a subclass gives them the fixture `world`."""

    @pytest.fixture
    def case(self, world: World) -> Case:
        """Return a model name that nobody used before."""
        return Case(world)

    # Marking the candidate

    async def test_candidate_twice_is_the_same(self, case: Case) -> None:
        """Marking a candidate again changes nothing."""
        case.world.point(case.model, "champion", case.register())
        version = case.register("a1")
        await case.candidate(version, {names.TAG_EVALUATION: "e1"})
        once = await case.read()
        await case.candidate(version, {names.TAG_EVALUATION: "e1"})
        assert await case.read() == once
        assert once.candidate == version
        assert once.versions[version].stage == "Staging"
        assert once.versions[version].tags == {names.TAG_EVALUATION: "e1"}

    async def test_candidate_replaces_the_former_one(self, case: Case) -> None:
        """The candidate alias is ours to move."""
        first, second = case.register(), case.register()
        await case.candidate(first)
        await case.candidate(second)
        assert (await case.read()).candidate == second

    async def test_stages_are_left_alone_if_so_asked(self, case: Case) -> None:
        """Without stage sync no stage is ever touched."""
        old, new = case.register(), case.register()
        case.world.point(case.model, "champion", old)
        await case.candidate(new, sync=False)
        await case.champion(new, old, sync=False)
        state = await case.read(old)
        assert state.champion == new
        assert {facts.stage for facts in state.versions.values()} == {"None"}

    async def test_champion_is_no_candidate(self, case: Case) -> None:
        """The champion is not demoted to a candidate."""
        version = case.register()
        await case.champion(version, None)
        before = await case.read()
        with pytest.raises(RegistryConflict):
            await case.candidate(version)
        assert await case.read() == before

    # Marking the champion

    async def test_first_champion(self, case: Case) -> None:
        """Without a champion the first one is just set."""
        version = case.register()
        await case.champion(version, None)
        state = await case.read()
        assert state.champion == version
        assert state.versions[version].stage == "Production"

    async def test_champion_changes(self, case: Case) -> None:
        """The new one is Production, the old one Archived, the candidate gone."""
        old, new = case.register(), case.register("a1")
        await case.champion(old, None)
        await case.candidate(new)
        await case.champion(new, old, {names.TAG_PROMOTION: "p1"})
        state = await case.read(old)
        assert (state.champion, state.candidate) == (new, None)
        assert state.versions[new].stage == "Production"
        assert state.versions[new].tags[names.TAG_PROMOTION] == "p1"
        assert state.versions[old].stage == "Archived"
        await case.champion(new, old, {names.TAG_PROMOTION: "p1"})
        assert await case.read(old) == state

    async def test_another_candidate_stays(self, case: Case) -> None:
        """A newer candidate is not removed by an older one's promotion."""
        new, newer = case.register(), case.register()
        await case.candidate(newer)
        await case.champion(new, None)
        assert (await case.read()).candidate == newer

    async def test_foreign_champion_is_a_conflict(self, case: Case) -> None:
        """If the alias is at a third version, it is named and nothing is written."""
        old, new, foreign = case.register(), case.register(), case.register()
        await case.candidate(new)
        case.world.point(case.model, "champion", foreign)
        before = await case.read(old)
        with pytest.raises(RegistryConflict, match=f"version {foreign}"):
            await case.champion(new, old, {names.TAG_PROMOTION: "p1"})
        with pytest.raises(RegistryConflict, match=f"version {foreign}"):
            await case.champion(new, None)
        assert await case.read(old) == before

    async def test_vanished_champion_is_a_conflict(self, case: Case) -> None:
        """A champion alias that somebody removed is not set again silently."""
        old, new = case.register(), case.register()
        case.world.point(case.model, "champion", old)
        case.world.delete(case.model, old)
        with pytest.raises(RegistryConflict, match="no version"):
            await case.champion(new, old)
        assert (await case.read()).champion is None

    async def test_deleted_previous_does_not_stand_in_the_way(self, case: Case) -> None:
        """Completing a move works though the old version was deleted since."""
        old, new = case.register(), case.register()
        await case.champion(new, None)
        case.world.delete(case.model, old)
        await case.champion(new, old)
        assert (await case.read()).champion == new

    # What cannot be written

    async def test_writes_need_what_they_name(self, case: Case) -> None:
        """A missing model and a missing version are told apart."""
        with pytest.raises(ModelMissing):
            await case.candidate("1")
        case.world.seed(case.model)
        with pytest.raises(VersionMissing):
            await case.candidate("1")
        with pytest.raises(VersionMissing):
            await case.champion("1", None)
        assert await case.read() == RegistryState(model_exists=True)

    async def test_foreign_and_overlong_tags_are_refused(self, case: Case) -> None:
        """Killick writes only its own tags, and none that it could not read."""
        version = case.register()
        for tags in ({"owner": "me"}, {names.TAG_IMAGE: "x" * 5000}):
            with pytest.raises(RegistryRefused):
                await case.candidate(version, tags)
        state = await case.read(version)
        assert (state.candidate, state.versions[version].tags) == (None, {})

    @pytest.mark.parametrize(
        "change",
        [
            {"tracking_uri": "file:///tmp/mlruns"},
            {"tracking_uri": "http://user:secret@localhost:5000"},
            {"tracking_uri": "databricks"},
            {"tracking_uri": "http://localhost:5000/?a=b"},
            {"model": "a' or name like '%"},
            {"candidate_alias": "latest"},
            {"candidate_alias": "v3"},
            {"candidate_alias": "champion"},
        ],
    )
    async def test_unusable_targets_are_refused(
        self, case: Case, change: dict[str, str]
    ) -> None:
        """Addresses and names that cannot be used are refused without the secret."""
        parts = {"tracking_uri": case.world.uri, "model": case.model} | change
        with pytest.raises(RegistryRefused) as refused:
            await case.world.registry.read(RegistryTarget(**parts), NO_CREDENTIALS)
        assert "secret" not in refused.value.message

    async def test_many_at_once(self, case: Case) -> None:
        """Concurrent looks and writes on one server do not disturb each other."""
        old = case.register()
        await case.champion(old, None)
        new = case.register("a1")
        reads = [case.read(attempt="a1") for _ in range(20)]
        marks = [case.candidate(new) for _ in range(4)]
        await asyncio.gather(*reads, *marks)
        state = await case.read()
        assert (state.champion, state.candidate) == (old, new)
