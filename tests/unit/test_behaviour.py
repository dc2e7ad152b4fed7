"""The product behaves as it was recorded: verdicts, answers, command line, plans."""

import pytest

from tests.corpus.behaviour.difference import told
from tests.corpus.behaviour.suites import SUITES, compare


@pytest.mark.parametrize("suite", SUITES)
def test_behaviour_is_as_recorded(suite: str) -> None:
    """Every case gives what was recorded, but for the renames that are declared."""
    found = compare(suite)
    assert not found, told(found)
