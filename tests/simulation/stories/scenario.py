"""The stories that are told to the operator, each a small class.

A scenario arranges the world, plays the people (`written` is called after every
write that was applied, which is the worst moment), says when its story is over, and
what must have come of it.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, ClassVar

from killick.resource.status import Status
from tests.fakes.world import NAMESPACE
from tests.simulation.engine.subject import Subject
from tests.simulation.engine.wire import Call
from tests.simulation.engine.world import SimWorld

if TYPE_CHECKING:
    from tests.simulation.engine.run import Run

RANGER, SCOUT = Subject("ranger"), Subject("scout")


def moment_of(status: Status) -> str:
    """Return how far the story is, in one word."""
    attempt, evaluation, promotion = (
        status.attempt,
        status.evaluation,
        status.promotion,
    )
    if promotion:
        return promotion.state.lower()
    if evaluation:
        names = {"Intended": "registered", "Running": "evaluating"}
        return names.get(evaluation.state, evaluation.state.lower())
    if attempt:
        return attempt.state.lower()
    return "drifted" if status.episode else "calm"


class Scenario:
    """Drift, retraining, evaluation, promotion: the full story, undisturbed."""

    name = "full story"
    subjects: ClassVar[tuple[Subject, ...]] = (RANGER,)
    at = ""
    """The moment at which `disturb` is called, once."""
    hides_status = False
    """Whether the status is away for long, and with it what a death left untold."""

    def __init__(self, at: str = "") -> None:
        self.at = at or self.at
        self.disturbed = False

    def __str__(self) -> str:
        return f"{self.name}@{self.at}" if self.at else self.name

    def fresh(self) -> Scenario:
        """Return one that was not played yet."""
        return copy.copy(self)

    def arrange(self, world: SimWorld) -> None:
        """Create the objects; version 1 drifts from the start."""
        world.drifts = lambda model, _end: world.value(model).endswith("/1")
        for subject in self.subjects:
            world.cluster.put_object(NAMESPACE, subject.name, subject.spec())

    def written(self, run: Run, call: Call) -> None:
        """Let people react to a write that was just applied."""
        if self.disturbed or not self.at or call.verb != "write_status":
            return
        if moment_of(run.driver.status(self.subjects[0].name)) == self.at:
            self.disturbed = True
            self.disturb(run)

    def disturb(self, run: Run) -> None:
        """Do what this scenario is about."""

    def over(self, run: Run) -> bool:
        """Return whether the story has ended."""
        return all(self.done(run, s) == "done" for s in self.subjects)

    def done(self, run: Run, subject: Subject) -> str:
        """Return the moment that a subject's promotion has reached."""
        return moment_of(run.driver.status(subject.name))

    def verify(self, run: Run) -> None:
        """Check what must have come of it."""
        for subject in self.subjects:
            require_promoted(run, subject.name)
            hold = run.driver.status(subject.name).hold
            expect(hold is None, f"held without a cause: {hold and hold.reason}")
        jobs = count_jobs(run, "-train-"), count_jobs(run, "-eval-")
        many = len(self.subjects)
        expect(jobs == (many, many), f"so many trainings and evaluations: {jobs}")
        commits = len(run.world.repository.history())
        people = len(run.world.truth.people)
        expect(commits == people + many, f"{commits} commits")


def outside(run: Run) -> tuple[object, ...]:
    """Return the state of Git and the registry's aliases and stages."""
    kept = run.world.mlflow.models["ranger"]
    stages = {v.version: (v.stage, v.tags) for v in kept.versions.values()}
    return (len(run.world.repository.history()), dict(kept.aliases), repr(stages))


def count_jobs(run: Run, part: str) -> int:
    """Return how many Jobs were ever created."""
    return sum(part in name for name in run.world.cluster.created_jobs)


def expect(truth: object, sentence: str) -> None:
    """Raise a Violation unless `truth`."""
    from tests.simulation.engine.driver import Violation

    if not truth:
        raise Violation(sentence)


def expect_condition(run: Run, kind: str, status: str, reason: str) -> None:
    """Check a condition at the end."""
    found = run.driver.status("ranger").condition(kind)
    got = (found.status, found.reason) if found else None
    expect(got == (status, reason), f"{kind} is {got}, not {(status, reason)}")


def require_promoted(run: Run, name: str) -> None:
    """Check that version 2 is promoted qualified_name."""
    kept = run.world.mlflow.models[name]
    champion = kept.aliases.get("champion")
    expect(run.world.value(name) == f"models:/{name}/{champion}", "Git's value")
    expect(champion != "1", "the champion is still version 1")
    expect(set(kept.aliases) == {"champion"}, f"aliases {kept.aliases}")
    stages = {v.version: v.stage for v in kept.versions.values()}
    expect(stages["1"] == "Archived", f"stages {stages}")
    expect(stages[champion or ""] == "Production", f"stages {stages}")
