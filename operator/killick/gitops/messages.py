"""What the operator and a Git process say to each other: one JSON document a line.

A Git process is taken for hostile once it has read a repository: its answers are
validated like those of a server, and nothing but these values comes from it.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from killick.gitops.port import (
    AlreadyLanded,
    BranchMissing,
    GitCredentials,
    GitError,
    GitState,
    GitTarget,
    GitTimedOut,
    GitUnauthorized,
    GitUnreachable,
    Landed,
    PushNotPossible,
    PushOutcome,
    Refused,
    Rejected,
    TraceRequest,
    Unknown,
    ValueChange,
    ValueChanged,
)

ASK_TO_PUSH = b'{"ask":"push"}\n'
"""What a Git process says before it pushes; it waits for MAY_PUSH or another line."""
MAY_PUSH, MAY_NOT_PUSH = b"go\n", b"stop\n"

_OUTCOMES: dict[str, type[PushOutcome]] = {
    outcome.__name__: outcome
    for outcome in (*(Landed, AlreadyLanded, ValueChanged, Refused, Rejected, Unknown),)
}
_ERRORS: dict[str, type[GitError]] = {
    error.__name__: error
    for error in (
        *(BranchMissing, GitTimedOut, GitUnauthorized, GitUnreachable, PushNotPossible),
    )
}


@dataclass(frozen=True, slots=True)
class GitTask:
    """One read (`change` is None) or one try to push, with all that it needs.

    `work` is the directory of the clones. `known` is the head, where another task has
    just asked for it. Times are in seconds: `seconds` for the whole task, `silence`
    for how long a server may say nothing. `history` is how many commits back a search
    goes, `memory` how many bytes the process may allocate beyond its own start.
    """

    work: str
    target: GitTarget
    credentials: GitCredentials | None
    seconds: float
    silence: float
    history: int
    memory: int
    allow_http: bool | None = None
    trace: TraceRequest | None = None
    known: str | None = None
    change: ValueChange | None = None


@dataclass(frozen=True, slots=True)
class GitReply:
    """What came of a task: a state, an outcome, an error, or none of them.

    None of them is a push whose branch moved meanwhile: it may be tried again.
    `exhausted` says that the process met its memory limit and has to be replaced.
    """

    state: GitState | None = None
    outcome: PushOutcome | None = None
    error: GitError | None = None
    exhausted: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    """A reply on the wire; unions are named, so that nothing is guessed."""

    state: GitState | None = None
    kind: str | None = None
    value: dict[str, Any] | None = None
    exhausted: bool = False


_TASKS = TypeAdapter(GitTask)
_LINES = TypeAdapter(_Line)
_VALUES = {name: TypeAdapter(outcome) for name, outcome in _OUTCOMES.items()}


def encode_task(task: GitTask) -> bytes:
    """Return the task as one line."""
    return bytes(_TASKS.dump_json(task)) + b"\n"


def decode_task(line: bytes) -> GitTask:
    """Return the task of a line; raises ValueError."""
    return _TASKS.validate_json(line)


def encode_reply(reply: GitReply) -> bytes:
    """Return the reply as one line."""
    kind, value = None, None
    if reply.outcome is not None:
        kind = type(reply.outcome).__name__
        value = _VALUES[kind].dump_python(reply.outcome)
    elif reply.error is not None:
        kind = type(reply.error).__name__
        value = {"message": reply.error.message}
    line = _Line(reply.state, kind, value, reply.exhausted)
    return bytes(_LINES.dump_json(line)) + b"\n"


def decode_reply(line: bytes) -> GitReply:
    """Return the reply of a line; raises ValueError for anything else."""
    found = _LINES.validate_json(line)
    value = found.value or {}
    if found.kind in _OUTCOMES:
        outcome = _VALUES[found.kind].validate_python(value)
        return GitReply(found.state, outcome, exhausted=found.exhausted)
    if found.kind in _ERRORS:
        error = _ERRORS[found.kind](str(value.get("message")))
        return GitReply(found.state, error=error, exhausted=found.exhausted)
    if found.kind is not None:
        raise ValueError("an unknown kind of reply")
    return GitReply(found.state, exhausted=found.exhausted)
