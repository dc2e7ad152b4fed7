"""Where the local copy of a branch is, and how a damaged one is removed."""

import hashlib
import shutil
from pathlib import Path

from killick.gitops.port import GitTarget


def clone_path(work: Path, target: GitTarget) -> Path:
    """Return the directory of a target's copy; one for each URL and branch."""
    key = hashlib.sha256(f"{target.url}\0{target.branch}".encode()).hexdigest()
    return work / f"{key[:24]}.git"


def discard_all_interrupted(work: Path) -> None:
    """Remove the copies below `work` that a killed process was writing to."""
    for path in work.glob("*.git"):
        discard_interrupted(path)


def discard_interrupted(path: Path) -> None:
    """Remove a copy that a killed process was writing to.

    Its lock files would refuse every later write, and its half packs stay for ever.
    """
    if any(path.rglob("*.lock")) or any(path.glob("objects/pack/*_git2_*")):
        discard(path)


def discard(path: Path) -> None:
    """Remove a copy; the next use starts afresh."""
    shutil.rmtree(path, ignore_errors=True)
