"""What every registry must do: run on the twin and on a real MLflow server alike."""

import asyncio
import time
import uuid
from collections.abc import Mapping
from typing import Protocol

import pytest

from killick import names
from killick.registry.port import (
    NO_CREDENTIALS,
    AttemptQuery,
    ChampionChange,
    ModelMissing,
    Registry,
    RegistryConflict,
    RegistryRefused,
    RegistryState,
    RegistryTarget,
    VersionMissing,
)


class World(Protocol):
    """A registry under test, and the hands of training and of other people."""

    registry: Registry
    uri: str

    def seed(self, model: str) -> None:
        """Create a registered model without versions."""
        ...

    def register(
        self,
        model: str,
        run_tags: Mapping[str, str] | None = None,
        status: str = "FINISHED",
        version_tags: Mapping[str, str] | None = None,
    ) -> str:
        """Log a run, register it, and return the version."""
        ...

    def register_run(self, model: str, run_id: str) -> str:
        """Register a run that has a version already."""
        ...

    def end_run(self, model: str, version: str, status: str) -> None:
        """Set the status of the run behind a version."""
        ...

    def delete(self, model: str, version: str) -> None:
        """Delete a version."""
        ...

    def point(self, model: str, alias: str, version: str) -> None:
        """Move an alias as another writer would."""
        ...


