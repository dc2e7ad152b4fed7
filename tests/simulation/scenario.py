"""The stories that are told to the operator, each a small class.

A scenario arranges the world, plays the people (`written` is called after every
write that was applied, which is the worst moment), says when its story is over, and
what must have come of it.
"""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from killick.errors import Unavailable
from killick.names import PURPOSE_TRAINING, child_labels
from killick.resource.status import Status
from tests.fakes.world import NAMESPACE
from tests.simulation.wire import Call
from tests.simulation.world import CUT_OFF, SimWorld, Subject

if TYPE_CHECKING:
    from tests.simulation.run import Run

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
        jobs = count_jobs(run, "-train-"), count_jobs(run, "-eval-")
        many = len(self.subjects)
        expect(jobs == (many, many), f"so many trainings and evaluations: {jobs}")
        commits = len(run.world.repository.history())
        people = len(run.world.truth.people)
        expect(commits == people + many, f"{commits} commits")


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
        """Return whether version 2 is everywhere and nothing is in flight."""
        status = run.driver.status("ranger")
        versions, attempt = status.versions, status.attempt
        settled = attempt is None or attempt.state in ("Promoted", "Superseded")
        return bool(status.adopted_at) and versions.champion == "2" and settled


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
    from tests.simulation.driver import Violation

    if not truth:
        raise Violation(sentence)


def expect_condition(run: Run, kind: str, status: str, reason: str) -> None:
    """Check a condition at the end."""
    found = run.driver.status("ranger").condition(kind)
    got = (found.status, found.reason) if found else None
    expect(got == (status, reason), f"{kind} is {got}, not {(status, reason)}")


def require_promoted(run: Run, name: str) -> None:
    """Check that version 2 is promoted everywhere."""
    kept = run.world.mlflow.models[name]
    champion = kept.aliases.get("champion")
    expect(run.world.value(name) == f"models:/{name}/{champion}", "Git's value")
    expect(champion != "1", "the champion is still version 1")
    expect(set(kept.aliases) == {"champion"}, f"aliases {kept.aliases}")
    stages = {v.version: v.stage for v in kept.versions.values()}
    expect(stages["1"] == "Archived", f"stages {stages}")
    expect(stages[champion or ""] == "Production", f"stages {stages}")


FULL = Scenario()
SCENARIOS: tuple[Scenario, ...] = (
    FULL,
    Calm(),
    Rejected(),
    Budget(),
    Edited("evaluating"),
    Edited("proposed"),
    Edited("landed"),
    PolicyChanged("evaluating"),
    PolicyChanged("proposed"),
    TargetChanged("proposed"),
    TargetChanged("landed"),
    Suspended("running"),
    Suspended("proposed"),
    Deleted("running"),
    Deleted("proposed"),
    Deleted("deployed"),
    Erased("running"),
    Erased("registered"),
    Erased("evaluating"),
    Erased("passed"),
    Erased("proposed"),
    Erased("landed"),
    Erased("deployed"),
    Erased("done"),
    Reverted(),
    Vanished(),
    VanishedLagging(),
    Two(),
    Racing("proposed"),
    Taken("intended"),
    Registering("running"),
    AliasMoved("evaluating"),
    AliasMoved("deployed"),
    *(
        Outage(system, at)
        for system in ("cluster", "registry", "git")
        for at in ("running", "evaluating", "proposed", "deployed")
    ),
    Outage("push", "proposed"),
)
