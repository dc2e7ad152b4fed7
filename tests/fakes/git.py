"""The Git port's twin: repositories in memory, with a real server's quirks.

It keeps a linear history per branch and shares only the pure parts with the real
adapter (YAML, messages, addresses). A test or simulator can let others commit at
the worst moment, refuse pushes, lose answers, and take the server away.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from killick.gitops.commit_message import (
    carries_promotion,
    commit_message,
    person,
    printable,
)
from killick.gitops.port import (
    AlreadyLanded,
    BranchMissing,
    CommitInfo,
    Contended,
    GitCredentials,
    GitState,
    GitTarget,
    GitUnauthorized,
    GitUnreachable,
    Landed,
    PushNotPossible,
    PushOutcome,
    Refusal,
    Refused,
    Rejected,
    TraceRequest,
    Unknown,
    ValueChange,
    ValueChanged,
)
from killick.gitops.urls import check_branch, check_path, check_url
from killick.gitops.yaml_edit import read_scalar, replace_scalar
from killick.gitops.yaml_parser import MAX_BYTES, EditRefused


@dataclass(frozen=True, eq=False)
class FakeCommit:
    """One commit; its SHA is made of all the rest."""

    parent: "FakeCommit | None" = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)
    message: str
    author: str
    email: str
    timestamp: int
    sha: str = ""

    def named(self) -> "FakeCommit":
        """The commit with its SHA."""
        digest = hashlib.sha1(usedforsecurity=False)
        digest.update(self.parent.sha.encode() if self.parent else b"")
        for path, content in sorted(self.files.items()):
            digest.update(f"{path}\0{len(content)}\0".encode() + content)
        said = (self.message, self.author, self.email, self.timestamp)
        digest.update(repr(said).encode())
        return replace(self, sha=digest.hexdigest())

    @property
    def info(self) -> CommitInfo:
        """Who made it."""
        subject = printable(self.message.split("\n")[0], 200)
        return CommitInfo(
            self.sha, self.author, self.email, subject, timestamp=self.timestamp
        )


@dataclass
class FakeRepository:
    """The branches of one repository."""

    branches: dict[str, FakeCommit] = field(default_factory=dict)

    def commit(
        self,
        files: Mapping[str, bytes | None],
        *,
        branch: str = "main",
        author: str = "Ada",
        message: str = "A change by hand",
        timestamp: int = 0,
    ) -> str:
        """A person's commit, at once; None removes a file."""
        parent = self.branches.get(branch)
        merged = {**(parent.files if parent else {}), **files}
        kept = {path: data for path, data in merged.items() if data is not None}
        email = f"{author.lower()}@example.com"
        commit = FakeCommit(parent, kept, message, author, email, timestamp).named()
        self.branches[branch] = commit
        return commit.sha

    def history(self, branch: str = "main") -> list[FakeCommit]:
        """The branch's commits, newest first."""
        found, commit = [], self.branches.get(branch)
        while commit:
            found.append(commit)
            commit = commit.parent
        return found


@dataclass
class FakeGitServer:
    """The world behind the twin: repositories by URL, and what goes wrong."""

    repositories: dict[str, FakeRepository] = field(default_factory=dict)
    accepts: GitCredentials | None = None
    """None lets everybody in."""
    accepts_read_only: GitCredentials | None = None
    down: bool = False
    before_apply: list[Callable[[], object]] = field(default_factory=list)
    """One is called just before each push is applied, when it was built already."""
    reject: str = ""
    """What the server's hook says to every push."""
    lose_answers: int = 0
    """So many pushes are applied without an answer."""
    lose_pushes: int = 0
    """So many pushes are neither applied nor answered."""
    down_after_push: bool = False
    pushes: int = 0


