"""The termination message of a container that has ended, cut as the kubelet does."""

import os
from pathlib import Path

from dev.kubernetes.node.pod.status import MESSAGE_BYTES

_LOG_BYTES = 2048
_LOG_LINES = 80


def read_message(file: Path) -> str:
    """The last 4096 bytes of the message file, or nothing."""
    return _tail(file, MESSAGE_BYTES).decode(errors="replace")


def read_log_tail(log: Path, start: int) -> str:
    """The last 80 lines and 2048 bytes of what was logged from byte `start` on."""
    tail = _tail(log, _LOG_BYTES, start).decode(errors="replace")
    return "".join(tail.splitlines(keepends=True)[-_LOG_LINES:])


def _tail(file: Path, size: int, start: int = 0) -> bytes:
    try:
        with file.open("rb") as stream:
            end = stream.seek(0, os.SEEK_END)
            stream.seek(max(start, end - size))
            return stream.read(size)
    except OSError:
        # The pod may have removed it, or put something else in its place.
        return b""
