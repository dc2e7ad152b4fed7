"""Every seeded bug is noticed, by the story and fault that its row names."""

from pathlib import Path

import pytest

from tests.simulation.mutants.catalog import MUTANTS
from tests.simulation.mutants.killers import KILLERS, hunt, sound
from tests.simulation.mutants.mutation import Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_is_killed(mutant: Mutant) -> None:
    """The operator with this bug violates something, and without it nothing."""
    found = hunt(mutant)
    assert KILLERS[mutant.name].part in found.violation
    assert sound(mutant, found).violation == ""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_is_documented(mutant: Mutant) -> None:
    """docs/contributing/simulator.md says by what each bug is killed."""
    page = Path("docs/contributing/simulator.md").read_text()
    story = KILLERS[mutant.name].story
    assert f"| {mutant.bug_class} | {mutant.name} | {story}" in page


def test_there_are_enough() -> None:
    """At least 30 bugs, of all classes of reliability.md but the clock's (16)."""
    assert len(MUTANTS) >= 30
    assert {mutant.bug_class for mutant in MUTANTS} == {*range(1, 19)} - {16}
    assert set(KILLERS) == {mutant.name for mutant in MUTANTS}
