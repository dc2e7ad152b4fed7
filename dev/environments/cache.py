"""The cache for what is built or downloaded once, and its locks.

Everything under `dev/` that is downloaded or built goes to one folder outside the
repository, so that it survives a fresh clone and one `rm -r` removes it all.
"""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

Progress = Callable[[str], None]
"""Receives one line of progress at a time, for a person who waits."""


def cache_dir() -> Path:
    """Return `${XDG_CACHE_HOME:-~/.cache}/killick`, created if it is missing."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification: a relative path there is to be ignored.
    root = Path(base) if base.startswith("/") else Path.home() / ".cache"
    directory = root / "killick"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def digest(*parts: str | bytes) -> str:
    """Return 16 hex digits that change whenever one of the parts does."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(f"{len(data)}:".encode())
        total.update(data)
    return total.hexdigest()[:16]


@contextlib.contextmanager
def locked(name: str, progress: Progress = print) -> Iterator[None]:
    """Hold the cache's lock of that name; report if another process holds it.

    The kernel releases the lock when its holder ends, for whatever reason.
    """
    path = cache_dir() / f"{name}.lock"
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"{name}: waiting for another process that is making it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
