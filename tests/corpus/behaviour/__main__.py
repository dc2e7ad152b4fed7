"""`python -m tests.corpus.behaviour`: record the behaviour, or compare with it.

python -m tests.corpus.behaviour record [SUITE ...]    only when a change is wanted
python -m tests.corpus.behaviour compare [SUITE ...]   what is otherwise than recorded
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.corpus.behaviour.difference import told
from tests.corpus.behaviour.suites import SERVED, SUITES, compare, record, recording


def main() -> int:
    """Run the command line; 1 if something differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.behaviour")
    parser.add_argument("action", choices=["record", "compare"])
    parser.add_argument(
        "suites", nargs="*", metavar="SUITE", help=", ".join((*SUITES, *SERVED))
    )
    options = parser.parse_args()
    failed = False
    for suite in options.suites or (*SUITES, *SERVED):
        started = time.process_time()
        if options.action == "record":
            count = record(suite)
            size = recording(suite).stat().st_size
            text = f"{count} cases in {size / 1024:.0f} KiB"
        else:
            found = compare(suite)
            failed = failed or bool(found)
            text = told(found) if found else "as recorded"
        say(f"{suite}: {text}, {time.process_time() - started:.1f} s of CPU")
    return 1 if failed else 0


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
