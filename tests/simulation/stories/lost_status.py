"""A story of a status that is lost with all Jobs: what is left is in the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from killick.names import LABEL_PURPOSE, PURPOSE_CHECK
from tests.fakes.world import NAMESPACE
from tests.simulation.engine.wire import Call
from tests.simulation.engine.world import SimWorld
from tests.simulation.stories.scenario import RANGER, Scenario, count_jobs, expect

if TYPE_CHECKING:
    from tests.simulation.engine.run import Run


class BudgetLost(Scenario):
    """Two rejected candidates are the budget; then status and Jobs are gone."""

    name = "budget exhausted, all lost"

    def arrange(self, world: SimWorld) -> None:
        """Arrange candidates that lose, and a small budget."""
        super().arrange(world)
        policy = {"cooldown": "60s", "budget": {"attempts": 2, "per": "168h"}}
        world.cluster.put_object(NAMESPACE, "ranger", RANGER.spec(retraining=policy))
        world.wins = lambda _version: False

    def written(self, run: Run, call: Call) -> None:
        """Lose everything as soon as the budget is named."""
        if not self.disturbed and self.exhausted(run) and call.verb == "write_status":
            self.disturbed = True
            run.erased = True
            run.world.erase_status("ranger")
            kept = run.world.cluster
            for key, job in list(kept.jobs.items()):
                if job["metadata"]["labels"][LABEL_PURPOSE] != PURPOSE_CHECK:
                    del kept.jobs[key]
                    kept.pods.pop((key[0], f"{key[1]}-pod"), None)

    def exhausted(self, run: Run) -> bool:
        """Return whether the budget is named."""
        found = run.driver.status("ranger").condition("Retraining")
        return found is not None and found.reason == "BudgetExhausted"

    def over(self, run: Run) -> bool:
        """Return whether it is named once more, after the loss."""
        return self.disturbed and self.exhausted(run)

    def verify(self, run: Run) -> None:
        """Check that the loss bought no third training."""
        made = count_jobs(run, "-train-")
        expect(made == 2, f"{made} trainings")
