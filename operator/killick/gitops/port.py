"""What Killick asks of a Git repository, as a protocol and frozen values.

The port speaks of one *value*: the scalar at `pointer` in the file `path` on
`branch`. A problem with that file is an answer (`refused`), because a person has
to fix it. A problem with reaching the repository is a `GitError`, because the next
pass may find it fixed.
"""

from dataclasses import dataclass, field
from typing import Protocol

from killick.errors import InvalidSpec, KillickError, Unavailable
from killick.reasons import Reason


class GitError(KillickError):
    """The repository could not be used; nothing is known about its value."""

    default_reason = Reason.GIT_ERROR


class GitUnreachable(GitError, Unavailable):
    """The server did not answer, or not as a Git server does."""

    default_reason = Reason.GIT_UNREACHABLE


class GitUnauthorized(GitError):
    """The server wants credentials that we do not have, or refused ours."""

    default_reason = Reason.GIT_UNAUTHORIZED


class BranchMissing(GitError):
    """The repository answers, but has no such branch."""

    default_reason = Reason.GIT_BRANCH_MISSING


class TargetInvalid(GitError, InvalidSpec):
    """The address or branch is one that we refuse to use; asking again is futile."""

    default_reason = Reason.GIT_TARGET_INVALID


class GitTimedOut(GitError, Unavailable):
    """The time allowed for the whole operation was over; it wrote nothing."""

    default_reason = Reason.GIT_TIMED_OUT


class PushNotPossible(GitError, Unavailable):
    """Reading works but the server does not even take the push; nothing was sent."""

    default_reason = Reason.GIT_PUSH_NOT_POSSIBLE


class Contended(GitError, Unavailable):
    """Others won every race for the branch; it wrote nothing. Try again later."""

    default_reason = Reason.GIT_CONTENDED


@dataclass(frozen=True, slots=True)
class GitTarget:
    """The one value that a ModelDeployment may write."""

    url: str
    branch: str
    path: str
    """Of the file, relative to the root, with slashes."""
    pointer: str
    """RFC 6901 JSON pointer to a scalar in that file, such as `/model/uri`."""


@dataclass(frozen=True, slots=True)
class GitCredentials:
    """A user name and token; sent only to the host of the target's URL."""

    password: str = field(repr=False)
    username: str = "killick"


@dataclass(frozen=True, slots=True)
class TraceRequest:
    """What to look for in the history behind the head."""

    promotion_id: str | None = None
    """Find the commit of this promotion, between the head and `base`."""
    base: str | None = None
    """The head that the promotion's intent was recorded on. Without it the search
    is complete only if it reached the very first commit."""
    last_change: bool = False
    """Also find who last changed the value."""


@dataclass(frozen=True, slots=True)
class CommitInfo:
    """Who made a commit. Untrusted text from the repository, made printable."""

    sha: str
    author_name: str
    author_email: str
    subject: str
    timestamp: int
    """Author time, seconds since 1970, UTC."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the value cannot be read or written until a person fixes the file."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class GitState:
    """One look at the target: all facts belong to the commit `head`."""

    head: str
    value: str | None
    """None exactly when `refused` says why."""
    refused: Refusal | None = None
    last_change: CommitInfo | None = None
    """None if not asked for, or if it lies further back than we look."""
    trace: str | None = None
    """The commit that carries the promotion's trailer; None if there is none in
    the part of the history that was searched."""
    trace_complete: bool = True
    """False: the base commit was not reached, so no trace proves nothing."""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A promotion (or rollback) commit, wholly determined by its record.

    The same change on the same tip gives the same commit, so repeating it is
    harmless. `base` is the head at the time the intent was recorded: history
    since then is searched for the promotion before anything is pushed.
    """

    promotion_id: str
    old: str
    new: str
    subject: str
    timestamp: int
    """Author and commit time, seconds since 1970, from the promotion's record."""
    body: str = ""
    trailers: tuple[tuple[str, str], ...] = ()
    """Beside `Killick-Promotion`, which is always added."""
    author_name: str = "Killick"
    author_email: str = "killick@killick.dev"
    base: str | None = None


@dataclass(frozen=True, slots=True)
class Landed:
    """The commit is in the remote branch after our push."""

    sha: str


@dataclass(frozen=True, slots=True)
class AlreadyLanded:
    """The history has this promotion's commit, whatever the value is now."""

    sha: str


@dataclass(frozen=True, slots=True)
class ValueChanged:
    """The value is neither the expected one nor ours: somebody else decided."""

    current: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The file or its history does not allow a safe edit; a person must look."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The server took the push and said no (protected branch, hook)."""

    message: str
    """The server's explanation, made printable and free of secrets."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The push was sent and its outcome not seen: look again before anything."""

    message: str


PushOutcome = Landed | AlreadyLanded | ValueChanged | Refused | Rejected | Unknown


class GitPort(Protocol):
    """Reads and writes one value. Raises `GitError` if the repository is unusable."""

    async def read(
        self,
        target: GitTarget,
        credentials: GitCredentials | None,
        trace: TraceRequest | None = None,
    ) -> GitState:
        """The state at the remote head; cheap while the head has not moved."""
        ...

    async def push_value(
        self,
        target: GitTarget,
        credentials: GitCredentials | None,
        change: ValueChange,
    ) -> PushOutcome:
        """Set the value from `change.old` to `change.new` by exactly one commit."""
        ...
