"""Stories that end otherwise: no drift, a no, and what people do in mid-flight."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from killick.resource.status import SCHEMA_VERSION
from tests.fakes.world import NAMESPACE
from tests.simulation.engine.wire import Call
from tests.simulation.engine.world import SimWorld
from tests.simulation.stories.scenario import (
    RANGER,
    Scenario,
    count_jobs,
    expect,
    expect_condition,
    moment_of,
    outside,
    require_promoted,
)

if TYPE_CHECKING:
    from tests.simulation.engine.run import Run


class Calm(Scenario):
    """No drift: nothing but checks."""

    name = "no drift"

    def arrange(self, world: SimWorld) -> None:
        """Arrange a world in which nothing drifts."""
        super().arrange(world)
        world.drifts = lambda _model, _end: False

    def over(self, run: Run) -> bool:
        """Return whether two checks were seen."""
        return len(run.driver.status("ranger").drift.windows) >= 2

    def verify(self, run: Run) -> None:
        """Check that nothing was done."""
        expect(not run.world.cluster.created_jobs, "a Job was created")
        expect(len(run.world.repository.history()) == 1, "something was committed")


class Rejected(Scenario):
    """The evaluation says no: the champion stays, and a cooldown holds."""

    name = "evaluation rejects"

    def arrange(self, world: SimWorld) -> None:
        """Arrange candidates that lose."""
        super().arrange(world)
        world.wins = lambda _version: False

    def over(self, run: Run) -> bool:
        """Return whether the attempt is over."""
        attempt = run.driver.status("ranger").attempt
        return attempt is not None and attempt.state == "Rejected"

    def verify(self, run: Run) -> None:
        """Check that the champion stayed and nothing was repeated."""
        expect(len(run.world.repository.history()) == 1, "something was committed")
        jobs = count_jobs(run, "-train-"), count_jobs(run, "-eval-")
        expect(jobs == (1, 1), f"so many trainings and evaluations: {jobs}")
        expect(
            run.world.mlflow.models["ranger"].aliases == {"champion": "1"}, "aliases"
        )
        expect_condition(run, "Retraining", "False", "Cooldown")


class Budget(Scenario):
    """Training always fails: two attempts are the budget, then it waits."""

    name = "budget exhausted"

    def arrange(self, world: SimWorld) -> None:
        """Arrange trainings that fail, and a small budget."""
        super().arrange(world)
        policy = {"cooldown": "60s", "budget": {"attempts": 2, "per": "168h"}}
        world.cluster.put_object(NAMESPACE, "ranger", RANGER.spec(retraining=policy))
        world.training = lambda w, job, _env: w.cluster.finish_job(
            NAMESPACE, job, container="train", failed=True
        )

    def over(self, run: Run) -> bool:
        """Return whether the budget is named."""
        found = run.driver.status("ranger").condition("Retraining")
        return found is not None and found.reason == "BudgetExhausted"

    def verify(self, run: Run) -> None:
        """Check that the budget was used up, and no more."""
        made = count_jobs(run, "-train-")
        expect(made == 2, f"{made} trainings")
        expect_condition(run, "Retraining", "False", "BudgetExhausted")


class Edited(Scenario):
    """A person gives our key a third value while the story goes on."""

    name = "a person edits our key"

    def disturb(self, run: Run) -> None:
        """Name version 7."""
        text = run.world.text().replace("models:/ranger/1", "models:/ranger/7")
        text = text.replace("models:/ranger/2", "models:/ranger/7")
        run.world.commit(text, "Version 7 by hand")

    def over(self, run: Run) -> bool:
        """Return whether automation is held."""
        return run.driver.status("ranger").hold is not None

    def verify(self, run: Run) -> None:
        """Check that the person's value stands and is named."""
        expect(run.world.value("ranger") == "models:/ranger/7", "the person lost")
        hold = run.driver.status("ranger").hold
        expect(hold and "ranger/7" in hold.message, "the hold does not name the value")


class PolicyChanged(Scenario):
    """The evaluation's policy changes in mid-flight: it is compared afresh."""

    name = "policy changes"

    def disturb(self, run: Run) -> None:
        """Ask for more."""
        metric = {"name": "MeanAbsoluteError"}
        policy = {"metric": metric, "minimumImprovement": "0.1"}
        run.world.change_spec(RANGER, evaluation=policy)

    def verify(self, run: Run) -> None:
        """Check that it was promoted, once."""
        require_promoted(run, "ranger")
        expect(count_jobs(run, "-train-") == 1, "more than one training")
        afresh = 2 if self.at == "evaluating" else 1
        made = count_jobs(run, "-eval-")
        expect(made == afresh, f"{made} evaluations")


