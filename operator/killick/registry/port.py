"""What Killick asks of a model registry, without saying how it is done.

The operator sees versions, aliases and the runs behind them through the values
of this module only. `mlflow_registry.MlflowRegistry` is the real adapter, the twin
lives with the tests, and the same contract tests run on both. Every write is
idempotent: after a time-out the caller repeats it, and may find it done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from killick.errors import Conflict, KillickError, Unavailable
from killick.reasons import Reason

TAG_PREFIX: Final = "killick.dev/"
TAG_VALUE_LIMIT: Final = 4096  # characters; longer values are neither read nor written


class RegistryError(KillickError):
    """The registry could not do it. `message` never holds a credential."""

    default_reason = Reason.REGISTRY_ERROR


class RegistryUnreachable(RegistryError, Unavailable):
    """No answer, or an answer that says "later" (5xx, 429): try again."""

    default_reason = Reason.REGISTRY_UNREACHABLE


class RegistryUnauthorized(RegistryError):
    """The server wants other credentials, or these may not do this."""

    default_reason = Reason.REGISTRY_UNAUTHORIZED


class ModelMissing(RegistryError):
    """A write needs a registered model that does not exist."""

    default_reason = Reason.MODEL_MISSING


class VersionMissing(RegistryError):
    """A write needs a version that does not exist (any more)."""

    default_reason = Reason.VERSION_MISSING


class RegistryConflict(RegistryError, Conflict):
    """An alias or tag holds the value of another writer; the message names it."""

    default_reason = Reason.REGISTRY_CONFLICT


class RegistryRefused(RegistryError):
    """The address, a name or an answer is not acceptable; repeating is no use."""

    default_reason = Reason.REGISTRY_REFUSED


@dataclass(frozen=True, slots=True)
class RegistryTarget:
    """One registered model on one server, and the aliases that Killick keeps."""

    tracking_uri: str
    model: str
    champion_alias: str = "champion"
    candidate_alias: str = "challenger"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Basic (username and password) or bearer (token) credentials, or none."""

    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)


NO_CREDENTIALS: Final = Credentials()


@dataclass(frozen=True, slots=True)
class AttemptQuery:
    """Look for versions trained by an attempt that began at `since`.

    `since` is in epoch seconds by our clock; the search reaches somewhat further
    back, because the server's clock may be behind. With `owner`, all attempts of that
    object are looked for as well, as its trainings were told to tag their runs.
    """

    attempt_id: str
    since: float
    owner: str = ""


@dataclass(frozen=True, slots=True)
class PastRun:
    """An attempt that a run's tags tell of; `registered` is in epoch seconds."""

    attempt: str
    registered: float


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """One version and the run behind it. Everything in it is untrusted text.

    `version` is decimal digits and `stage` one of MLflow's four. `tags` are the
    version's own `killick.dev/…` tags. `train_before` is the version's tag, else
    its run's; `attempt` is the run's tag; the reference and the image are tags of
    the version. `run_id` is None when there is no run (any more).
    """

    version: str
    run_id: str | None
    stage: str
    tags: Mapping[str, str]
    train_before: str | None
    reference_uri: str | None
    reference_sha256: str | None
    image: str | None
    attempt: str | None


@dataclass(frozen=True, slots=True)
class RegistryState:
    """One look at a registered model.

    `versions` has champion, candidate, the attempt's versions and those asked
    for; one that was asked for and is absent does not exist. `attempt_versions`
    are the versions of FINISHED runs with the attempt's tag, lowest first.
    `past` are the owner's attempts, oldest first, each by its first version.
    `attempt_search_complete` is False when the search met its bound, so that
    "not found" means "not known".
    """

    model_exists: bool
    champion: str | None = None
    candidate: str | None = None
    versions: Mapping[str, VersionFacts] = field(default_factory=dict)
    attempt_versions: tuple[str, ...] = ()
    attempt_search_complete: bool = True
    past: tuple[PastRun, ...] = ()


@dataclass(frozen=True, slots=True)
class ChampionChange:
    """`previous` (None: there was no champion) gives way to `version`.

    With `sync_stage`, `version` goes to stage Production and `previous` to
    Archived. `tags` are put on `version`.
    """

    version: str
    previous: str | None
    tags: Mapping[str, str] = field(default_factory=dict)
    sync_stage: bool = True


class Registry(Protocol):
    """The port. Each method raises a `RegistryError`, and nothing else."""

    async def read(
        self,
        target: RegistryTarget,
        credentials: Credentials,
        attempt: AttemptQuery | None = None,
        versions: tuple[str, ...] = (),
    ) -> RegistryState:
        """Look at the model. A missing model or alias is a fact, not an error."""
        ...

    async def mark_candidate(
        self,
        target: RegistryTarget,
        credentials: Credentials,
        version: str,
        tags: Mapping[str, str],
        *,
        sync_stage: bool,
    ) -> None:
        """Make `version` the candidate: tags, stage Staging if asked, alias.

        RegistryConflict if it is the champion already, or if another writer's
        value is found afterwards.
        """
        ...

    async def mark_champion(
        self,
        target: RegistryTarget,
        credentials: Credentials,
        change: ChampionChange,
    ) -> None:
        """Move the champion alias, keeping stages in step if asked.

        Only if the alias is now at `change.previous`, or at `change.version`
        already; otherwise RegistryConflict names what was found and nothing was
        written. The candidate alias is removed if it is at this version. The
        alias moves after all the rest, so that seeing it moved means it is done.
        """
        ...
