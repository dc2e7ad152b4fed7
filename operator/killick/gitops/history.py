"""Searches in a history of which only the newest part is here.

In a shallow copy "not found" and even "not an ancestor" can be untrue. So each
search tells whether it met the edge of what is here, and is repeated with more
history until it did not, or until the limit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pygit2
from pygit2.enums import SortMode

from killick.gitops.clone import Clone, commit_info, text_of
from killick.gitops.commit_message import carries_promotion
from killick.gitops.port import CommitInfo
from killick.gitops.yaml_edit import read_scalar
from killick.gitops.yaml_parser import EditRefused

FIRST_DEPTHS = (64, 512)

Deepen = Callable[[int], object]
"""Fetches that many commits from the tip down."""


@dataclass(frozen=True, slots=True)
class Traced:
    """The outcome of a search for a promotion's commit."""

    sha: str | None
    complete: bool
    seen: int = 0


def find_trace(
    clone: Clone, head: str, promotion_id: str, base: str | None, limit: int
) -> Traced:
    """Search what is here of the commits that `head` has and `base` has not.

    Complete means: found, or all of them were looked at. Commits cut off at the
    copy's edge may hide the base, so meeting one makes the search incomplete.
    """
    if head == base:
        return Traced(None, complete=True)
    edge = clone.boundary()
    order = SortMode.TOPOLOGICAL | SortMode.TIME
    walk = clone.repository.walk(pygit2.Oid(hex=head), order)
    if base and clone.has(base):
        walk.hide(pygit2.Oid(hex=base))
    reached, met_edge, seen = base is None, False, 0
    for commit in walk:
        seen += 1
        if carries_promotion(text_of(commit), promotion_id):
            return Traced(str(commit.id), complete=True, seen=seen)
        if seen >= limit:
            return Traced(None, complete=False, seen=seen)
        met_edge = met_edge or str(commit.id) in edge
        reached = reached or base in {str(parent) for parent in commit.parent_ids}
    return Traced(None, complete=reached and not met_edge, seen=seen)


@dataclass(frozen=True, slots=True)
class ValueHistory:
    """Where to look for changes of the value."""

    clone: Clone
    parts: Sequence[str]
    pointer: str

    def value(self, commit: str) -> str | None:
        """The value at a commit; None if it could not be read there."""
        try:
            blob = self.clone.blob_id(commit, self.parts)
            return read_scalar(self.clone.content(blob), self.pointer)
        except EditRefused:
            return None

    def last_change(self, head: str, limit: int) -> tuple[CommitInfo | None, int]:
        """The commit that gave the value its present text, and commits looked at.

        None if it lies at or beyond the edge of what is here.
        """
        value, current = self.value(head), self.clone.commit(head)
        edge = self.clone.boundary()
        for seen in range(1, limit + 1):
            if str(current.id) in edge:
                return None, seen
            same = self._same_parent(current, value)
            if same is None:
                return commit_info(current), seen
            current = same
        return None, limit

    def _same_parent(
        self, commit: pygit2.Commit, value: str | None
    ) -> pygit2.Commit | None:
        """A parent that has the value already, so that the commit did not bring it."""
        blob = self._blob(str(commit.id))
        for parent in commit.parents:
            sha = str(parent.id)
            unchanged = blob is not None and self._blob(sha) == blob
            if unchanged or self.value(sha) == value:
                return parent
        return None

    def _blob(self, commit: str) -> str | None:
        try:
            return self.clone.blob_id(commit, self.parts)
        except EditRefused:
            return None


def next_depth(seen: int, limit: int) -> int | None:
    """How deep to fetch after a search that saw so many commits; None: no deeper."""
    ladder = [depth for depth in (*FIRST_DEPTHS, limit) if seen < depth <= limit]
    return min(ladder, default=None)


def trace_deeper(
    clone: Clone,
    head: str,
    question: tuple[str, str | None],
    limit: int,
    deepen: Deepen,
) -> Traced:
    """`find_trace`, fetching more history until it is complete or the limit is met."""
    promotion_id, base = question
    traced = find_trace(clone, head, promotion_id, base, limit)
    depth: int | None = 0
    while not traced.complete and clone.boundary():
        depth = next_depth(max(traced.seen, depth or 0), limit)
        if depth is None:
            break
        deepen(depth)
        traced = find_trace(clone, head, promotion_id, base, limit)
    return traced


def last_change_deeper(
    history: ValueHistory, head: str, limit: int, deepen: Deepen
) -> CommitInfo | None:
    """`last_change`, fetching more history until it is found or the limit is met."""
    info, seen = history.last_change(head, limit)
    depth: int | None = 0
    while info is None:
        depth = next_depth(max(seen, depth or 0), limit)
        if depth is None:
            break
        deepen(depth)
        info, seen = history.last_change(head, limit)
    return info