class TargetChanged(Scenario):
    """The repository's key changes while the promotion is in flight."""

    name = "target changes"

    def disturb(self, run: Run) -> None:
        """Point the promotion at another branch, which does not exist."""
        promotion = RANGER.spec()["promotion"]
        promotion["git"]["branch"] = "elsewhere"
        run.world.change_spec(RANGER, promotion=promotion)

    def over(self, run: Run) -> bool:
        """Return whether the promotion is over."""
        return moment_of(run.driver.status("ranger")) == "superseded"

    def verify(self, run: Run) -> None:
        """Check that the trouble is named."""
        expect_condition(run, "Ready", "False", "GitBranchMissing")


class Suspended(Scenario):
    """Suspended in mid-flight, and resumed twenty minutes later."""

    name = "suspended a while"

    def written(self, run: Run, call: Call) -> None:
        """Nothing is done while suspended, but what was under way in that pass."""
        super().written(run, call)
        spec = run.world.cluster.objects[NAMESPACE, "ranger"]["spec"]
        later = self.disturbed and run.driver.passes > self.passes
        if later and spec.get("suspend"):
            # What ran too long is ended and tidied away also then.
            tidy = ("write_status", "create_event", "apply_cronjob", "delete_job")
            expect(call.verb in tidy, f"{call} while suspended")

    def disturb(self, run: Run) -> None:
        """Suspend, and resume later."""
        self.passes = run.driver.passes
        run.world.change_spec(RANGER, suspend=True)
        run.world.after(timedelta(minutes=20), lambda: run.world.change_spec(RANGER))


class Deleted(Scenario):
    """The object is deleted in mid-flight: nothing outside is touched any more."""

    name = "deleted"

    def disturb(self, run: Run) -> None:
        """Delete it."""
        self.before = outside(run)
        run.world.delete("ranger")

    def over(self, run: Run) -> bool:
        """Return whether it is gone."""
        return (NAMESPACE, "ranger") not in run.world.cluster.objects

    def verify(self, run: Run) -> None:
        """Check that Git and the registry are as they were."""
        expect(outside(run) == self.before, "written after the deletion")
        left = [key for key in run.world.cluster.jobs if key[1] != "train"]
        expect(not left, f"left behind: {left}")


class Erased(Scenario):
    """The status is lost in mid-flight, as when etcd is restored."""

    name = "status erased"

    def disturb(self, run: Run) -> None:
        """Lose the status."""
        run.erased = True
        run.world.erase_status("ranger")

    def over(self, run: Run) -> bool:
        """Return whether version 2 is qualified_name and nothing is in flight."""
        status = run.driver.status("ranger")
        versions, attempt = status.versions, status.attempt
        settled = attempt is None or attempt.state in ("Promoted", "Superseded")
        return bool(status.adopted_at) and versions.champion == "2" and settled


class OtherVersion(Scenario):
    """Another version of Killick was here; twenty minutes later it is undone."""

    name = "another version's status"
    hides_status = True

    def written(self, run: Run, call: Call) -> None:
        """While the status has an unknown layout, all that is written is an Event."""
        held = run.world.cluster.objects[NAMESPACE, "ranger"]["status"]
        unknown = held.get("schemaVersion") == SCHEMA_VERSION + 1
        if unknown and run.driver.passes > self.passes:
            expect(call.verb == "create_event", f"{call} on an unknown status")
        super().written(run, call)

    def disturb(self, run: Run) -> None:
        """Write the next layout's number, and later the old one again."""
        self.passes = run.driver.passes
        self.number(run, SCHEMA_VERSION + 1)
        back = timedelta(minutes=20)
        run.world.after(back, lambda: self.number(run, SCHEMA_VERSION))

    def number(self, run: Run, version: int) -> None:
        """Change the number alone, as a person could."""
        run.world.touch("ranger")["status"]["schemaVersion"] = version


class Reverted(Scenario):
    """A person takes our commit back while the operator is down."""

    name = "reverted while down"

    def written(self, run: Run, call: Call) -> None:
        """After the push: the operator dies, the commit is taken back."""
        if call.verb != "push_value" or self.disturbed:
            return
        self.disturbed = True

        def revert() -> None:
            head = run.world.repository.branches["main"]
            old = head.parent.files["values.yaml"].decode() if head.parent else ""
            run.world.commit(old, "Revert: not tonight")

        run.world.after(timedelta(seconds=30), revert)
        run.driver.kill(timedelta(minutes=2))

    def over(self, run: Run) -> bool:
        """Return whether automation is held."""
        return run.driver.status("ranger").hold is not None

    def verify(self, run: Run) -> None:
        """Check that the person is not fought."""
        expect(run.world.value("ranger") == "models:/ranger/1", "the person lost")
        hold = run.driver.status("ranger").hold
        expect(hold and hold.reason == "PromotionReverted", f"held for {hold}")
        expect(run.world.mlflow.models["ranger"].aliases["champion"] == "1", "alias")
