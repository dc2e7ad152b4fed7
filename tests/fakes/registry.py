"""A registry server in memory, with the habits of the real one that bite.

It keeps no run's history and stores no files. What it shares with MLflow, and the
contract tests prove on both: registering twice makes two versions, a number is
never used again, a version that is deleted takes its aliases along, a search may
lag behind, an alias moves without asking, `latest` reads as the newest version,
and a call that fails may have been carried out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from killick.registry import reading, writing
from killick.registry.calls import STAGES, RawRun, RawVersion
from killick.registry.port import (
    NO_CREDENTIALS,
    AttemptQuery,
    ChampionChange,
    Credentials,
    RegistryError,
    RegistryRefused,
    RegistryState,
    RegistryTarget,
    RegistryUnauthorized,
    RegistryUnreachable,
    VersionMissing,
)
from killick.registry.validation import check_target


@dataclass
class Fault:
    """The next call named `call` (any, if empty) fails with `error`.

    With `applied` it is carried out first, as when only the answer is lost.
    """

    error: RegistryError
    call: str = ""
    applied: bool = False


@dataclass
class _Model:
    versions: dict[str, RawVersion] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    last: int = 0


class FakeServer:
    """One server's models and runs; implements `RegistryApi`."""

    def __init__(self, clock: Callable[[], float] = lambda: 1_000_000.0) -> None:
        self.clock = clock
        self.models: dict[str, _Model] = {}
        self.runs: dict[str, RawRun] = {}
        self.search_lag = 0.0  # seconds until a new version is found by searching
        self.faults: list[Fault] = []
        self.down = False
        self.accepts: Credentials | None = None  # None: anybody
        self.calls: list[tuple[str, ...]] = []
        self.on_call: Callable[[tuple[str, ...]], None] | None = None

    # For tests: what training and people do.

    def seed(self, model: str) -> None:
        """Create the registered model; it may exist."""
        self.models.setdefault(model, _Model())

    def register(
        self,
        model: str,
        run_tags: Mapping[str, str] | None = None,
        status: str = "FINISHED",
        version_tags: Mapping[str, str] | None = None,
    ) -> str:
        """Log a run and register it, creating the model as needed."""
        run_id = f"{len(self.runs) + 1:032x}"
        self.runs[run_id] = RawRun(status, dict(run_tags or {}))
        return self.register_run(model, run_id, version_tags)

    def register_run(
        self, model: str, run_id: str, version_tags: Mapping[str, str] | None = None
    ) -> str:
        """Register a run once more: a new version, as on the real server."""
        self.seed(model)
        kept = self.models[model]
        kept.last += 1
        version = str(kept.last)
        kept.versions[version] = RawVersion(
            version=version,
            run_id=run_id,
            stage="None",
            tags=dict(version_tags or {}),
            ready=True,
            created=self.clock(),
        )
        return version

    def end_run(self, model: str, version: str, status: str) -> None:
        """Give the run behind a version another status."""
        run_id = self.models[model].versions[version].run_id or ""
        self.runs[run_id] = replace(self.runs[run_id], status=status)

    def delete(self, model: str, version: str) -> None:
        """Delete a version, and with it the aliases that point at it."""
        kept = self.models[model]
        del kept.versions[version]
        kept.aliases = {a: v for a, v in kept.aliases.items() if v != version}

    def point(self, model: str, alias: str, version: str) -> None:
        """Move an alias as another writer would."""
        self.models[model].aliases[alias] = version

    @property
    def writes(self) -> list[tuple[str, ...]]:
        """The calls so far that change something."""
        return [call for call in self.calls if call[0].startswith(("set_", "drop_"))]

    # RegistryApi

    async def model_exists(self, model: str) -> bool:
        """Say whether the registered model exists."""
        self._arrive("model_exists", model)
        return model in self.models

    async def by_alias(self, model: str, alias: str) -> RawVersion | None:
        """Return the version behind an alias; `latest` is the newest."""
        self._arrive("by_alias", model, alias)
        kept = self.models.get(model, _Model())
        if alias.lower() == "latest":
            return max(kept.versions.values(), key=lambda v: v.created, default=None)
        return kept.versions.get(kept.aliases.get(alias, ""))

    async def version(self, model: str, version: str) -> RawVersion | None:
        """Return one version."""
        self._arrive("version", model, version)
        return self.models.get(model, _Model()).versions.get(version)

    async def newest(
        self, model: str, limit: int, page_token: str
    ) -> tuple[list[RawVersion], str]:
        """Return a page of versions, newest first, as far as the search knows."""
        self._arrive("newest", model, page_token)
        known = [
            version
            for version in self.models.get(model, _Model()).versions.values()
            if version.created <= self.clock() - self.search_lag
        ]
        known.sort(key=lambda v: (v.created, int(v.version)), reverse=True)
        start = int(page_token or 0)
        end = start + limit
        return known[start:end], str(end) if end < len(known) else ""

    async def run(self, run_id: str) -> RawRun | None:
        """Return a run."""
        self._arrive("run", run_id)
        return self.runs.get(run_id)

    async def set_alias(self, model: str, alias: str, version: str) -> None:
        """Point the alias at the version."""

        def apply() -> None:
            kept = self._model_of(model, version)
            kept.aliases[alias] = version

        self._arrive("set_alias", model, alias, version, apply=apply)

    async def drop_alias(self, model: str, alias: str) -> None:
        """Remove the alias; absent is fine."""

        def apply() -> None:
            if model not in self.models:
                raise VersionMissing(f"no model {model}")
            self.models[model].aliases.pop(alias, None)

        self._arrive("drop_alias", model, alias, apply=apply)

    async def set_tag(self, model: str, version: str, key: str, value: str) -> None:
        """Set one tag of a version."""

        def apply() -> None:
            kept = self._model_of(model, version).versions
            old = kept[version]
            kept[version] = replace(old, tags={**old.tags, key: value})

        self._arrive("set_tag", model, version, key, apply=apply)

    async def set_stage(self, model: str, version: str, stage: str) -> None:
        """Move the version to a stage."""

        def apply() -> None:
            if stage not in STAGES:
                raise RegistryRefused(f"invalid stage {stage}")
            kept = self._model_of(model, version).versions
            kept[version] = replace(kept[version], stage=stage)

        self._arrive("set_stage", model, version, stage, apply=apply)

    def _model_of(self, model: str, version: str) -> _Model:
        kept = self.models.get(model)
        if kept is None or version not in kept.versions:
            raise VersionMissing(f"{model} has no version {version}")
        return kept

    def _arrive(self, *call: str, apply: Callable[[], None] = lambda: None) -> None:
        if self.down:
            raise RegistryUnreachable("MLflow cannot be reached: down")
        self.calls.append(call)
        if self.on_call:
            self.on_call(call)
        fault = next((f for f in self.faults if f.call in {"", call[0]}), None)
        if fault:
            self.faults.remove(fault)
        if fault is None or fault.applied:
            apply()
        if fault:
            raise fault.error


