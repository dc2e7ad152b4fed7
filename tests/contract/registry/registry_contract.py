"""What every registry must do: run on the twin and on a real MLflow server alike."""

import time

from killick import names
from killick.registry.port import (
    NO_CREDENTIALS,
    AttemptQuery,
    RegistryState,
)
from tests.contract.registry.registry_world import Case
from tests.contract.registry.registry_writes_contract import RegistryWritesContract


class RegistryContract(RegistryWritesContract):
    """All tests; a subclass gives them the fixture `world`."""

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
