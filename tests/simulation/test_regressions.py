"""Bugs that the simulator found, each by the plan that showed it."""

import pytest

from tests.simulation.engine.run import Run, play
from tests.simulation.engine.wire import Fault
from tests.simulation.stories.catalog import FULL, SCENARIOS
from tests.simulation.stories.scenario import Scenario


def struck(fault: Fault, verb: str, *key: str) -> Run:
    """Play the full story with a fault at the last such call before the quiet."""
    calm = play(FULL)
    numbers = [
        call.number
        for call in calm.wire.calls[: calm.driver.story]
        if call.verb == verb and call.key[: len(key)] == key
    ]
    run = play(FULL, {numbers[-1]: fault})
    assert [met for _, met in run.wire.met] == [fault]
    assert run.outcome() == calm.outcome()
    return run


def named(name: str) -> Scenario:
    """Return a scenario by its name."""
    return next(scenario for scenario in SCENARIOS if str(scenario) == name)


@pytest.mark.parametrize(
    ("fault", "verb"),
    [
        (Fault.CRASH_AFTER, "set_alias"),
        (Fault.TIMEOUT_APPLIED, "set_alias"),
        (Fault.CRASH_BEFORE, "drop_alias"),
        (Fault.TIMEOUT_LOST, "drop_alias"),
    ],
)
def test_the_candidate_alias_does_not_stay_on_the_champion(
    fault: Fault, verb: str
) -> None:
    """Dying between the two aliases left the candidate's behind for good."""
    assert struck(fault, verb, "ranger").violation == ""


def test_one_404_does_not_end_the_passes() -> None:
    """An object that was said to be gone once was never looked at again."""
    assert struck(Fault.MISSING, "get_model_deployment").violation == ""


def test_one_old_alias_opens_no_hold() -> None:
    """The champion before our own move, read once more, was taken for a person's."""
    assert struck(Fault.STALE, "by_alias", "ranger", "champion").violation == ""


def test_an_older_list_of_pods_repeats_no_evaluation() -> None:
    """A Job seen as ended, beside pods from before its end, was judged as silent."""
    calm = play(FULL)
    for call in calm.wire.calls[: calm.driver.story]:
        if call.verb == "list_pods":
            run = play(FULL, {call.number: Fault.STALE})
            assert (run.violation, run.outcome()) == ("", calm.outcome())


def test_an_event_outlives_the_operator() -> None:
    """Who died between a status and its Event left it untold for good."""
    calm = play(FULL)
    events = [call for call in calm.wire.calls if call.verb == "create_event"]
    for call in events:
        run = play(FULL, {call.number: Fault.CRASH_BEFORE})
        assert run.violation == ""
        assert calm.world.cluster.events.keys() <= run.world.cluster.events.keys()
    assert len(events) >= 10


def test_an_event_outlives_a_status_that_was_answered_late() -> None:
    """A status write that was answered by a time-out was never reported."""
    calm = play(FULL)
    for call in calm.wire.calls:
        if call.verb == "write_status":
            run = play(FULL, {call.number: Fault.TIMEOUT_APPLIED})
            assert run.violation == ""
            assert calm.world.cluster.events.keys() <= run.world.cluster.events.keys()


def test_a_wish_in_broken_seconds_makes_no_busy_loop() -> None:
    """An effect that was due half a second later was planned twenty times at once."""
    calm = play(FULL)
    first = next(c.number for c in calm.wire.calls if c.verb == "create_event")
    assert play(FULL, {first: Fault.TOO_MANY}).violation == ""


@pytest.mark.parametrize("fault", [Fault.BROKEN_SERVER, Fault.BROKEN_BODY])
@pytest.mark.parametrize("verb", ["list_jobs", "get_secret", "read", "run"])
def test_a_failed_read_is_repeated_soon(fault: Fault, verb: str) -> None:
    """After one failed read the next look was up to six minutes away."""
    assert struck(fault, verb).violation == ""


@pytest.mark.parametrize(
    "moment",
    ["running", "registered", "evaluating", "passed", "proposed", "landed", "deployed"],
)
def test_a_lost_status_trains_once_and_promotes_once(moment: str) -> None:
    """It trained again within the cooldown, or waited for a person forever."""
    run = play(named(f"status erased@{moment}"))
    assert run.violation == ""
    assert len(run.world.repository.history()) == 2


def test_what_is_taken_up_is_asked_about_before_it_is_judged() -> None:
    """A training that had ended by the time of its recovery was said to have failed."""
    story = named("status erased@running")
    refused = [c.number for c in play(story).wire.calls if c.verb == "write_status"]
    for number in refused:
        assert play(story, {number: Fault.TOO_MANY}).violation == ""
    assert len(refused) >= 10


def test_a_vanished_job_has_the_registrys_grace() -> None:
    """A version that the search showed late was lost with its vanished Job."""
    assert play(named("training Job vanishes, search lags")).violation == ""


def test_a_clock_an_hour_ahead_finds_its_version() -> None:
    """A version registered "before" its attempt began was not looked for."""
    calm = play(FULL)
    first = next(c.number for c in calm.wire.calls if c.verb == "write_status")
    run = play(FULL, {first: Fault.HOUR_ON})
    assert run.violation == ""
    assert run.world.value("ranger") == "models:/ranger/2"
