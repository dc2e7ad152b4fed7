"""What every Lease does, in memory and on the API server."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from killick.cluster.lease import LeasePort, LeaseRecord
from killick.errors import Conflict, KillickError

NOW = datetime(2026, 3, 10, 12, 0, 0, 250_000, tzinfo=UTC)


class LeaseContract:
    """Subclasses have the fixtures `lease`, one that nobody held, and `missing`."""

    async def test_a_new_lease_is_nobodys(self, lease: LeasePort) -> None:
        """A Lease as the manifests make it has no holder."""
        assert await lease.read() == LeaseRecord()

    async def test_what_is_written_is_read(self, lease: LeasePort) -> None:
        """Every field survives, times to the microsecond."""
        wanted = replace(
            await lease.read(),
            holder="one",
            seconds=15,
            acquired_at=NOW,
            renewed_at=NOW,
            transitions=3,
        )
        await lease.write(wanted)
        assert await lease.read() == wanted

    async def test_the_second_of_two_writers_loses(self, lease: LeasePort) -> None:
        """Of two who read the same Lease only one can write it."""
        first, second = await lease.read(), await lease.read()
        await lease.write(replace(first, holder="one"))
        with pytest.raises(Conflict):
            await lease.write(replace(second, holder="two"))
        assert (await lease.read()).holder == "one"

    async def test_it_can_be_let_go(self, lease: LeasePort) -> None:
        """A Lease without a holder is stored as one."""
        await lease.write(replace(await lease.read(), holder="one", seconds=15))
        await lease.write(replace(await lease.read(), holder="", seconds=1))
        assert await lease.read() == LeaseRecord()

    async def test_none_is_named(self, missing: LeasePort) -> None:
        """A Lease that does not exist is an error that says so; it is not created."""
        for _ in range(2):
            with pytest.raises(KillickError) as caught:
                await missing.read()
            assert caught.value.reason == "LeaseMissing"
