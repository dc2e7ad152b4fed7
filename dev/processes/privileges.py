"""The ordinary user that servers run as when we are root and they refuse root."""

import os
from pathlib import Path

UNPRIVILEGED = 65_534
"""User and group ID that own nothing (`nobody`); it needs no entry in passwd."""


def give_to_unprivileged(directory: Path) -> None:
    """Make the directory, owned by the unprivileged user if we are root (else by us).

    The user must also be allowed to pass through the folders above it: those below a
    private one are reachable for a demoted `Program`, which may read what root may.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return
    for folder, _, files in os.walk(directory):
        os.chown(folder, UNPRIVILEGED, UNPRIVILEGED)
        for name in files:
            path = Path(folder, name)
            os.chown(path, UNPRIVILEGED, UNPRIVILEGED, follow_symlinks=False)
