"""Seeded bugs in the ports: each does what the real one does, but for one thing.

The classes are those of reliability.md §2. A mutant exchanges the planner, the
executor or a port of the operator's `World`; the product has no switch for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from killick.gitops.port import (
    GitCredentials,
    GitError,
    GitState,
    GitTarget,
    GitUnreachable,
    Landed,
    PushOutcome,
    TraceRequest,
    Unknown,
    ValueChange,
)
from killick.registry.port import (
    AttemptQuery,
    ChampionChange,
    Credentials,
    RegistryError,
    RegistryState,
    RegistryTarget,
)
from tests.fakes.git import FakeCommit


class Wrapped:
    """A port that does what another does, but for the methods of a subclass."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        """Pass everything else on."""
        return getattr(self.inner, name)


class Unlocked(Wrapped):
    """Class 1: a status is written whatever happened since it was read."""

    async def write_status(self, manifest: dict[str, Any]) -> None:
        """Write under the present resourceVersion."""
        metadata = manifest["metadata"]
        twin = self.inner.twin.objects[metadata["namespace"], metadata["name"]]
        version = twin["metadata"]["resourceVersion"]
        fresh = {**metadata, "resourceVersion": version}
        await self.inner.write_status({**manifest, "metadata": fresh})


class OwnsAll(Wrapped):
    """Class 14: whoever owns a Job, it is ours."""

    async def list_jobs(self, namespace: str, owner: str) -> list[Any]:
        """List the Jobs as owned by the object."""
        held = self.inner.twin.objects[namespace, owner]["metadata"]["uid"]
        jobs = await self.inner.list_jobs(namespace, owner)
        for job in jobs:
            job["metadata"]["ownerReferences"] = [{"uid": held, "controller": True}]
        return list(jobs)


class Untraced(Wrapped):
    """Class 4: the history is not searched before a push."""

    async def read(
        self,
        target: GitTarget,
        credentials: GitCredentials | None,
        trace: TraceRequest | None = None,
    ) -> GitState:
        """Find no trace."""
        found: GitState = await self.inner.read(target, credentials, trace)
        return replace(found, trace=None, trace_complete=True)

    async def push_value(
        self, target: GitTarget, credentials: GitCredentials | None, change: ValueChange
    ) -> PushOutcome:
        """Search from the head, where there is nothing."""
        branches = self.inner.server.repositories[target.url].branches
        fresh = replace(change, base=branches[target.branch].sha)
        return await _push(self, target, credentials, fresh)


async def _push(
    port: Wrapped,
    target: GitTarget,
    credentials: GitCredentials | None,
    change: ValueChange,
) -> PushOutcome:
    outcome: PushOutcome = await port.inner.push_value(target, credentials, change)
    return outcome


class Overwriting(Wrapped):
    """Class 7: the value is set whatever it is now."""

    async def read(
        self,
        target: GitTarget,
        credentials: GitCredentials | None,
        trace: TraceRequest | None = None,
    ) -> GitState:
        """Read a third value as the one that was expected."""
        found: GitState = await self.inner.read(target, credentials, trace)
        value = (found.value or "").replace("/7", "/1")
        return replace(found, value=value)

    async def push_value(
        self, target: GitTarget, credentials: GitCredentials | None, change: ValueChange
    ) -> PushOutcome:
        """Expect whatever is there."""
        state: GitState = await self.inner.read(target, credentials)
        fresh = replace(change, old=state.value or "")
        return await _push(self, target, credentials, fresh)


class Forcing(Wrapped):
    """Class 7: the branch is forced to our commit, on the head that we had seen."""

    async def push_value(
        self, target: GitTarget, credentials: GitCredentials | None, change: ValueChange
    ) -> PushOutcome:
        """Push, and take away what landed in between."""
        server = self.inner.server
        branches = server.repositories[target.url].branches
        base: FakeCommit = branches[target.branch]
        outcome = await _push(self, target, credentials, change)
        head: FakeCommit = branches[target.branch]
        if isinstance(outcome, Landed) and head.parent is not base:
            old = base.files[target.path].replace(b"/1 ", b"/2 ", 1)
            files = {**base.files, target.path: old}
            branches[target.branch] = replace(head, parent=base, files=files).named()
            self.inner.wire.written(self.inner.wire.calls[-1])
        return outcome


class Repushing(Wrapped):
    """Class 4: a push without an answer is taken as landed."""

    async def push_value(
        self, target: GitTarget, credentials: GitCredentials | None, change: ValueChange
    ) -> PushOutcome:
        """Believe in every push, and set the value a second time in another way."""
        outcome = await _push(self, target, credentials, change)
        if isinstance(outcome, Unknown):
            identity = f"{change.promotion_id}-again"
            again = replace(change, promotion_id=identity, base=None)
            again = replace(again, old=change.new, new=f"{change.new}0")
            return await _push(self, target, credentials, again)
        return outcome


class FirstTarget(Wrapped):
    """Class 10: one look at a repository is given to every object."""

    seen: Mapping[str, GitTarget] = {}

    async def read(
        self,
        target: GitTarget,
        credentials: GitCredentials | None,
        trace: TraceRequest | None = None,
    ) -> GitState:
        """Read the key of whoever asked first."""
        self.seen = {target.url: target, **self.seen}
        found: GitState = await self.inner.read(
            self.seen[target.url], credentials, trace
        )
        return found


class Talkative(Wrapped):
    """Class 8: an error's text holds the token."""

    async def read(
        self,
        target: GitTarget,
        credentials: GitCredentials | None,
        trace: TraceRequest | None = None,
    ) -> GitState:
        """Tell the token when something fails."""
        try:
            found: GitState = await self.inner.read(target, credentials, trace)
        except GitError as error:
            told = credentials.password if credentials else ""
            raise GitUnreachable(f"{error.message} with {told}") from error
        return found


