"""Dies at a named point of the pass: how the tests try what survives a crash.

`KILLICK_TEST_KILL` names one point. Without it nothing here does anything.

    before:<effect>   after:<effect>     around an executor, by the effect's class
    before-status:<phase>                before the status of a pass is written
    after-status:<phase>                 after it was written, before its effect
"""

from __future__ import annotations

import os
import signal

VARIABLE = "KILLICK_TEST_KILL"


def point(name: str) -> None:
    """Kill this process as the kernel would, if the variable names this point."""
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
