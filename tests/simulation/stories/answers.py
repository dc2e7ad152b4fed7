"""The story whose features stay calm while the answers turn bad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from tests.simulation.engine.subject import Subject
from tests.simulation.engine.world import SimWorld
from tests.simulation.stories.scenario import Scenario, expect

if TYPE_CHECKING:
    from tests.simulation.engine.run import Run


@dataclass(frozen=True)
class HeldTo(Subject):
    """A model whose answers are held to a bound, ten minutes after they were given."""

    def spec(self, **changes: Any) -> dict[str, Any]:
        """Return its spec."""
        raw = super().spec(**changes)
        performance = {"metric": {"name": "Accuracy"}, "minimum": "0.8"}
        raw["drift"]["performance"] = performance
        raw["inferenceLog"] |= {"predictionColumn": "score", "labelDelay": "10m"}
        raw["retraining"]["triggers"] = ["Performance"]
        return raw


class BadAnswers(Scenario):
    """Retrained and promoted as for a drift, by the windows whose labels have come."""

    name = "answers turn bad"
    subjects: ClassVar[tuple[Subject, ...]] = (HeldTo("ranger"),)

    def arrange(self, world: SimWorld) -> None:
        """Arrange version 1 to answer badly from the start, to calm features."""
        super().arrange(world)
        world.bad_answers = world.drifts
        world.drifts = lambda _model, _end: False

    def verify(self, run: Run) -> None:
        """Check that it happened once, and that no window counted twice."""
        super().verify(run)
        status = run.driver.status("ranger")
        reason = status.episode and status.episode.reason
        expect(reason == "Performance", f"the episode is of {reason}")
        starts = [window.start for window in status.drift.performance_windows]
        expect(starts == sorted(set(starts)), f"windows of labels begin at {starts}")


class FeaturesOnly(BadAnswers):
    """Features drift and answers stay good: the trigger is not declared."""

    name = "answers stay good"

    def arrange(self, world: SimWorld) -> None:
        """Arrange the opposite."""
        super().arrange(world)
        world.drifts, world.bad_answers = world.bad_answers, world.drifts

    def over(self, run: Run) -> bool:
        """Return whether two windows with labels were seen."""
        return len(run.driver.status("ranger").drift.performance_windows) >= 2

    def verify(self, run: Run) -> None:
        """Check that drift was told, and nothing was done."""
        drift = run.driver.status("ranger").drift
        expect(drift.breaches, "no drift was told")
        expect(drift.performance_breaches == 0, "answers were called bad")
        expect(not run.world.cluster.created_jobs, "a Job was created")
