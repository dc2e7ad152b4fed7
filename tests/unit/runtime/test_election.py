"""Who may act: the rule as a table, and candidates that take turns by it."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from killick.cluster.lease import LeaseRecord
from killick.errors import Conflict, Unavailable
from killick.runtime.election import DEADLINE, NEVER, Election, claimed, may_hold
from tests.fakes.lease import FakeLease

SECONDS = 15
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
AWAY = Unavailable("no answer", "APIServerUnreachable")


@dataclass
class Clock:
    """A clock that the test moves."""

    now: float = 1000.0

    def __call__(self) -> float:
        """Return the seconds that it shows."""
        return self.now


def candidate(lease: FakeLease, name: str, clock: Clock) -> Election:
    """Return one that never led."""
    return Election(lease, name, SECONDS, clock)


@pytest.mark.parametrize(
    ("holder", "unchanged_for", "allowed"),
    [
        ("", 0, True),
        ("me", 0, True),
        ("me", 99, True),
        ("you", 0, False),
        ("you", SECONDS - 0.1, False),
        ("you", SECONDS, True),
    ],
)
def test_the_rule(holder: str, unchanged_for: float, allowed: bool) -> None:
    """Free, our own, or unchanged for its duration: else it is another's."""
    record = LeaseRecord(holder, SECONDS)
    assert may_hold(record, "me", 500.0, 500.0 + unchanged_for) is allowed


def test_a_lease_that_was_never_seen_to_change_is_waited_for() -> None:
    """Its age by the holder's clock says nothing: only what we see counts."""
    old = LeaseRecord("you", SECONDS, renewed_at=NOW - timedelta(days=30))
    assert not may_hold(old, "me", 500.0, 501.0)


def test_taking_and_renewing() -> None:
    """Taking counts a transition; renewing keeps when it was acquired."""
    taken = claimed(LeaseRecord("you", 5, NOW, NOW, 7), "me", SECONDS, NOW)
    assert taken == LeaseRecord("me", SECONDS, NOW, NOW, 8)
    later = NOW + timedelta(seconds=4)
    renewed = claimed(taken, "me", SECONDS, later)
    assert renewed == replace(taken, renewed_at=later)


async def test_one_of_two_leads() -> None:
    """The second waits for as long as the first renews."""
    lease, clock = FakeLease(), Clock()
    one, two = candidate(lease, "one", clock), candidate(lease, "two", clock)
    assert not one.leading
    assert await one.attempt()
    for _ in range(20):
        clock.now += 4
        assert await one.attempt()
        assert not await two.attempt()


async def test_two_at_once() -> None:
    """Of two that read the free Lease together only one leads."""
    lease, clock = FakeLease(), Clock()
    pair = [candidate(lease, name, clock) for name in ("one", "two")]
    assert sorted(await asyncio.gather(*(one.attempt() for one in pair))) == [
        False,
        True,
    ]


async def test_nobody_leads_while_another_may_still_act() -> None:
    """A leader that vanished has stopped long before the next begins."""
    lease, clock = FakeLease(), Clock()
    one, two = candidate(lease, "one", clock), candidate(lease, "two", clock)
    await one.attempt()
    led_until = led_from = None
    for _ in range(40):
        assert not (one.leading and two.leading)
        clock.now += 0.5
        led_until = clock.now if one.leading else led_until
        if led_from is None and await two.attempt():
            led_from = clock.now
    assert led_until is not None
    assert led_from is not None
    assert led_until <= 1000 + SECONDS * DEADLINE
    assert led_from >= 1000 + SECONDS


async def test_a_leader_that_was_frozen_does_not_go_on() -> None:
    """After it wakes it neither leads nor takes the Lease back."""
    lease, clock = FakeLease(), Clock()
    one, two = candidate(lease, "one", clock), candidate(lease, "two", clock)
    await one.attempt()
    await two.attempt()
    clock.now += SECONDS
    assert await two.attempt()
    assert not one.leading
    assert not await one.attempt()
    assert two.leading


@pytest.mark.parametrize("way", ["down", "silent"])
async def test_without_an_api_server_it_stops_in_time(way: str) -> None:
    """Whether it refuses or says nothing: two thirds of the duration, no more."""
    lease, clock = FakeLease(), Clock()
    one = Election(lease, "one", 3, clock)
    await one.attempt()
    began = clock.now
    lease.down, lease.silent = (AWAY if way == "down" else None), way == "silent"
    lost: list[float] = []

    async def passing() -> None:
        while not lost:
            clock.now += 0.5
            await asyncio.sleep(0.05)

    moving = asyncio.create_task(passing())
    await one.keep(lambda: lost.append(clock.now))
    await moving
    assert not one.leading
    assert lost[0] >= began
    assert lease.writes == 1


async def test_a_lost_race_is_no_lead() -> None:
    """A Conflict at the write means that another was faster."""
    lease, clock = FakeLease(), Clock()
    lease.down = Conflict("the Lease changed")
    assert not await candidate(lease, "one", clock).attempt()


async def test_letting_go() -> None:
    """The next one need not wait; who let go does not lead any more."""
    lease, clock = FakeLease(), Clock()
    one, two = candidate(lease, "one", clock), candidate(lease, "two", clock)
    await one.attempt()
    assert not await two.attempt()
    await one.release()
    assert not one.leading
    assert await two.attempt()
    writes = lease.writes
    await one.release()
    assert lease.writes == writes
    assert two.leading


async def test_letting_go_takes_nothing_from_another() -> None:
    """A Lease that another holds by now stays with it."""
    lease, clock = FakeLease(), Clock()
    one = candidate(lease, "one", clock)
    await one.attempt()
    lease.manifest = {
        "metadata": {"resourceVersion": "9"},
        "spec": {"holderIdentity": "two", "leaseDurationSeconds": SECONDS},
    }
    await one.release()
    assert (await lease.read()).holder == "two"


def test_the_start_leads_nothing() -> None:
    """Before the first attempt nobody may act, whatever the clock shows."""
    assert not Election(FakeLease(), "one", SECONDS, Clock(NEVER)).leading
