"""The whole loop on the twins: each behaviour that a person would name."""

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import pytest

from driftcheck.contract import Verdict
from driftcheck.contract.evaluation import CheckError
from killick.resource.status import SCHEMA_VERSION
from tests.fakes.world import NAME, NAMESPACE, FakeWorld, spec

DRIFT, CALM = Verdict.DRIFT, Verdict.NO_DRIFT


async def drifted() -> FakeWorld:
    """Return a world in which drift has just persisted and training runs."""
    world = FakeWorld()
    await world.settle()
    await world.check(CALM)
    await world.check(DRIFT, DRIFT)
    return world


async def promoted() -> FakeWorld:
    """Return a world in which version 2 was trained, proven and promoted."""
    world = await drifted()
    world.train()
    await world.wait(seconds=5)
    world.evaluate()
    await world.wait(seconds=5)
    return world


async def test_calm_changes_nothing() -> None:
    """Without drift nothing but the check's CronJob is ever created."""
    world = FakeWorld()
    await world.settle()
    await world.check(CALM, CALM, CALM)
    assert world.status.phase == "Watching"
    assert world.condition("DriftDetected") == ("False", "NoDrift")
    assert world.running("training") == []
    assert len(world.repository.history()) == 1


async def test_drift_ends_in_one_commit() -> None:
    """Persistent drift leads to one Job, one version, one commit and its aliases."""
    world = await promoted()
    status = world.status
    assert "uri: models:/ranger/2  # one line" in world.value
    assert len(world.repository.history()) == 2
    aliases = world.mlflow.models["ranger"].aliases
    assert aliases == {"champion": "2"}
    assert world.mlflow.models["ranger"].versions["2"].stage == "Production"
    assert status.promotion is not None
    assert status.promotion.state == "Done"
    assert status.versions.serving == "2"
    assert world.condition("Promoted") == ("True", "Done")
    assert world.condition("Deployed") == ("Unknown", "NotObserved")
    assert status.episode is not None
    assert status.episode.outcome == "Promoted"


async def test_quiet_is_quiet() -> None:
    """After the story ten passes write nothing anywhere."""
    world = await promoted()
    writes, pushes = world.cluster.status_writes, world.gits.pushes
    for _ in range(10):
        await world.look()
    assert (world.cluster.status_writes, world.gits.pushes) == (writes, pushes)


async def test_one_breach_is_not_enough() -> None:
    """A single drifted window starts nothing."""
    world = FakeWorld()
    await world.settle()
    await world.check(CALM, DRIFT)
    assert world.status.episode is None
    assert world.running("training") == []


@pytest.mark.parametrize("between", [Verdict.INCONCLUSIVE, Verdict.DATA_QUALITY])
async def test_undecided_windows_occupy_their_slot(between: Verdict) -> None:
    """Drift, undecided, undecided, Drift is no persistence of 2 in 3."""
    world = FakeWorld()
    await world.settle()
    await world.check(DRIFT, between, between)
    await world.check(DRIFT)
    assert world.status.episode is None


async def test_no_answer_is_an_error() -> None:
    """A check pod that leaves nothing makes the verdict Error, never NoDrift."""
    world = FakeWorld()
    await world.settle()
    await world.finish_check("", failed=True)
    await world.wait(seconds=1)
    assert world.status.drift.verdict == "Error"
    assert world.condition("DriftDetected")[0] == "Unknown"
    assert world.condition("Ready")[0] == "False"


async def test_reverted_while_down_is_not_promoted_again() -> None:
    """Our commit, taken back before we saw it land, is held, not fought."""
    world = await drifted()
    world.train()
    await world.wait(seconds=5)
    world.evaluate()
    old = world.repository.branches["main"].files["values.yaml"]
    for _ in range(20):
        await world.look()
        if len(world.repository.history()) == 2:
            break
    world.repository.commit({"values.yaml": old}, message="Revert: not tonight")
    world.restart()
    status = await world.wait(seconds=5)
    assert status.hold is not None
    assert status.hold.reason == "PromotionReverted"
    assert "uri: models:/ranger/1 " in world.value
    assert len(world.repository.history()) == 3
    assert world.mlflow.models["ranger"].aliases["champion"] == "1"


