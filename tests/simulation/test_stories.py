"""Every story ends as it must when nothing goes wrong, and however it is timed."""

import statistics

import pytest

from tests.simulation.engine.run import play
from tests.simulation.stories.catalog import FULL, SCENARIOS
from tests.simulation.stories.scenario import Scenario


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_story(scenario: Scenario) -> None:
    """The story ends, every invariant holds, and ten passes write nothing."""
    assert play(scenario).violation == ""


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_without_any_event(scenario: Scenario) -> None:
    """No watch event arrives, and concurrent reads end in another order."""
    assert play(scenario, deaf=True, order=1).violation == ""


@pytest.mark.parametrize("order", range(2, 8))
def test_order_of_reads(order: int) -> None:
    """The order in which concurrent reads end changes nothing."""
    run = play(FULL, order=order)
    assert (run.violation, run.outcome()) == ("", play(FULL).outcome())


def test_the_numbers() -> None:
    """The full story makes at least 40 calls, so that there is where to strike."""
    calls = [len(play(FULL, order=order).wire.calls) for order in range(3)]
    assert statistics.median(calls) >= 40
