"""What was recorded of logs in a real PostgreSQL is what the product does."""

import pytest

from tests.corpus.behaviour.difference import told
from tests.corpus.behaviour.suites import SERVED, compare


@pytest.mark.parametrize("suite", SERVED)
def test_behaviour_with_a_server_is_as_recorded(suite: str) -> None:
    """Every case gives what was recorded, but for the renames that are declared."""
    found = compare(suite)
    assert not found, told(found)
