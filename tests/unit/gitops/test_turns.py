"""Turns are shared between hosts: bounded in all, bounded for each, in rotation."""

import asyncio

import pytest

from killick.gitops.turns import HostTurns


class Bench:
    """Holders of turns by name, which let go when they are told to."""

    def __init__(self, total: int, per_host: int) -> None:
        self.turns = HostTurns(total, per_host)
        self.order: list[str] = []
        self._release: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def ask(self, host: str, name: str) -> None:
        """Ask for a turn and let whoever may have one take it."""
        self._release[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._hold(host, name))
        await self.settle()

    async def _hold(self, host: str, name: str) -> None:
        async with self.turns.turn(host):
            self.order.append(name)
            await self._release[name].wait()

    async def release(self, name: str) -> None:
        """End a turn."""
        self._release[name].set()
        await self.settle()

    async def settle(self) -> None:
        """Let every task run until it waits."""
        for _ in range(10):
            await asyncio.sleep(0)


async def test_one_host_never_has_all_turns() -> None:
    """The second turn of a host waits though one is free; another host takes it."""
    bench = Bench(total=2, per_host=1)
    for name in ("a1", "a2", "b1"):
        await bench.ask(name[0], name)
    assert bench.order == ["a1", "b1"]
    await bench.release("b1")
    assert bench.order == ["a1", "b1"]
    await bench.release("a1")
    assert bench.order == ["a1", "b1", "a2"]


async def test_hosts_are_served_in_rotation() -> None:
    """A host with many requests does not put off the ones that came later."""
    bench = Bench(total=1, per_host=1)
    for name in ("a1", "a2", "a3", "b1", "c1", "b2"):
        await bench.ask(name[0], name)
    for name in ("a1", "b1", "c1", "a2", "b2", "a3"):
        assert bench.order[-1] == name
        await bench.release(name)


@pytest.mark.parametrize("has_turn", [True, False])
async def test_who_gives_up_holds_no_turn(has_turn: bool) -> None:
    """A cancelled holder, and a cancelled waiter, leave the turn to the next."""
    bench = Bench(total=1, per_host=1)
    for name in ("a1", "b1", "c1"):
        await bench.ask(name[0], name)
    bench.tasks["a1" if has_turn else "b1"].cancel()
    await bench.settle()
    if not has_turn:
        await bench.release("a1")
    assert bench.order[-1] == ("b1" if has_turn else "c1")
