"""Kills what the node left behind, also when the node itself was killed.

The kernel ends a container's first process with the node (PR_SET_PDEATHSIG), but
not that process's children. This program is started by the node, reads
`+SESSION` and `-SESSION` lines from a pipe, and when the pipe ends, which is when
the node is gone, kills every process of the sessions still open.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path

# States of /proc/PID/stat: a zombie, or on its way out.
_DEAD = (b"Z", b"X")


def processes() -> Iterator[tuple[int, int]]:
    """(process ID, session ID) of every process of the machine that is not dead."""
    for entry in os.listdir("/proc"):  # noqa: PTH208  the hot path of the node
        if not entry.isdigit():
            continue
        try:
            stat = Path("/proc", entry, "stat").read_bytes()
        except OSError:
            continue
        # The command, in parentheses, may hold anything; the fields after it do not.
        fields = stat[stat.rindex(b")") + 2 :].split()
        if fields[0] not in _DEAD:
            yield int(entry), int(fields[3])


def kill_sessions(sessions: Collection[int]) -> None:
    """SIGKILL every process of the sessions, until none is left to be seen."""
    # More than one look, for what was forked during the first; not for ever, for
    # what the kernel itself cannot end at once.
    for _ in range(20):
        found = [process for process, session in processes() if session in sessions]
        if not found:
            return
        for process in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.002)


def main() -> None:
    """Follow the node's lines until its end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sessions: set[int] = set()
    for line in sys.stdin:
        session = int(line[1:])
        if line[0] == "+":
            sessions.add(session)
        else:
            sessions.discard(session)
    if sessions:
        kill_sessions(sessions)


if __name__ == "__main__":
    main()
