"""What one look at a registered model is, as steps over a `RegistryApi`."""

from typing import Final

from killick import names
from killick.registry.calls import (
    FINISHED,
    STAGES,
    RawRun,
    RawVersion,
    RegistryApi,
)
from killick.registry.port import (
    AttemptQuery,
    PastRun,
    RegistryRefused,
    RegistryState,
    RegistryTarget,
    VersionFacts,
)
from killick.registry.validation import check_target, check_version, own_tags

SEARCH_LIMIT: Final = 200  # versions looked at for one attempt
SEARCH_PAGE: Final = 50
CLOCK_SLACK: Final = 26 * 3600.0  # seconds that the server's clock may be behind ours


async def read(
    api: RegistryApi,
    target: RegistryTarget,
    attempt: AttemptQuery | None,
    versions: tuple[str, ...],
) -> RegistryState:
    """Look at the model; see `Registry.read`."""
    check_target(target)
    for version in versions:
        check_version(version)
    champion = await api.by_alias(target.model, target.champion_alias)
    candidate = await api.by_alias(target.model, target.candidate_alias)
    # One call less in the usual case: an alias proves the model.
    exists = bool(champion or candidate) or await api.model_exists(target.model)
    if not exists:
        return RegistryState(model_exists=False)
    raw = {found.version: found for found in (champion, candidate) if found}
    for version in versions:
        if version not in raw:
            found = await api.version(target.model, version)
            if found:
                raw[version] = found
    search = _AttemptSearch(api, target.model)
    if attempt:
        await search.look(attempt)
    facts = {
        version: _facts(found, await search.run_of(found))
        for version, found in sorted((raw | search.found).items(), key=_by_number)
    }
    return RegistryState(
        model_exists=True,
        champion=champion.version if champion else None,
        candidate=candidate.version if candidate else None,
        versions=facts,
        attempt_versions=tuple(sorted(search.finished, key=int)),
        attempt_search_complete=search.complete,
        past=tuple(sorted(search.past.values(), key=lambda run: run.registered)),
    )


class _AttemptSearch:
    """Finds an attempt's versions by the tag of the runs behind the newest ones."""

    def __init__(self, api: RegistryApi, model: str) -> None:
        self._api = api
        self._model = model
        self._runs: dict[str, RawRun | None] = {}
        self.found: dict[str, RawVersion] = {}
        self.finished: list[str] = []
        self.complete = True
        self.past: dict[str, PastRun] = {}

    async def run_of(self, version: RawVersion) -> RawRun | None:
        """Return the version's run, asking once per run within one look."""
        if not version.run_id:
            return None
        if version.run_id not in self._runs:
            self._runs[version.run_id] = await self._api.run(version.run_id)
        return self._runs[version.run_id]

    async def look(self, attempt: AttemptQuery) -> None:
        """Go back from the newest version to the attempt's beginning, or the bound."""
        token, looked_at = "", 0
        while True:
            page, token = await self._api.newest(self._model, SEARCH_PAGE, token)
            for version in page:
                if version.created < attempt.since - CLOCK_SLACK:
                    return
                await self._consider(version, attempt)
            looked_at += len(page)
            if not token:
                return
            if looked_at >= SEARCH_LIMIT:
                self.complete = False
                return

    async def _consider(self, version: RawVersion, attempt: AttemptQuery) -> None:
        run = await self.run_of(version)
        found = own_tags(run.tags).get(names.TAG_ATTEMPT) if run else None
        if run is None or not found:
            return
        if attempt.owner and run.tags.get(names.TAG_OBJECT) == attempt.owner:
            # Newest first: what is kept is the first that the attempt registered.
            self.past[found] = PastRun(found, version.created)
        if found != attempt.attempt_id:
            return
        if run.status == FINISHED and version.ready:
            self.found[version.version] = version
            self.finished.append(version.version)


def _facts(found: RawVersion, run: RawRun | None) -> VersionFacts:
    if found.stage not in STAGES:
        raise RegistryRefused(f"version {found.version} has an unknown stage")
    tags = own_tags(found.tags)
    run_tags = own_tags(run.tags) if run else {}
    return VersionFacts(
        version=found.version,
        run_id=found.run_id,
        stage=found.stage,
        tags=tags,
        train_before=tags.get(
            names.TAG_TRAIN_BEFORE, run_tags.get(names.TAG_TRAIN_BEFORE)
        ),
        reference_uri=tags.get(names.TAG_REFERENCE_URI),
        reference_sha256=tags.get(names.TAG_REFERENCE_SHA256),
        image=tags.get(names.TAG_IMAGE),
        attempt=run_tags.get(names.TAG_ATTEMPT),
    )


def _by_number(item: tuple[str, RawVersion]) -> int:
    return int(item[0])