async def test_a_third_value_is_a_hold_that_says_who_and_what() -> None:
    """A person's other value stops automation and is named in the hold."""
    world = await promoted()
    theirs = world.value.replace("ranger/2", "ranger/7").encode()
    world.repository.commit({"values.yaml": theirs}, author="Ada")
    status = await world.wait(minutes=10)
    assert status.hold is not None
    assert status.hold.reason == "ValueChanged"
    assert "models:/ranger/7" in status.hold.message
    assert "Ada" in status.hold.message
    assert status.phase == "Held"


async def test_a_hold_ends_by_its_name() -> None:
    """Annotating the hold's ID releases it; another text does not."""
    world = await promoted()
    theirs = world.value.replace("ranger/2", "ranger/1").encode()
    world.repository.commit({"values.yaml": theirs})
    status = await world.wait(minutes=10)
    assert status.hold is not None
    world.cluster.annotate(NAMESPACE, NAME, release="nonsense")
    assert (await world.wait(minutes=1)).hold is not None
    world.cluster.annotate(NAMESPACE, NAME, release=status.hold.id)
    status = await world.wait(minutes=1)
    assert status.hold is None
    assert world.condition("Adopted") == ("False", "ValueAliasDisagree")
    world.mlflow.models["ranger"].aliases["champion"] = "1"
    await world.wait(minutes=10)
    assert world.condition("Adopted") == ("True", "Adopted")


async def test_too_few_labels_wait() -> None:
    """An evaluation without enough rows is repeated until there are enough."""
    world = await drifted()
    world.train()
    await world.wait(seconds=5)
    missing = CheckError("NotEnoughRows", "40 of at least 100 rows: 60 missing")
    world.evaluate(error=missing)
    status = await world.wait(seconds=5)
    assert status.evaluation is not None
    assert status.evaluation.state == "Waiting"
    assert status.waiting_for == "more labeled rows"
    assert "60 missing" in (status.evaluation.message or "")
    await world.wait(seconds=20)
    world.evaluate()
    await world.wait(seconds=5)
    assert world.condition("Promoted") == ("True", "Done")


async def test_a_tie_keeps_the_champion() -> None:
    """An interval that reaches zero promotes nothing and says so."""
    world = await drifted()
    world.train()
    await world.wait(seconds=5)
    world.evaluate(lower=-0.1)
    status = await world.wait(seconds=5)
    assert status.evaluation is not None
    assert status.evaluation.state == "Rejected"
    assert status.attempt is not None
    assert status.attempt.state == "Rejected"
    assert len(world.repository.history()) == 1
    assert world.condition("Retraining") == ("False", "Cooldown")


async def test_a_missing_cut_off_is_inconclusive() -> None:
    """Without the champion's training cut-off nothing is compared."""
    world = FakeWorld()
    versions = world.mlflow.models["ranger"].versions
    versions["1"] = replace(versions["1"], tags={})
    await world.settle()
    await world.check(DRIFT, DRIFT)
    world.train()
    status = await world.wait(seconds=5)
    assert status.evaluation is not None
    assert status.evaluation.state == "Inconclusive"
    assert status.evaluation.reason == "HoldoutOverlap"
    assert world.running("evaluation") == []


async def test_training_without_a_version_fails() -> None:
    """A Job that succeeds without registering is a failed attempt, and says why."""
    world = await drifted()
    world.train(version=False)
    await world.wait(seconds=5)
    status = await world.wait(minutes=2)
    assert status.attempt is not None
    assert (status.attempt.state, status.attempt.reason) == ("Failed", "NoVersion")


async def test_a_vanished_job_that_registered_is_not_run_again() -> None:
    """The version counts, also when its Job is gone."""
    world = await drifted()
    world.train()
    world.cluster.jobs = {
        k: j for k, j in world.cluster.jobs.items() if "-train-" not in k[1]
    }
    status = await world.wait(seconds=5)
    assert status.attempt is not None
    assert status.attempt.state == "Registered"
    assert sum("-train-" in name for name in world.cluster.created_jobs) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mode": "Observe"}, "ModeObserve"),
        ({"mode": "Recommend"}, "Recommended"),
    ],
)
async def test_lesser_modes_start_nothing(change: dict[str, str], reason: str) -> None:
    """Observe and Recommend open the episode and say why nothing is started."""
    world = FakeWorld(spec(**change))
    await world.settle()
    status = await world.check(DRIFT, DRIFT)
    assert status.episode is not None
    assert world.condition("Retraining") == ("False", reason)
    assert world.running("training") == []