class FakeRegistry:
    """Implements `Registry` over servers in memory, by tracking URI."""

    def __init__(self, servers: Mapping[str, FakeServer]) -> None:
        self._servers = servers

    async def read(
        self,
        target: RegistryTarget,
        credentials: Credentials = NO_CREDENTIALS,
        attempt: AttemptQuery | None = None,
        versions: tuple[str, ...] = (),
    ) -> RegistryState:
        """See `Registry.read`."""
        return await reading.read(
            self._api(target, credentials), target, attempt, versions
        )

    async def mark_candidate(
        self,
        target: RegistryTarget,
        credentials: Credentials,
        version: str,
        tags: Mapping[str, str],
        *,
        sync_stage: bool,
    ) -> None:
        """See `Registry.mark_candidate`."""
        await writing.mark_candidate(
            self._api(target, credentials),
            target,
            version,
            tags,
            sync_stage=sync_stage,
        )

    async def mark_champion(
        self,
        target: RegistryTarget,
        credentials: Credentials,
        change: ChampionChange,
    ) -> None:
        """See `Registry.mark_champion`."""
        await writing.mark_champion(self._api(target, credentials), target, change)

    def _api(self, target: RegistryTarget, credentials: Credentials) -> FakeServer:
        check_target(target)
        server = self._servers.get(target.tracking_uri)
        if server is None:
            raise RegistryUnreachable("MLflow cannot be reached: no such host")
        if server.accepts not in {None, credentials}:
            raise RegistryUnauthorized("MLflow refused the credentials (401)")
        return server
