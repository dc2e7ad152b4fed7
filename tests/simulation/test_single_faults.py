"""A part of the sweep, small enough for every change; `make simulation` does it all."""

from tests.simulation.engine.sweep import sweep, writes_and_deaths
from tests.simulation.engine.wire import CRASHES, Call, Fault
from tests.simulation.stories.catalog import FULL, SCENARIOS


def deaths(call: Call, fault: Fault) -> bool:
    """Want each death that differs from the others."""
    return fault in CRASHES and writes_and_deaths(call, fault)


def every_ninth(call: Call, fault: Fault) -> bool:
    """Want each fault at every ninth call that writes, each at other ones."""
    position = list(Fault).index(fault)
    return (call.number + position) % 9 == 0 and call.write


def a_few(call: Call, fault: Fault) -> bool:
    """Want a few of all."""
    return (call.number + 41 * list(Fault).index(fault)) % 2300 == 0


def test_the_operator_dies_anywhere_in_the_full_story() -> None:
    """Before and after every write, and in every pass: each effect once."""
    report = sweep([FULL], deaths)
    assert [(f.replay, f.violation) for f in report.failures] == []
    assert len(report.results) > 100


def test_any_answer_to_a_write() -> None:
    """Whatever a write is answered, the story ends as without it."""
    report = sweep([FULL], every_ninth)
    assert [(f.replay, f.violation) for f in report.failures] == []
    assert len({result.fault for result in report.results}) >= 10


def test_some_of_everything() -> None:
    """A few plans of every story."""
    report = sweep(SCENARIOS, a_few)
    assert [(f.replay, f.violation) for f in report.failures] == []
    assert len(report.baselines) == len(SCENARIOS)
