"""The local half of the real adapter: a bare, shallow, warm copy of one branch.

Nothing is ever checked out: the file is read from the tree, and a commit is built
from a blob and the trees above it. So a symbolic link leads nowhere, and a
repository of twenty thousand files costs no more than one of two.
"""

from collections.abc import Sequence
from pathlib import Path

import pygit2
from pygit2.enums import FileMode, ObjectType

from killick.gitops.clone_path import clone_path, discard
from killick.gitops.commit_message import commit_message, person, printable
from killick.gitops.port import CommitInfo, GitTarget, ValueChange
from killick.gitops.transport import TIP
from killick.gitops.yaml_parser import MAX_BYTES, EditRefused
from killick.reasons import Reason

# Every fetch leaves a pack and libgit2 cannot repack, so a copy is renewed at times.
_MAX_PACKS = 200
_REGULAR = {FileMode.BLOB, FileMode.BLOB_EXECUTABLE}


class Clone:
    """One branch's copy below the work directory. Use one thread at a time."""

    def __init__(self, work: Path, target: GitTarget) -> None:
        self._path = clone_path(work, target)
        self.repository = self._open()

    def tip(self) -> str | None:
        """The branch's commit as last fetched or pushed; None in a new copy."""
        reference = self.repository.references.get(TIP)
        return str(reference.target) if reference else None

    def set_tip(self, commit: str) -> None:
        """Take over a commit that was seen on the server and is here already."""
        self.repository.references.create(TIP, commit, force=True)

    def reopen(self) -> None:
        """Forget what was read: libgit2 remembers commits as cut off for ever."""
        self.repository = pygit2.Repository(str(self._path))

    def boundary(self) -> frozenset[str]:
        """The commits whose parents exist but were not fetched."""
        file = self._path / "shallow"
        return frozenset(file.read_text().split() if file.exists() else ())

    def has(self, commit: str) -> bool:
        """Whether the commit is here."""
        return commit in self.repository

    def commit(self, sha: str) -> pygit2.Commit:
        """A commit that is here."""
        return self.repository[sha].peel(pygit2.Commit)

    def blob_id(self, commit: str, parts: Sequence[str]) -> str:
        """The file's blob; raises EditRefused unless it is a regular file."""
        return str(self._entries(commit, parts)[-1][1].id)

    def content(self, blob: str) -> bytes:
        """A blob's bytes; raises EditRefused (TooLarge) before loading a huge one."""
        kind, size = self.repository.odb.read_header(pygit2.Oid(hex=blob))
        if kind != ObjectType.BLOB:
            raise EditRefused(
                Reason.NOT_A_REGULAR_FILE, "the path does not lead to a file"
            )
        if size > MAX_BYTES:
            raise EditRefused(
                Reason.TOO_LARGE,
                f"the file has {size} bytes; at most {MAX_BYTES} are read",
            )
        return bytes(self.repository[blob].peel(pygit2.Blob).data)

    def build_commit(
        self, parent: str, parts: Sequence[str], content: bytes, change: ValueChange
    ) -> str:
        """A commit on `parent` that only replaces the file; moves no reference."""
        made = self.repository.create_blob(content)
        # From the file up: each tree again, with one entry exchanged.
        way = zip(parts, self._entries(parent, parts), strict=True)
        for name, (tree, entry) in reversed(list(way)):
            builder = self.repository.TreeBuilder(tree)
            builder.insert(name, made, entry.filemode)
            made = builder.write()
        who = pygit2.Signature(
            person(change.author_name), person(change.author_email), change.timestamp, 0
        )
        message = commit_message(change)
        created = self.repository.create_commit(
            None, who, who, message, made, [pygit2.Oid(hex=parent)]
        )
        return str(created)

    def _entries(
        self, commit: str, parts: Sequence[str]
    ) -> list[tuple[pygit2.Tree, pygit2.Object]]:
        """Each tree on the way with the entry that leads on, the file's last."""
        found: list[tuple[pygit2.Tree, pygit2.Object]] = []
        tree = self.commit(commit).tree
        for depth, part in enumerate(parts):
            if part not in tree:
                raise EditRefused(Reason.FILE_MISSING, f"there is no {'/'.join(parts)}")
            entry = tree[part]
            found.append((tree, entry))
            last = depth == len(parts) - 1
            if last and entry.filemode in _REGULAR:
                return found
            if last or entry.filemode != FileMode.TREE:
                raise EditRefused(
                    Reason.NOT_A_REGULAR_FILE,
                    f"{'/'.join(parts[: depth + 1])} is a link, a submodule or a "
                    "folder where a regular file or folder must be",
                )
            tree = entry.peel(pygit2.Tree)
        raise EditRefused(Reason.PATH_NOT_ALLOWED, "the path is empty")

    def _open(self) -> pygit2.Repository:
        if len(list(self._path.glob("objects/pack/*.pack"))) > _MAX_PACKS:
            discard(self._path)
        try:
            repository = pygit2.Repository(str(self._path))
        except pygit2.GitError:
            # Not there yet, or left half made by a death: nothing in it is ours alone.
            discard(self._path)
            repository = pygit2.init_repository(str(self._path), bare=True)
        if "http.followRedirects" not in repository.config:
            repository.config["http.followRedirects"] = "false"
        return repository


def commit_info(commit: pygit2.Commit) -> CommitInfo:
    """Who made a commit, with everything in it made printable."""
    lines = text_of(commit).split("\n")
    return CommitInfo(
        sha=str(commit.id),
        author_name=printable(commit.author.raw_name.decode(errors="replace"), 200),
        author_email=printable(commit.author.raw_email.decode(errors="replace"), 200),
        subject=printable(lines[0], 200),
        timestamp=commit.author.time,
    )


def text_of(commit: pygit2.Commit) -> str:
    """A commit's message, whatever bytes it holds."""
    return bytes(commit.raw_message).decode(errors="replace")
