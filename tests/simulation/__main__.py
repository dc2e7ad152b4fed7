"""`python -m tests.simulation`: sweep, or replay one plan.

python -m tests.simulation                                 everything
python -m tests.simulation --only 'full story' --deaths    part of it
python -m tests.simulation --every 41                      each 41st of all plans
python -m tests.simulation 'full story' 17 'crash before'  one plan, told in full
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time

from tests.simulation.engine.run import play
from tests.simulation.engine.sweep import (
    Report,
    everything,
    sweep,
    writes_and_deaths,
)
from tests.simulation.engine.wire import CRASHES, JUMPS, Call, Fault
from tests.simulation.mutants.catalog import MUTANTS
from tests.simulation.mutants.killers import table
from tests.simulation.stories.catalog import SCENARIOS


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("plan", nargs="*", help="scenario, call and fault to replay")
    parser.add_argument("--only", default="", help="scenarios whose name has this")
    parser.add_argument("--deaths", action="store_true", help="only crashes")
    parser.add_argument("--writes", action="store_true", help="writes and deaths only")
    parser.add_argument("--reads", action="store_true", help="errors of reads only")
    parser.add_argument("--mutants", action="store_true", help="the seeded bugs")
    parser.add_argument(
        "--every", type=int, default=1, metavar="N", help="only each N-th of these"
    )
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if options.plan:
        return replay(*options.plan)
    if options.mutants:
        say(table(MUTANTS))
        return 0
    started = time.monotonic()
    chosen = [s for s in SCENARIOS if options.only in str(s)]
    numbers = itertools.count()

    def wanted(call: Call, fault: Fault) -> bool:
        if options.deaths and fault not in CRASHES:
            return False
        if options.reads and (call.write or fault in CRASHES or fault in JUMPS):
            return False
        asked = (writes_and_deaths if options.writes else everything)(call, fault)
        return asked and next(numbers) % options.every == 0

    report = Report()
    for scenario in chosen:
        part = sweep([scenario], wanted, jobs=options.jobs)
        run = part.baselines[str(scenario)]
        calls = f"{len(run.wire.calls)} calls, {run.wire.writes} writes {run.violation}"
        say(f"{scenario!s:40} {calls}; {part.summary()}")
        for failure in part.failures[:10]:
            say(f"{failure.replay}\n    {failure.call}: {failure.violation}")
        report.results += part.results
        report.baselines |= part.baselines
    say(report.table())
    say(f"{report.summary()} in {time.monotonic() - started:.0f} s")
    return 1 if report.failures else 0


def replay(name: str, number: str = "0", fault: str = "crash before") -> int:
    """Play one plan and tell everything."""
    scenario = next(s for s in SCENARIOS if str(s) == name)
    plan = {int(number): Fault(fault)} if int(number) else {}
    run = play(scenario, plan)
    for call in run.wire.calls:
        struck = [f.value for c, f in run.wire.met if c.number == call.number]
        say(f"{call} {' <== ' + struck[0] if struck else ''}")
    say("\n".join(run.log))
    say(f"{run.outcome()}\n{run.violation or 'every invariant holds'}")
    return 1 if run.violation else 0


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
