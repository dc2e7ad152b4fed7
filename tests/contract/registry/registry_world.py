"""What the tests of the registry port need of a registry, real or not."""

import time
import uuid
from collections.abc import Mapping
from typing import Protocol

from killick import names
from killick.registry.port import (
    NO_CREDENTIALS,
    AttemptQuery,
    ChampionChange,
    Registry,
    RegistryState,
    RegistryTarget,
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
