"""What people do to a repository, done directly on the server's bare repository.

Tests need a colleague who commits between two steps of the operator, a branch
that refuses pushes, and a look at the history that owes nothing to the code
under test.
"""

import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pygit2

ZERO = "0" * 40
REFUSE_BRANCH = """#!/bin/sh
# Refuse every push to one branch, as a forge does for a protected branch.
while read -r old new ref; do
  if [ "$ref" = "refs/heads/{branch}" ]; then
    echo "protected branch: {branch} takes no direct pushes" >&2
    exit 1
  fi
done
"""


@dataclass(frozen=True)
class Commit:
    """One commit, as `git log` tells it."""

    sha: str
    author: str
    email: str
    message: str
    seconds: int


@dataclass(frozen=True)
class BareRepository:
    """A bare repository on this machine's disk, with `url` for its clients."""

    path: Path
    url: str

    @classmethod
    def create(
        cls, path: Path, url: str, files: Mapping[str, bytes], branch: str = "main"
    ) -> "BareRepository":
        """Make the repository; one first commit holds `files`, if there are any."""
        pygit2.init_repository(path, bare=True, initial_head=branch)
        repository = cls(path, url)
        if files:
            repository.commit_files(files, message="The first files", branch=branch)
        return repository

    def head(self, branch: str = "main") -> str:
        """Return the commit at the tip of the branch; KeyError without a branch."""
        repository = pygit2.Repository(str(self.path))
        return str(repository.references[f"refs/heads/{branch}"].target)

    def log(self, branch: str = "main") -> list[Commit]:
        """Return the branch's commits, newest first, along every parent."""
        repository = pygit2.Repository(str(self.path))
        order = pygit2.enums.SortMode.TOPOLOGICAL
        return [
            Commit(
                str(commit.id),
                commit.author.name,
                commit.author.email,
                commit.message,
                commit.commit_time,
            )
            for commit in repository.walk(self.head(branch), order)
        ]

    def read(self, path: str, branch: str = "main") -> bytes:
        """Return a file's content at the tip; raises KeyError if it is not there."""
        repository = pygit2.Repository(str(self.path))
        entry = repository[self.head(branch)].peel(pygit2.Tree) / path
        return bytes(repository[entry.id].read_raw())

    def show(self, sha: str) -> str:
        """Return a commit with its message and changes, as `git show` prints it."""
        command = ["git", "--git-dir", str(self.path), "show", "--no-color", sha]
        return subprocess.run(
            command, check=True, capture_output=True, text=True
        ).stdout

    def history(self) -> str:
        """Return every commit of every branch and tag with its message and changes."""
        command = ["git", "--git-dir", str(self.path), "log", "--all", "-p", "--text"]
        answer = subprocess.run(command, check=True, capture_output=True)
        return answer.stdout.decode(errors="replace")

    def commit(
        self,
        path: str,
        content: bytes | None,
        *,
        author: str = "Ada",
        message: str = "A change by a person",
        branch: str = "main",
    ) -> str:
        """Write (or with None remove) one file as a person would; gives the commit."""
        return self.commit_files(
            {path: content}, author=author, message=message, branch=branch
        )

    def commit_files(
        self,
        files: Mapping[str, bytes | None],
        *,
        author: str = "Ada",
        message: str = "A change by a person",
        branch: str = "main",
    ) -> str:
        """Commit several files at once; raises CalledProcessError on a lost race."""
        repository = pygit2.Repository(str(self.path))
        reference = f"refs/heads/{branch}"
        parents = []
        index = pygit2.Index()
        if reference in repository.references:
            parents = [repository.references[reference].target]
            index.read_tree(repository[parents[0]].peel(pygit2.Tree))
        for path, content in files.items():
            if content is None:
                index.remove(path)
            else:
                blob = repository.create_blob(content)
                index.add(pygit2.IndexEntry(path, blob, pygit2.enums.FileMode.BLOB))
        who = pygit2.Signature(author, f"{author.lower()}@example.com", _now(), 0)
        tree = index.write_tree(repository)
        commit = repository.create_commit(None, who, who, message, tree, parents)
        old = str(parents[0]) if parents else ZERO
        # Git's own compare-and-swap, under the lock that a push takes too.
        self._git("update-ref", reference, str(commit), old)
        return str(commit)

    def delete_branch(self, name: str) -> None:
        """Drop a branch; its commits are then of no branch."""
        pygit2.Repository(str(self.path)).references.delete(f"refs/heads/{name}")

    def install_hook(self, script: str, name: str = "pre-receive") -> None:
        """Put a server hook (a shell script) in place; it runs at the next push."""
        hook = self.path / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(script)
        hook.chmod(0o755)

    def remove_hook(self, name: str = "pre-receive") -> None:
        """Take the hook away, if there is one."""
        (self.path / "hooks" / name).unlink(missing_ok=True)

    def protect(self, branch: str = "main") -> None:
        """Refuse all pushes to the branch with a message, until the hook is gone."""
        self.install_hook(REFUSE_BRANCH.format(branch=branch))

    def _git(self, *arguments: str) -> None:
        command = ["git", "--git-dir", str(self.path), *arguments]
        subprocess.run(command, check=True, capture_output=True)


def _now() -> int:
    return int(time.time())
