"""Stories of one target that two objects want: the older has it, until it is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from killick.resource.codec import format_time
from tests.fakes.world import NAMESPACE
from tests.simulation.engine.subject import Subject
from tests.simulation.engine.wire import Call
from tests.simulation.engine.world import START, SimWorld
from tests.simulation.stories.scenario import (
    RANGER,
    Scenario,
    count_jobs,
    expect,
    moment_of,
)

if TYPE_CHECKING:
    from tests.simulation.engine.run import Run

ROVER = Subject("rover", model="ranger")
QUIET = ("write_status", "create_event", "apply_cronjob")


class OneTarget(Scenario):
    """Two objects name the same value in Git and the same model."""

    name = "one target"
    subjects = (RANGER, ROVER)

    def __init__(self, at: str = "", *, newer: str = "rover") -> None:
        super().__init__(at)
        self.newer = newer
        self.older = "ranger" if newer == "rover" else "rover"
        if newer != "rover":
            self.name = f"{self.name}, {newer} newer"

    def arrange(self, world: SimWorld) -> None:
        """Arrange two objects that differ in age."""
        super().arrange(world)
        created = format_time(START + timedelta(minutes=1))
        metadata = world.cluster.objects[NAMESPACE, self.newer]["metadata"]
        metadata["creationTimestamp"] = created

    def written(self, run: Run, call: Call) -> None:
        """Whoever is not the owner is only checked."""
        super().written(run, call)
        if call.subject == self.newer and not self.disturbed:
            expect(call.verb in QUIET, f"{call} of an object that owns nothing")

    def over(self, run: Run) -> bool:
        """Return whether the owner is done and the other one was checked."""
        done = moment_of(run.driver.status(self.older)) == "done"
        return done and run.driver.status(self.newer).drift.verdict is not None

    def verify(self, run: Run) -> None:
        """Check that one was promoted, and that the other says whose it is."""
        jobs = count_jobs(run, "-train-"), count_jobs(run, "-eval-")
        expect(jobs == (1, 1), f"so many trainings and evaluations: {jobs}")
        expect(len(run.world.repository.history()) == 2, "more than one commit")
        stalled = run.driver.status(self.newer).condition("Stalled")
        named = stalled and f"{NAMESPACE}/{self.older}" in stalled.message
        expect(stalled and stalled.reason == "TargetConflict", f"stalled: {stalled}")
        expect(named, "the owner is not named")
        expect(run.driver.status(self.older).condition("Stalled") is None, "stalled")


class HandedOver(OneTarget):
    """The owner is deleted in mid-flight, or when it is done: the other takes over."""

    name = "owner deleted"

    def disturb(self, run: Run) -> None:
        """Delete the owner."""
        run.world.delete(self.older)

    def over(self, run: Run) -> bool:
        """Return whether the newer one has everything in hand."""
        status = run.driver.status(self.newer)
        gone = (NAMESPACE, self.older) not in run.world.cluster.objects
        settled = status.versions.champion not in (None, "1")
        return gone and bool(status.adopted_at) and settled

    def verify(self, run: Run) -> None:
        """Check that the version that won is qualified_name, and was promoted once."""
        champion = run.world.mlflow.models["ranger"].aliases["champion"]
        expect(champion != "1", "the champion is still version 1")
        value = run.world.value("ranger")
        expect(value == f"models:/ranger/{champion}", f"Git says {value}")
        expect(len(run.world.repository.history()) == 2, "more than one commit")
        newer = run.driver.status(self.newer)
        expect(newer.condition("Stalled") is None, "still stalled")
        expect(newer.versions.desired == champion, "the owner's version is not known")
