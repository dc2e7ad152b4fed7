"""Every fault at every call: a run is forked where its fault strikes.

The baseline plays once; before each call the process forks a child for each fault
that can happen there, and the child plays on to the end. So a plan costs only what
comes after its fault. What a child reports is replayed by `python -m
tests.simulation SCENARIO CALL FAULT` without any fork.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from killick.world import World
from tests.simulation.engine.run import Run, play
from tests.simulation.engine.wire import CRASHES, JUMPS, Call, Fault
from tests.simulation.stories.scenario import Scenario

Wanted = Callable[[Call, Fault], bool]


@dataclass(frozen=True)
class Result:
    """What became of one plan."""

    scenario: str
    call: Call
    fault: Fault
    violation: str
    outcome: str
    lifetimes: int
    calls: int
    events: int

    @property
    def replay(self) -> str:
        """Return the command that plays it again."""
        command = f"python -m tests.simulation '{self.scenario}' {self.call.number}"
        return f"{command} '{self.fault.value}'"


@dataclass
class Report:
    """All results of a sweep, and of its baselines."""

    results: list[Result] = field(default_factory=list)
    baselines: dict[str, Run] = field(default_factory=dict)

    @property
    def failures(self) -> list[Result]:
        """Return the results that violate something."""
        return [r for r in self.results if r.violation]

    def table(self) -> str:
        """Return fault × call, in numbers: runs, and how many of them failed."""
        verbs = sorted({(r.call.system, r.call.verb) for r in self.results})
        faults = [f for f in Fault if any(r.fault is f for r in self.results)]
        counts = Counter((r.call.verb, r.fault) for r in self.results)
        failed = Counter((r.call.verb, r.fault) for r in self.failures)
        lines = ["| call | " + " | ".join(f.value for f in faults) + " |"]
        lines.append("| --- |" + " ---: |" * len(faults))
        for system, verb in verbs:
            cells = []
            for fault in faults:
                bad = failed[verb, fault]
                text = str(counts[verb, fault] or "")
                cells.append(f"{text} (**{bad}**)" if bad else text)
            lines.append(f"| {system}.{verb} | " + " | ".join(cells) + " |")
        return "\n".join(lines)

    def summary(self) -> str:
        """Return the totals in one line."""
        lives = sum(r.lifetimes for r in self.results)
        calls = sum(r.calls for r in self.results)
        return (
            f"{len(self.results)} plans, {lives} lifetimes, {calls} calls, "
            f"{len(self.failures)} violations"
        )


def everything(_call: Call, _fault: Fault) -> bool:
    """Want every fault at every call."""
    return True


def writes_and_deaths(call: Call, fault: Fault) -> bool:
    """Want every fault at writes; at reads only a death.

    A read changes nothing, so a death at any of a pass's reads is the same death.
    """
    return call.write or (fault is Fault.CRASH_BEFORE and call.verb in FIRST)


FIRST = ("get_model_deployment",)


class Forks:
    """Forks a child per plan, a few at a time, and collects what they report."""

    def __init__(self, wanted: Wanted, jobs: int) -> None:
        self.wanted = wanted
        self.jobs = jobs
        self.ours: tuple[Call, Fault] | None = None
        self.lines: list[tuple[Call, Fault, bytes]] = []
        self._pipe = -1
        self._running: list[tuple[Call, Fault, int, int]] = []

    def branch(self, call: Call) -> Fault | None:
        """Fork for each fault; return this process's own, None in the parent."""
        if self.ours:
            return None
        for fault in Fault:
            if fault.meets(call) and self.wanted(call, fault):
                while len(self._running) >= self.jobs:
                    self._collect()
                read, write = os.pipe()
                loop = asyncio.get_running_loop()
                pid = os.fork()
                if pid == 0:
                    # Since Python 3.12 a forked child has no running loop any more.
                    asyncio._set_running_loop(loop)
                    os.close(read)
                    self.ours, self._pipe = (call, fault), write
                    return fault
                os.close(write)
                self._running.append((call, fault, pid, read))
        return None

    def report(self, content: dict[str, object]) -> None:
        """In a child: say what happened, and end the process."""
        with os.fdopen(self._pipe, "wb") as pipe:
            pipe.write(json.dumps(content).encode())
        os._exit(0)

    def finish(self) -> None:
        """Wait for all children."""
        while self._running:
            self._collect()

    def _collect(self) -> None:
        call, fault, pid, read = self._running.pop(0)
        with os.fdopen(read, "rb") as pipe:
            self.lines.append((call, fault, pipe.read()))
        os.waitpid(pid, 0)


def sweep(
    scenarios: Iterable[Scenario],
    wanted: Wanted = everything,
    *,
    wrap: Callable[[World], World] | None = None,
    jobs: int = 2,
) -> Report:
    """Play every wanted plan of every scenario."""
    report = Report()
    for scenario in scenarios:
        forks = Forks(wanted, jobs)
        run = play(scenario, forks=forks, wrap=wrap)
        if forks.ours:
            forks.report(
                {
                    "violation": run.violation,
                    "outcome": repr(run.outcome()),
                    "lifetimes": run.driver.lifetimes,
                    "calls": len(run.wire.calls),
                    "events": len(run.world.cluster.events),
                }
            )
        forks.finish()
        report.baselines[str(scenario)] = run
        expected, told = repr(run.outcome()), len(run.world.cluster.events)
        for call, fault, line in forks.lines:
            found = json.loads(line or b"{}") or {"violation": "the child died"}
            found = {"outcome": "", "lifetimes": 1, "calls": 0, "events": 0, **found}
            same = fault in JUMPS or found["outcome"] == expected
            if not found["violation"] and not same:
                found["violation"] = "another outcome: " + differs(
                    expected, found["outcome"]
                )
            quiet = fault in JUMPS or not can_be_told(run, call, fault)
            if not found["violation"] and found["events"] < told and not quiet:
                found["violation"] = f"{told - found['events']} Events were lost"
            report.results.append(Result(str(scenario), call, fault, **found))
    return report


def can_be_told(baseline: Run, call: Call, fault: Fault) -> bool:
    """Return whether the Event that a fault met can still be told.

    One that is said to be there already is not told again; an object may be gone
    before the API server's `Retry-After` is over; and who comes after a death tells
    from the status, which a story may take away.
    """
    if baseline.erased or (fault in CRASHES and baseline.scenario.hides_status):
        return False
    if call.verb != "create_event":
        return True
    namespace, event = call.key
    gone = (namespace, event.rpartition(".")[0]) not in baseline.world.cluster.objects
    return fault is not Fault.CONFLICT and not (fault is Fault.TOO_MANY and gone)


def differs(expected: str, found: str) -> str:
    """Return the first place at which two texts differ."""
    at = next(
        (i for i, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), 0
    )
    around = slice(max(at - 40, 0), at + 60)
    return f"…{found[around]}… instead of …{expected[around]}…"


__all__ = ["CRASHES", "Report", "Result", "everything", "sweep", "writes_and_deaths"]