class RegistryMutant(Wrapped):
    """A registry port whose look is changed."""

    async def read(
        self,
        target: RegistryTarget,
        credentials: Credentials,
        attempt: AttemptQuery | None = None,
        versions: tuple[str, ...] = (),
    ) -> RegistryState:
        """Look, and see something else."""
        found: RegistryState = await self.inner.read(
            target, credentials, attempt, versions
        )
        return found


class Latest(RegistryMutant):
    """Class 6: the newest version is the candidate, whoever registered it."""

    async def read(
        self,
        target: RegistryTarget,
        credentials: Credentials,
        attempt: AttemptQuery | None = None,
        versions: tuple[str, ...] = (),
    ) -> RegistryState:
        """Take the newest for the attempt's."""
        found = await super().read(target, credentials, attempt, versions)
        newest = max(self.inner.api.twin.models[target.model].versions, key=int)
        known = (newest,) if attempt and newest != "1" else ()
        return replace(found, attempt_versions=known)


class EmptyOnError(RegistryMutant):
    """Class 8: a registry that cannot be read is an empty one."""

    async def read(
        self,
        target: RegistryTarget,
        credentials: Credentials,
        attempt: AttemptQuery | None = None,
        versions: tuple[str, ...] = (),
    ) -> RegistryState:
        """Take an error for nothing."""
        try:
            return await super().read(target, credentials, attempt, versions)
        except RegistryError:
            return RegistryState(model_exists=True)


class MovesAliasAnyway(RegistryMutant):
    """Class 7: the alias moves whoever moved it before."""

    async def read(
        self,
        target: RegistryTarget,
        credentials: Credentials,
        attempt: AttemptQuery | None = None,
        versions: tuple[str, ...] = (),
    ) -> RegistryState:
        """See a person's alias as the one before."""
        found = await super().read(target, credentials, attempt, versions)
        known = found.champion if found.champion in ("1", "2") else "1"
        return replace(found, champion=known)

    async def mark_champion(
        self, target: RegistryTarget, credentials: Credentials, change: ChampionChange
    ) -> None:
        """Expect whatever is there."""
        aliases = self.inner.api.twin.models[target.model].aliases
        fresh = replace(change, previous=aliases.get("champion"))
        await self.inner.mark_champion(target, credentials, fresh)
