"""One look and one try, as blocking calls of the real adapter.

A try ends in an outcome only when the server's branch was seen after the push.
No error text ever decides: a moved branch is a lost race, an unmoved one a refusal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from killick.gitops.clone import Clone
from killick.gitops.history import (
    FIRST_DEPTHS,
    Traced,
    ValueHistory,
    last_change_deeper,
    trace_deeper,
)
from killick.gitops.port import (
    AlreadyLanded,
    CommitInfo,
    GitError,
    GitState,
    GitTimedOut,
    GitUnauthorized,
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
from killick.gitops.transport import PushReport, Transport
from killick.gitops.yaml_edit import read_scalar, replace_scalar
from killick.gitops.yaml_parser import EditRefused
from killick.reasons import Reason


@dataclass(frozen=True, slots=True)
class GitSession:
    """A clone with its server, for one operation on one value."""

    clone: Clone
    transport: Transport
    parts: Sequence[str]
    pointer: str
    limit: int
    """How many commits back a search goes."""
    before_push: Callable[[], None] = lambda: None
    """Called directly before a push; what it raises ends the attempt."""

    def look(self, trace: TraceRequest | None, known: str | None = None) -> GitState:
        """The state at the server's head, which is not asked for if it is `known`."""
        head = self.synchronise(known)
        value, refused = self._value(head)
        state = GitState(head, value, refused)
        if trace is None:
            return state
        traced = Traced(None, complete=True)
        if trace.promotion_id:
            traced = self._trace(head, trace.promotion_id, trace.base, self.limit)
        return GitState(
            head,
            value,
            refused,
            self._last_change(head) if trace.last_change else None,
            traced.sha,
            traced.complete,
        )

    def synchronise(self, known: str | None = None) -> str:
        """Bring the branch here if it moved; gives its commit."""
        tip = self.clone.tip()
        if tip == (known or self.transport.head(self.clone.repository)):
            return tip
        return self._fetch(0 if tip else 1)

    def attempt(self, change: ValueChange) -> PushOutcome | None:
        """Re-apply the change on the present tip and push; None is a lost race."""
        tip = self.synchronise()
        limit = self.limit if change.base else FIRST_DEPTHS[0]
        traced = self._trace(tip, change.promotion_id, change.base, limit)
        if traced.sha:
            return AlreadyLanded(traced.sha)
        if change.base and not traced.complete:
            return Refused(
                Reason.HISTORY_TOO_FAR,
                f"the commit {change.base[:12]} that this promotion was decided on is "
                f"not within {self.limit} commits of the branch's head, so it cannot "
                "be told whether it landed before",
            )
        try:
            commit = self._edit(tip, change)
        except EditRefused as refusal:
            return Refused(refusal.reason, refusal.message)
        if isinstance(commit, ValueChanged):
            return commit
        self.before_push()
        report = self.transport.push(self.clone.repository, commit)
        return self._settle(tip, commit, change.promotion_id, report)

    def _value(self, commit: str) -> tuple[str | None, Refusal | None]:
        try:
            blob = self.clone.blob_id(commit, self.parts)
            return read_scalar(self.clone.content(blob), self.pointer), None
        except EditRefused as refusal:
            return None, Refusal(refusal.reason, refusal.message)

    def _edit(self, tip: str, change: ValueChange) -> str | ValueChanged:
        """Build the commit, if the value still is the expected one."""
        content = self.clone.content(self.clone.blob_id(tip, self.parts))
        current = read_scalar(content, self.pointer)
        if current != change.old:
            return ValueChanged(current)
        edited = replace_scalar(content, self.pointer, change.old, change.new)
        return self.clone.build_commit(tip, self.parts, edited, change)

    def _settle(
        self, tip: str, commit: str, promotion_id: str, report: PushReport
    ) -> PushOutcome | None:
        """What became of the push, by the server's branch as it is now."""
        try:
            head = self.transport.head(self.clone.repository)
            if head not in {commit, tip}:
                head = self._fetch(0)
        except GitError as error:
            if not report.sent:
                raise
            return Unknown(f"the push was sent; then: {error.message}")
        if head == commit:
            self.clone.set_tip(commit)
            return Landed(commit)
        if head != tip:
            landed = self._trace(head, promotion_id, tip, self.limit).sha
            return Landed(landed) if landed else None
        return _unmoved(report)

    def _trace(
        self, head: str, promotion_id: str, base: str | None, limit: int
    ) -> Traced:
        question = (promotion_id, base)
        return trace_deeper(self.clone, head, question, limit, self._fetch)

    def _last_change(self, head: str) -> CommitInfo | None:
        history = ValueHistory(self.clone, self.parts, self.pointer)
        return last_change_deeper(history, head, self.limit, self._fetch)

    def _fetch(self, depth: int) -> str:
        head = self.transport.fetch(self.clone.repository, depth)
        self.clone.reopen()
        return head


def _unmoved(report: PushReport) -> PushOutcome:
    """The branch is where it was before the push."""
    if report.refused is not None:
        return Rejected(report.refused)
    if report.sent:
        why = report.error.message if report.error else "the branch has not moved"
        return Unknown(f"the push was sent and no answer proves it: {why}")
    if isinstance(report.error, GitUnauthorized | GitTimedOut):
        raise report.error
    why = report.error.message if report.error else "nothing was sent"
    raise PushNotPossible(
        f"the repository can be read but takes no push (may the token write?): {why}"
    )
