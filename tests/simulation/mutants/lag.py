"""Seeded bugs of what comes late or twice: lag, poison, versions, two operators.

The classes are those of reliability.md §2: 5, 9, 10, 14, 17, 18.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from killick.errors import Conflict, KillickError
from killick.gitops.port import (
    GitCredentials,
    GitState,
    GitTarget,
    TraceRequest,
)
from killick.observe.gather import Ports
from killick.plan.context import Context
from killick.registry.port import (
    AttemptQuery,
    Credentials,
    RegistryState,
    RegistryTarget,
)
from killick.resource.status import SCHEMA_VERSION, Status
from killick.retry_after import RetryAfterGate
from tests.simulation.mutants.ports import RegistryMutant, Wrapped

DEEP = b"[" * 200


def hasty(_ctx: Context, _before: Status, after: Status) -> Status:
    """Class 5: a version that the search does not show yet does not exist."""
    attempt = after.attempt
    searching = attempt and attempt.state == "Running" and attempt.finished_at
    if attempt is None or not searching:
        return after
    return replace(after, attempt=replace(attempt, state="Failed"))


class LooksOnce(RegistryMutant):
    """Class 5: a champion that is news is believed at once."""

    last: tuple[object, ...] = ()
    found: RegistryState | None = None

    async def read(
        self,
        target: RegistryTarget,
        credentials: Credentials,
        attempt: AttemptQuery | None = None,
        versions: tuple[str, ...] = (),
    ) -> RegistryState:
        """Answer the second of two equal questions of one pass as the first."""
        calls = self.inner.api.wire.calls
        began = [c.number for c in calls if c.verb == "get_model_deployment"][-1:]
        asked = (began, target, attempt, versions)
        if asked == self.last and self.found is not None:
            return self.found
        self.found = await super().read(target, credentials, attempt, versions)
        self.last = asked
        return self.found


class Open(RetryAfterGate):
    """Class 9: a server's wish to be left alone is not read."""

    def shut(self, error: KillickError) -> KillickError:
        """Leave the gate open."""
        error.retry_after_seconds = None
        return error


def impatiently(ports: Ports) -> Ports:
    """Give both adapters an open gate."""
    cluster: Any = ports.cluster
    registry: Any = ports.registry
    api = replace(registry.api, gate=Open())
    return replace(
        ports,
        cluster=replace(cluster, gate=Open()),
        registry=replace(registry, api=api),
    )


class Overflowing(Wrapped):
    """Class 10: a file that is nested too deep ends the process, again and again."""

    async def read(
        self,
        target: GitTarget,
        credentials: GitCredentials | None,
        trace: TraceRequest | None = None,
    ) -> GitState:
        """Die where the composer's stack would overflow."""
        found: GitState = await self.inner.read(target, credentials, trace)
        head = self.inner.server.repositories[target.url].branches[target.branch]
        if DEEP in head.files[target.path]:
            self.inner.wire.die()
        return found


def alone(ctx: Context) -> Context:
    """Class 14: nobody else's claim is seen."""
    return replace(ctx, observed=replace(ctx.observed, conflicts=()))


def forgetful(ctx: Context) -> Context:
    """Class 9: a lost status buys a new budget; the registry is not asked for it."""
    if ctx.registry is None:
        return ctx
    found = replace(ctx.registry, past=())
    return replace(ctx, observed=replace(ctx.observed, registry=found))


class ReadsAny(Wrapped):
    """Class 17: a status of another version is read as our own."""

    async def get_model_deployment(
        self, namespace: str, name: str
    ) -> dict[str, Any] | None:
        """Read every layout's number as ours."""
        found: dict[str, Any] | None = await self.inner.get_model_deployment(
            namespace, name
        )
        if found and "schemaVersion" in found.get("status", {}):
            found["status"]["schemaVersion"] = SCHEMA_VERSION
        return found


class AnotherName(Wrapped):
    """Class 18: a Job whose name is taken is created under the next one."""

    async def create_job(self, manifest: dict[str, Any]) -> None:
        """Never take "exists already" for done."""
        try:
            await self.inner.create_job(manifest)
        except Conflict:
            metadata = manifest["metadata"]
            second = {**metadata, "name": f"{metadata['name']}-2"}
            await self.inner.create_job({**manifest, "metadata": second})
