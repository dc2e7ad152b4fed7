"""Leaves an answer where the kubelet looks for it: the termination message file."""

from collections.abc import Mapping
from pathlib import Path

PATH_VARIABLE = "TERMINATION_LOG_PATH"
DEFAULT_PATH = "/dev/termination-log"


def write_message(data: bytes, environment: Mapping[str, str]) -> str | None:
    """Writes the message; a warning where there is nowhere to write, else None."""
    path = Path(environment.get(PATH_VARIABLE) or DEFAULT_PATH)
    if not path.parent.is_dir() or (path == Path(DEFAULT_PATH) and not path.exists()):
        return f"no termination message: there is no {path}"
    try:
        path.write_bytes(data)
    except OSError as error:
        return f"no termination message: {error.strerror}: {path}"
    return None