async def test_suspend_stops_checks_and_actions() -> None:
    """With suspend the CronJob is suspended and nothing starts."""
    world = await drifted()
    world.cluster.put_object(NAMESPACE, NAME, spec(suspend=True))
    await world.wait(seconds=5)
    assert world.cluster.cronjobs[NAMESPACE, f"{NAME}-check"]["spec"]["suspend"]
    assert world.status.phase == "Suspended"


async def test_a_request_token_acts_once() -> None:
    """One annotation starts one check, also after a restart."""
    world = FakeWorld()
    await world.settle()
    world.cluster.annotate(NAMESPACE, NAME, check="now-please")
    await world.settle()
    world.restart()
    await world.settle()
    assert len(world.cluster.created_jobs) == 1
    assert world.status.requests.check == "now-please"


async def test_the_budget_holds() -> None:
    """After three attempts in a week there is no fourth."""
    world = FakeWorld()
    await world.settle()
    for _ in range(4):
        await world.check(DRIFT, DRIFT)
        if world.running("training"):
            world.train(version=False)
        await world.wait(minutes=2)
        await world.wait(hours=25)
    assert sum("-train-" in name for name in world.cluster.created_jobs) == 3
    assert world.condition("Retraining") == ("False", "BudgetExhausted")


async def test_git_away_is_named_and_nothing_untrue_is_claimed() -> None:
    """With Git down the promotion waits; when it is back it lands once."""
    world = await drifted()
    world.train()
    await world.wait(seconds=5)
    world.gits.down = True
    world.evaluate()
    await world.wait(seconds=5)
    assert world.condition("InputsHealthy")[0] == "False"
    assert world.condition("Promoted")[0] == "False"
    world.gits.down = False
    await world.wait(minutes=10)
    assert world.condition("Promoted") == ("True", "Done")
    assert len(world.repository.history()) == 2


async def test_a_lost_push_answer_is_found_in_the_history() -> None:
    """A push that was applied without an answer is not repeated."""
    world = await drifted()
    world.train()
    await world.wait(seconds=5)
    world.gits.lose_answers = 1
    world.evaluate()
    await world.wait(seconds=5)
    await world.wait(minutes=1)
    assert world.condition("Promoted") == ("True", "Done")
    assert len(world.repository.history()) == 2


async def test_a_refused_file_is_named() -> None:
    """A values file without the key stops adoption with the reason."""
    world = FakeWorld()
    world.repository.commit({"values.yaml": b"model: {}\n"})
    await world.settle()
    assert world.condition("Adopted") == ("False", "KeyMissing")
    assert world.condition("Ready") == ("False", "KeyMissing")


async def test_an_invalid_spec_is_stalled_until_mended() -> None:
    """A spec that only the controller can refuse is Stalled, and heals."""
    world = FakeWorld(spec(drift={"schedule": "0 0 30 2 *"}))
    await world.look()
    assert world.condition("Stalled") == ("True", "InvalidSpec")
    world.cluster.put_object(NAMESPACE, NAME, spec())
    world.now += timedelta(seconds=5)
    await world.settle()
    assert world.condition("Stalled") == ("", "")


async def test_a_proven_candidate_waits_for_its_alias() -> None:
    """Between proof and proposal the column names the alias, not the next check."""
    world = await drifted()
    world.train()
    await world.wait(seconds=5)
    world.evaluate()
    while (await world.look()).plan is not None:
        if world.status.evaluation and world.status.evaluation.state == "Passed":
            break
    assert world.status.phase == "Promoting"
    assert world.status.waiting_for == "candidate alias to move"


async def test_a_status_of_another_version_is_only_looked_at() -> None:
    """An unknown layout stops everything but one Event, until it is gone."""
    world = await drifted()
    held = world.cluster.objects[NAMESPACE, NAME]
    held["status"]["schemaVersion"] = SCHEMA_VERSION + 1
    before = deepcopy(held["status"])
    world.train()
    writes, events = world.cluster.status_writes, len(world.cluster.events)
    jobs = set(world.cluster.jobs)
    for _ in range(3):
        result = await world.look()
        assert result.wake_at >= world.now + timedelta(minutes=1)
    assert held["status"] == before
    assert (world.cluster.status_writes, set(world.cluster.jobs)) == (writes, jobs)
    told = [event["reason"] for event in list(world.cluster.events.values())[events:]]
    assert told == ["UnknownSchemaVersion"]
    world.restart()
    await world.look()
    assert len(world.cluster.events) == events + 1
    held["status"]["schemaVersion"] = SCHEMA_VERSION
    status = await world.wait(seconds=5)
    assert status.attempt is not None
    assert status.attempt.state == "Registered"