class Case:
    """One model of its own in a world, so that tests share a server."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.model = f"model-{uuid.uuid4().hex[:12]}"
        self.target = RegistryTarget(world.uri, self.model)
        self.since = time.time() - 5

    async def read(self, *versions: str, attempt: str | None = None) -> RegistryState:
        """Look at this model, for an attempt if named."""
        query = AttemptQuery(attempt, self.since) if attempt else None
        return await self.world.registry.read(
            self.target, NO_CREDENTIALS, query, versions
        )

    def register(
        self,
        attempt: str | None = None,
        status: str = "FINISHED",
        version_tags: Mapping[str, str] | None = None,
    ) -> str:
        """Train and register a version of this model."""
        tags = {names.TAG_ATTEMPT: attempt} if attempt else {}
        return self.world.register(self.model, tags, status, version_tags)

    async def candidate(
        self, version: str, tags: Mapping[str, str] | None = None, *, sync: bool = True
    ) -> None:
        """Mark a candidate of this model."""
        await self.world.registry.mark_candidate(
            self.target, NO_CREDENTIALS, version, tags or {}, sync_stage=sync
        )

    async def champion(
        self,
        version: str,
        previous: str | None,
        tags: Mapping[str, str] | None = None,
        *,
        sync: bool = True,
    ) -> None:
        """Mark a champion of this model."""
        change = ChampionChange(version, previous, tags or {}, sync)
        await self.world.registry.mark_champion(self.target, NO_CREDENTIALS, change)


class RegistryContract:
    """The tests; a subclass gives them the fixture `world`."""

    @pytest.fixture
    def case(self, world: World) -> Case:
        """A model name that nobody used before."""
        return Case(world)

    # Reading

    async def test_missing_model_is_a_fact(self, case: Case) -> None:
        """A model that does not exist is reported, not raised."""
        assert await case.read(attempt="a1") == RegistryState(model_exists=False)

    async def test_model_without_versions(self, case: Case) -> None:
        """A model without versions exists and has neither champion nor candidate."""
        case.world.seed(case.model)
        assert await case.read("7") == RegistryState(model_exists=True)

    async def test_no_champion_yet(self, case: Case) -> None:
        """Versions without aliases are shown only if asked for."""
        version = case.register()
        state = await case.read(version, "99")
        assert (state.model_exists, state.champion, state.candidate) == (
            True,
            None,
            None,
        )
        assert list(state.versions) == [version]

    async def test_champion_and_candidate_with_their_facts(self, case: Case) -> None:
        """Both aliases come with run, stage and the tags that Killick reads."""
        old = case.register()
        new = case.world.register(
            case.model,
            {
                names.TAG_ATTEMPT: "a1",
                names.TAG_TRAIN_BEFORE: "2026-01-01T00:00:00Z",
                "private": "x",
            },
            version_tags={
                names.TAG_REFERENCE_URI: "s3://bucket/r.parquet",
                names.TAG_REFERENCE_SHA256: "ab" * 32,
                names.TAG_IMAGE: "scorer:1",
                "private": "x",
            },
        )
        case.world.point(case.model, "champion", old)
        case.world.point(case.model, "challenger", new)
        state = await case.read()
        assert (state.champion, state.candidate) == (old, new)
        assert state.versions[old].train_before is None
        facts = state.versions[new]
        assert facts.run_id
        assert facts.stage == "None"
        assert facts.train_before == "2026-01-01T00:00:00Z"
        assert facts.reference_uri == "s3://bucket/r.parquet"
        assert facts.reference_sha256 == "ab" * 32
        assert facts.image == "scorer:1"
        assert facts.attempt == "a1"
        assert "private" not in facts.tags

    async def test_cut_off_of_the_version_wins(self, case: Case) -> None:
        """A version's own cut-off counts, not its run's."""
        version = case.world.register(
            case.model,
            {names.TAG_TRAIN_BEFORE: "2026-01-01T00:00:00Z"},
            version_tags={names.TAG_TRAIN_BEFORE: "2026-02-02T00:00:00Z"},
        )
        state = await case.read(version)
        assert state.versions[version].train_before == "2026-02-02T00:00:00Z"

    async def test_strange_text_survives_as_data(self, case: Case) -> None:
        """Newlines, markup and other scripts in a tag come back as they are."""
        text = "<script>alert(1)</script>\n\r\t'\"; DROP — ü 漂流 \u2028"
        version = case.register()
        await case.candidate(version, {names.TAG_EVALUATION: text})
        state = await case.read(version)
        assert state.versions[version].tags[names.TAG_EVALUATION] == text

    async def test_overlong_tag_is_left_out(self, case: Case) -> None:
        """A tag that is longer than we would write is not read either."""
        tags = {names.TAG_EVALUATION: "x" * 5000, names.TAG_IMAGE: ""}
        version = case.register(version_tags=tags)
        state = await case.read(version)
        assert state.versions[version].tags == {names.TAG_IMAGE: ""}

    # Finding an attempt

    async def test_attempt_is_found_once_its_run_has_finished(self, case: Case) -> None:
        """A version of a RUNNING run is no result; once FINISHED it is."""
        case.register()
        version = case.register("a1", status="RUNNING")
        state = await case.read(attempt="a1")
        assert state.attempt_versions == ()
        case.world.end_run(case.model, version, "FINISHED")
        state = await case.read(attempt="a1")
        assert state.attempt_versions == (version,)
        assert state.versions[version].attempt == "a1"
        assert state.attempt_search_complete

    async def test_failed_run_is_no_result(self, case: Case) -> None:
        """A version that a failed run left behind is not the attempt's."""
        case.register("a1", status="FAILED")
        state = await case.read(attempt="a1")
        assert state.attempt_versions == ()

    async def test_an_owners_past_attempts(self, case: Case) -> None:
        """All attempts of an owner, as its runs tell of them, are there once each."""
        for attempt, owner in (("a1", "c/ml/x"), ("a2", "c/ml/y"), ("a3", "c/ml/x")):
            tags = {names.TAG_ATTEMPT: attempt, names.TAG_OBJECT: owner}
            case.world.register(case.model, tags, "FINISHED", None)
        again = {names.TAG_ATTEMPT: "a1", names.TAG_OBJECT: "c/ml/x"}
        case.world.register(case.model, again, "FAILED", None)
        query = AttemptQuery("", case.since, "c/ml/x")
        state = await case.world.registry.read(case.target, NO_CREDENTIALS, query)
        assert [run.attempt for run in state.past] == ["a1", "a3"]
        assert state.past[0].registered <= state.past[1].registered
        assert state.attempt_versions == ()
        assert (await case.read(attempt="a1")).past == ()

    async def test_other_attempts_are_ignored(self, case: Case) -> None:
        """Neither another attempt nor another model's version is taken."""
        case.register("a2")
        case.world.register(f"{case.model}-other", {names.TAG_ATTEMPT: "a1"})
        state = await case.read(attempt="a1")
        assert state.attempt_versions == ()

    async def test_registering_twice_gives_two_versions(self, case: Case) -> None:
        """The registry does not notice a repetition; the lowest comes first."""
        first = case.register("a1")
        run_id = (await case.read(first)).versions[first].run_id
        assert run_id
        second = case.world.register_run(case.model, run_id)
        state = await case.read(attempt="a1")
        assert state.attempt_versions == (first, second)
        assert int(second) == int(first) + 1

    async def test_attempt_before_its_time_is_not_searched(self, case: Case) -> None:
        """The search ends at versions that are older than the attempt."""
        case.register("a1")
        case.since = time.time() + 3 * 86400
        state = await case.read(attempt="a1")
        assert state.attempt_versions == ()
        assert state.attempt_search_complete

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
