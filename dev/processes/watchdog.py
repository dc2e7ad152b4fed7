"""`python -m dev.processes.watchdog RUN`: end a run's processes with its owner.

The kernel kills the owner's children with it (see launcher.py), but not their
children, such as a server's workers. The watchdog ends those within a second, even if
the owner was killed by SIGKILL.
"""

import os
import signal
import sys
import time

from dev.processes.orphan_reaper import Records

_POLL = 0.25  # seconds


def main() -> None:
    """Wait until our parent is no longer the owner, then reap the run."""
    run, owner = sys.argv[1], int(sys.argv[2])
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.getppid() == owner:
        time.sleep(_POLL)
    Records(run).reap()


if __name__ == "__main__":
    main()
