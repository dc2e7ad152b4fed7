"""The operator's three ports over the twins, each call through the wire."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from killick.cluster.port import Manifest
from killick.errors import KillickError
from killick.gitops.port import (
    GitCredentials,
    GitState,
    GitTarget,
    PushOutcome,
    TraceRequest,
    ValueChange,
)
from killick.registry import reading, writing
from killick.registry.calls import RawRun, RawVersion
from killick.registry.port import (
    AttemptQuery,
    ChampionChange,
    Credentials,
    RegistryState,
    RegistryTarget,
)
from killick.retry_after import RetryAfterGate
from tests.fakes.cluster import FakeCluster
from tests.fakes.git import FakeGit, FakeGitServer
from tests.fakes.registry import FakeServer
from tests.simulation.engine.wire import Request, Wire


async def gated(gate: RetryAfterGate, call: Coroutine[Any, Any, Any]) -> Any:
    """Make a call through the gate that the real adapters also have."""
    try:
        gate.check()
    except KillickError:
        call.close()
        raise
    try:
        return await call
    except KillickError as error:
        raise gate.shut(error) from None


@dataclass(frozen=True)
class SimCluster:
    """`ClusterPort` whose calls are numbered."""

    wire: Wire
    life: int
    twin: FakeCluster
    gate: RetryAfterGate

    async def _call(
        self, write: bool, verb: str, *args: Any, key: tuple[str, ...]
    ) -> Any:
        request = Request("cluster", verb, key, write)
        call = partial(getattr(self.twin, verb), *args)
        return await gated(self.gate, self.wire.call(self.life, request, call))

    async def get_model_deployment(self, namespace: str, name: str) -> Manifest | None:
        """See the port."""
        found = await self._read("get_model_deployment", namespace, name)
        return cast("Manifest | None", found)

    async def write_status(self, manifest: Manifest) -> None:
        """See the port."""
        await self._write("write_status", manifest)

    async def get_cronjob(self, namespace: str, name: str) -> Manifest | None:
        """See the port."""
        return cast("Manifest | None", await self._read("get_cronjob", namespace, name))

    async def list_jobs(self, namespace: str, owner: str) -> list[Manifest]:
        """See the port."""
        return await self._read("list_jobs", namespace, owner) or []

    async def list_pods(self, namespace: str, owner: str) -> list[Manifest]:
        """See the port."""
        return await self._read("list_pods", namespace, owner) or []

    async def apply_cronjob(self, manifest: Manifest) -> None:
        """See the port."""
        await self._write("apply_cronjob", manifest)

    async def create_job(self, manifest: Manifest) -> None:
        """See the port."""
        await self._write("create_job", manifest)

    async def delete_job(self, namespace: str, name: str, uid: str) -> None:
        """See the port."""
        args = (namespace, name, uid)
        await self._call(True, "delete_job", *args, key=args)

    async def get_secret(self, namespace: str, name: str) -> Mapping[str, str] | None:
        """See the port."""
        found = await self._read("get_secret", namespace, name)
        return cast("Mapping[str, str] | None", found)

    async def create_event(self, manifest: Manifest) -> None:
        """See the port."""
        await self._write("create_event", manifest)

    async def _read(self, verb: str, namespace: str, name: str) -> Any:
        return await self._call(False, verb, namespace, name, key=(namespace, name))

    async def _write(self, verb: str, manifest: Manifest) -> None:
        metadata = manifest["metadata"]
        key = (metadata["namespace"], metadata["name"])
        await self._call(True, verb, manifest, key=key)


@dataclass(frozen=True)
class SimApi:
    """`RegistryApi` whose calls are numbered: a fault strikes between any two."""

    wire: Wire
    life: int
    twin: FakeServer
    gate: RetryAfterGate

    async def _call(self, write: bool, verb: str, *args: Any) -> Any:
        request = Request("registry", verb, tuple(str(a) for a in args), write)
        call = partial(getattr(self.twin, verb), *args)
        return await gated(self.gate, self.wire.call(self.life, request, call))

    async def model_exists(self, model: str) -> bool:
        """See the protocol."""
        return bool(await self._call(False, "model_exists", model))

    async def by_alias(self, model: str, alias: str) -> RawVersion | None:
        """See the protocol."""
        found: RawVersion | None = await self._call(False, "by_alias", model, alias)
        return found

    async def version(self, model: str, version: str) -> RawVersion | None:
        """See the protocol."""
        found: RawVersion | None = await self._call(False, "version", model, version)
        return found

    async def newest(
        self, model: str, limit: int, page_token: str
    ) -> tuple[list[RawVersion], str]:
        """See the protocol."""
        page: tuple[list[RawVersion], str] = await self._call(
            False, "newest", model, limit, page_token
        )
        return page

    async def run(self, run_id: str) -> RawRun | None:
        """See the protocol."""
        found: RawRun | None = await self._call(False, "run", run_id)
        return found

    async def set_alias(self, model: str, alias: str, version: str) -> None:
        """See the protocol."""
        await self._call(True, "set_alias", model, alias, version)

    async def drop_alias(self, model: str, alias: str) -> None:
        """See the protocol."""
        await self._call(True, "drop_alias", model, alias)

    async def set_tag(self, model: str, version: str, key: str, value: str) -> None:
        """See the protocol."""
        await self._call(True, "set_tag", model, version, key, value)

    async def set_stage(self, model: str, version: str, stage: str) -> None:
        """See the protocol."""
        await self._call(True, "set_stage", model, version, stage)


@dataclass(frozen=True)
class SimRegistry:
    """`Registry`: the shared operations over numbered calls."""

    api: SimApi

    async def read(
        self,
        target: RegistryTarget,
        credentials: Credentials,
        attempt: AttemptQuery | None = None,
        versions: tuple[str, ...] = (),
    ) -> RegistryState:
        """See the port."""
        del credentials
        return await reading.read(self.api, target, attempt, versions)

    async def mark_candidate(
        self,
        target: RegistryTarget,
        credentials: Credentials,
        version: str,
        tags: Mapping[str, str],
        *,
        sync_stage: bool,
    ) -> None:
        """See the port."""
        del credentials
        await writing.mark_candidate(
            self.api, target, version, tags, sync_stage=sync_stage
        )

    async def mark_champion(
        self, target: RegistryTarget, credentials: Credentials, change: ChampionChange
    ) -> None:
        """See the port."""
        del credentials
        await writing.mark_champion(self.api, target, change)


@dataclass(frozen=True)
class SimGit:
    """`GitPort` whose calls are numbered."""

    wire: Wire
    life: int
    server: FakeGitServer

    async def read(
        self,
        target: GitTarget,
        credentials: GitCredentials | None,
        trace: TraceRequest | None = None,
    ) -> GitState:
        """See the port."""
        request = Request("git", "read", (target.url, target.pointer), write=False)
        look = partial(FakeGit(self.server).read, target, credentials, trace)

        async def stale() -> GitState:
            branches = self.server.repositories[target.url].branches
            head = branches[target.branch]
            branches[target.branch] = head.parent or head
            try:
                return await look()
            finally:
                branches[target.branch] = head

        return await self.wire.call(self.life, request, look, stale)

    async def push_value(
        self,
        target: GitTarget,
        credentials: GitCredentials | None,
        change: ValueChange,
    ) -> PushOutcome:
        """See the port."""
        key = (target.url, target.pointer, change.promotion_id)
        push = partial(FakeGit(self.server).push_value, target, credentials, change)
        return await self.wire.call(
            self.life, Request("git", "push_value", key, write=True), push
        )