class FakeGit:
    """`GitPort` over a `FakeGitServer`."""

    def __init__(
        self, server: FakeGitServer, *, history: int = 2000, tries: int = 10
    ) -> None:
        self.server = server
        self.history = history
        self.tries = tries

    async def read(
        self,
        target: GitTarget,
        credentials: GitCredentials | None,
        trace: TraceRequest | None = None,
    ) -> GitState:
        """See `GitPort.read`."""
        head = self._head(target, credentials)
        request = trace or TraceRequest()
        value, refused = _value(head, target)
        found, complete = None, True
        if request.promotion_id:
            found, complete = self._trace(head, request.promotion_id, request.base)
        changed = self._last_change(head, target) if request.last_change else None
        return GitState(head.sha, value, refused, changed, found, complete)

    async def push_value(
        self,
        target: GitTarget,
        credentials: GitCredentials | None,
        change: ValueChange,
    ) -> PushOutcome:
        """See `GitPort.push_value`."""
        commit_message(change)
        for _ in range(self.tries):
            outcome = self._attempt(target, credentials, change)
            if outcome is not None:
                return outcome
        raise Contended(f"the branch moved before each of {self.tries} pushes")

    def _attempt(
        self,
        target: GitTarget,
        credentials: GitCredentials | None,
        change: ValueChange,
    ) -> PushOutcome | None:
        tip = self._head(target, credentials)
        found, complete = self._trace(tip, change.promotion_id, change.base)
        if found:
            return AlreadyLanded(found)
        if change.base and not complete:
            return Refused("HistoryTooFar", "the base commit is not in the history")
        try:
            content = _content(tip, target)
            current = read_scalar(content, target.pointer)
            if current != change.old:
                return ValueChanged(current)
            edited = replace_scalar(content, target.pointer, change.old, change.new)
        except EditRefused as refusal:
            return Refused(refusal.reason, refusal.message)
        if self.server.accepts not in {None, credentials}:
            raise PushNotPossible("the repository can be read but takes no push")
        commit = FakeCommit(
            tip,
            {**tip.files, target.path: edited},
            commit_message(change),
            person(change.author_name),
            person(change.author_email),
            change.timestamp,
        ).named()
        return self._push(target, credentials, tip, commit)

    def _push(
        self,
        target: GitTarget,
        credentials: GitCredentials | None,
        tip: FakeCommit,
        commit: FakeCommit,
    ) -> PushOutcome | None:
        """Compare and swap as a server does, then look again as the port must."""
        server = self.server
        branches = server.repositories[target.url].branches
        server.pushes += 1
        if server.before_apply:
            server.before_apply.pop(0)()
        lost = server.lose_pushes > 0
        server.lose_pushes -= lost
        if branches[target.branch].sha == tip.sha and not server.reject and not lost:
            branches[target.branch] = commit
        answered = not lost and server.lose_answers == 0
        server.lose_answers = max(server.lose_answers - 1, 0)
        if server.down_after_push:
            server.down = True
        try:
            head = self._head(target, credentials)
        except GitUnreachable as error:
            return Unknown(f"the push was sent; then: {error.message}")
        if head.sha == tip.sha:
            return Rejected(server.reject) if answered else Unknown("no answer")
        history = server.repositories[target.url].history(target.branch)
        return Landed(commit.sha) if commit in history else None

    def _head(
        self, target: GitTarget, credentials: GitCredentials | None
    ) -> FakeCommit:
        server = self.server
        check_url(target.url)
        check_branch(target.branch)
        if server.down or target.url not in server.repositories:
            raise GitUnreachable("the Git server cannot be used")
        allowed = (server.accepts, server.accepts_read_only)
        if server.accepts is not None and credentials not in allowed:
            raise GitUnauthorized("the server refused the user name and token")
        branches = server.repositories[target.url].branches
        if target.branch not in branches:
            raise BranchMissing(f"the repository has no branch {target.branch!r}")
        return branches[target.branch]

    def _trace(
        self, head: FakeCommit, promotion_id: str, base: str | None
    ) -> tuple[str | None, bool]:
        commit: FakeCommit | None = head
        for _ in range(self.history):
            if commit is None:
                return None, base is None
            if commit.sha == base:
                return None, True
            if carries_promotion(commit.message, promotion_id):
                return commit.sha, True
            commit = commit.parent
        return None, False

    def _last_change(self, head: FakeCommit, target: GitTarget) -> CommitInfo | None:
        value, commit = _value(head, target)[0], head
        for _ in range(self.history):
            if commit.parent is None or _value(commit.parent, target)[0] != value:
                return commit.info
            commit = commit.parent
        return None


def _content(commit: FakeCommit, target: GitTarget) -> bytes:
    check_path(target.path)
    if target.path not in commit.files:
        raise EditRefused("FileMissing", f"there is no {target.path}")
    content = commit.files[target.path]
    if len(content) > MAX_BYTES:
        raise EditRefused("TooLarge", f"the file has {len(content)} bytes")
    return content


def _value(commit: FakeCommit, target: GitTarget) -> tuple[str | None, Refusal | None]:
    try:
        return read_scalar(_content(commit, target), target.pointer), None
    except EditRefused as refusal:
        return None, Refusal(refusal.reason, refusal.message)
