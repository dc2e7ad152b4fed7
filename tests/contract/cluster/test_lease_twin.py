"""The Lease's contract on the twin."""

import pytest

from killick.cluster.lease import LeasePort
from tests.contract.cluster.lease_contract import LeaseContract
from tests.fakes.lease import FakeLease


class TestTwin(LeaseContract):
    """The contract in memory."""

    @pytest.fixture
    def lease(self) -> LeasePort:
        """A Lease that nobody held."""
        return FakeLease()

    @pytest.fixture
    def missing(self) -> LeasePort:
        """One that does not exist."""
        return FakeLease(manifest=None)
