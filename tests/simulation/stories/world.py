"""Stories in which the world is unkind: vanished, taken, raced, moved, away."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from killick.errors import Unavailable
from killick.names import PURPOSE_TRAINING, child_labels
from tests.fakes.world import NAMESPACE
from tests.simulation.engine.world import CUT_OFF, SimWorld
from tests.simulation.stories.scenario import RANGER, SCOUT, Scenario, expect

if TYPE_CHECKING:
    from tests.simulation.engine.run import Run


class Vanished(Scenario):
    """The training Job is gone as soon as its version is registered."""

    name = "training Job vanishes"
    lag = 0.0

    def arrange(self, world: SimWorld) -> None:
        """Arrange Jobs that vanish."""
        super().arrange(world)
        world.mlflow.search_lag = self.lag

        def train(where: SimWorld, job: str, env: dict[str, str]) -> None:
            where.register(env)
            del where.cluster.jobs[NAMESPACE, job]

        world.training = train


class VanishedLagging(Vanished):
    """The same, and the registry's search finds the version only later."""

    name = "training Job vanishes, search lags"
    lag = 25.0


class Two(Scenario):
    """Two objects share one repository, each with its own key."""

    name = "two objects"
    subjects = (RANGER, SCOUT)


class Racing(Scenario):
    """Somebody else's commit lands between our look and our push."""

    name = "a commit in between"

    def disturb(self, run: Run) -> None:
        """Change another key at the worst moment."""

        def race() -> None:
            text = run.world.text()
            run.world.commit(text.replace("other: 1", "other: 2"), "Not ours")

        run.world.gits.before_apply.append(race)

    def verify(self, run: Run) -> None:
        """Check that both changes are there."""
        super().verify(run)
        expect("other: 2" in run.world.text(), "the other change is gone")


class Taken(Scenario):
    """The name of the training Job is taken by somebody else's Job."""

    name = "name taken"

    def disturb(self, run: Run) -> None:
        """Create the Job, with our labels and another owner."""
        attempt = run.driver.status("ranger").attempt
        name = (attempt.job if attempt else "") or ""
        cluster = run.world.cluster
        metadata = cluster._metadata(NAMESPACE, name)
        metadata["labels"] = child_labels("ranger", PURPOSE_TRAINING)
        metadata["ownerReferences"] = [{"uid": "another", "controller": True}]
        running = {"metadata": metadata, "spec": {}, "status": {"active": 1}}
        cluster.jobs[NAMESPACE, name] = running

    def over(self, run: Run) -> bool:
        """Return whether the attempt has failed."""
        attempt = run.driver.status("ranger").attempt
        return attempt is not None and attempt.state == "Failed"

    def verify(self, run: Run) -> None:
        """Check that the reason is named and the Job is left alone."""
        attempt = run.driver.status("ranger").attempt
        expect(attempt and attempt.reason == "NameTaken", f"failed for {attempt}")
        left = [key for key in run.world.cluster.jobs if "-train-" in key[1]]
        expect(len(left) == 1, "somebody else's Job is gone")


class Registering(Scenario):
    """Somebody else registers a version while our training runs."""

    name = "a foreign version"

    def disturb(self, run: Run) -> None:
        """Register one that is finished, newer, and not ours."""
        run.world.mlflow.register("ranger")


class AliasMoved(Scenario):
    """A person moves the champion alias in mid-flight."""

    name = "a person moves the alias"

    def disturb(self, run: Run) -> None:
        """Crown another version."""
        version = run.world.mlflow.register("ranger", version_tags=CUT_OFF)
        run.world.mlflow.point("ranger", "champion", version)
        run.world.noted()
        self.theirs = version

    def over(self, run: Run) -> bool:
        """Return whether automation is held."""
        return run.driver.status("ranger").hold is not None

    def verify(self, run: Run) -> None:
        """Check that the person's alias stands and is named."""
        champion = run.world.mlflow.models["ranger"].aliases["champion"]
        expect(champion == self.theirs, "the person lost")
        hold = run.driver.status("ranger").hold
        expect(hold and hold.reason == "AliasMoved", f"held for {hold}")


class Outage(Scenario):
    """A system is away for ten minutes."""

    def __init__(self, system: str, at: str) -> None:
        super().__init__(at)
        self.name = f"{system} away"
        self.hides_status = system == "cluster"
        self.system = system

    def disturb(self, run: Run) -> None:
        """Take it away, and bring it back."""
        self._set(run, away=True)
        run.world.after(timedelta(minutes=10), lambda: self._set(run, away=False))

    def _set(self, run: Run, *, away: bool) -> None:
        if self.system == "cluster":
            error = Unavailable("no answer", "APIServerUnreachable")
            run.world.cluster.down = error if away else None
        elif self.system == "registry":
            run.world.mlflow.down = away
        elif self.system == "git":
            run.world.gits.down = away
        else:
            run.world.gits.reject = "protected branch" if away else ""
