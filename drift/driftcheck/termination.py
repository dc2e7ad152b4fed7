"""Writes an answer to the termination message file, from which the kubelet reads it."""

from collections.abc import Mapping
from pathlib import Path

PATH_VARIABLE = "TERMINATION_LOG_PATH"
DEFAULT_PATH = "/dev/termination-log"


def write_message(data: bytes, environment: Mapping[str, str]) -> str | None:
    """Write the message; return a warning if that fails, else None."""
    path = Path(environment.get(PATH_VARIABLE) or DEFAULT_PATH)
    if not path.parent.is_dir() or (path == Path(DEFAULT_PATH) and not path.exists()):
        return f"no termination message: there is no {path}"
    try:
        path.write_bytes(data)
    except OSError as error:
        return f"no termination message: {error.strerror}: {path}"
    return None
