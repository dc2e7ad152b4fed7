"""The few calls that the registry's operations are made of.

`reading.py` and `writing.py` hold what Killick means by "mark the candidate"; this
protocol is what they need from a server. The real one is MLflow's REST API, the
twin's is a model of it in memory, so both run the same operations, and a fault can
strike between any two calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

FINISHED: Final = "FINISHED"
TERMINAL: Final = frozenset({FINISHED, "FAILED", "KILLED"})
STAGES: Final = frozenset({"None", "Staging", "Production", "Archived"})


@dataclass(frozen=True, slots=True)
class RawVersion:
    """A version as the server has it; `created` is in epoch seconds, its clock."""

    version: str
    run_id: str | None
    stage: str
    tags: Mapping[str, str]
    ready: bool
    created: float


@dataclass(frozen=True, slots=True)
class RawRun:
    """A run as the server has it. One that a person deleted counts as gone."""

    status: str
    tags: Mapping[str, str]


class RegistryApi(Protocol):
    """One registered-model server, as one credential sees it.

    Reads return None for what does not exist. Writes raise `VersionMissing`.
    """

    async def model_exists(self, model: str) -> bool:
        """Say whether the registered model exists."""
        ...

    async def by_alias(self, model: str, alias: str) -> RawVersion | None:
        """Return the version behind an alias."""
        ...

    async def version(self, model: str, version: str) -> RawVersion | None:
        """Return one version."""
        ...

    async def newest(
        self, model: str, limit: int, page_token: str
    ) -> tuple[list[RawVersion], str]:
        """Return a page of versions, newest first, and the next page's token."""
        ...

    async def run(self, run_id: str) -> RawRun | None:
        """Return a run. What is terminal may be minutes old."""
        ...

    async def set_alias(self, model: str, alias: str, version: str) -> None:
        """Point the alias at the version, wherever it pointed before."""
        ...

    async def drop_alias(self, model: str, alias: str) -> None:
        """Remove the alias; absent is fine."""
        ...

    async def set_tag(self, model: str, version: str, key: str, value: str) -> None:
        """Set one tag of a version."""
        ...

    async def set_stage(self, model: str, version: str, stage: str) -> None:
        """Move the version to a stage and leave all other versions where they are."""
        ...
