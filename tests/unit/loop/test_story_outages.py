"""The story when something is away, lost or refused."""

from copy import deepcopy
from datetime import timedelta

from killick.resource.status import SCHEMA_VERSION
from tests.fakes.world import NAME, NAMESPACE, FakeWorld, spec
from tests.unit.loop.begun_stories import drifted


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
