"""Drives the passes of every object: when to run, when to wait, what woke us.

One `drive` per object is the only writer of that object's status. Everything else
(watch events, requests) only sets its wake-up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from killick.loop import run_once
from killick.names import ObjectName
from killick.world import Memory, World

IMMEDIATE_LIMIT = 20  # passes in a row without a pause; more would be a busy loop
BUSY_PAUSE = 5.0  # seconds
LONGEST_WAIT = 600.0  # seconds
GONE_PAUSE = 30.0  # seconds until an object that is said to be gone is looked for


class WakeupQueue:
    """One wake-up per object, settable from any handler."""

    def __init__(self) -> None:
        self._events: dict[tuple[str, str], asyncio.Event] = {}
        self._seen: dict[tuple[str, str], Any] = {}

    def event(self, namespace: str, name: str) -> asyncio.Event:
        """Return the object's wake-up, making it if need be."""
        return self._events.setdefault((namespace, name), asyncio.Event())

    def wake(self, namespace: str, name: str) -> None:
        """Make the object's next pass run now; unknown objects are ignored."""
        event = self._events.get((namespace, name))
        if event:
            event.set()

    def object_seen(
        self, namespace: str, name: str, metadata: Mapping[str, Any]
    ) -> None:
        """Wake if the spec, an annotation or the deletion mark changed.

        Our own status writes change none of these.
        """
        facts = (
            metadata.get("uid"),
            metadata.get("generation"),
            dict(metadata.get("annotations") or {}),
            metadata.get("deletionTimestamp"),
        )
        if self._seen.get((namespace, name)) != facts:
            self._seen[namespace, name] = facts
            self.wake(namespace, name)

    def forget(self, namespace: str, name: str) -> None:
        """Drop what is kept for an object that is gone."""
        self._events.pop((namespace, name), None)
        self._seen.pop((namespace, name), None)


class LivenessTracker:
    """Which passes run, and since when: liveness notices a stuck one."""

    def __init__(self) -> None:
        self._running: dict[ObjectName, float] = {}

    def begin(self, name: ObjectName) -> None:
        """Note that a pass started."""
        self._running[name] = time.monotonic()

    def end(self, name: ObjectName) -> None:
        """Note that it ended."""
        self._running.pop(name, None)

    def stuck(self, limit: float) -> list[ObjectName]:
        """Return the objects whose pass has run for longer than `limit` seconds."""
        now = time.monotonic()
        return [name for name, since in self._running.items() if now - since > limit]


async def drive(
    world: World,
    name: ObjectName,
    liveness: LivenessTracker,
    wake: asyncio.Event,
    stopping: Callable[[], bool],
) -> None:
    """Run passes until kopf stops us: the object was deleted, or the operator ends.

    An answer that the object does not exist ends nothing: kopf would not start us
    again, and an API server that was just restored can be wrong for a moment.
    """
    memory = Memory()
    immediate = 0
    while not stopping():
        wake.clear()
        liveness.begin(name)
        try:
            with world.collector.pass_seconds.time():
                result = await run_once(world, name, memory, datetime.now(UTC))
        finally:
            liveness.end(name)
        pause = (result.wake_at - datetime.now(UTC)).total_seconds()
        if result.gone:
            pause = GONE_PAUSE
        immediate = immediate + 1 if pause <= 0 else 0
        if immediate >= IMMEDIATE_LIMIT:
            immediate, pause = 0, BUSY_PAUSE
        await _sleep(min(max(pause, 0.0), LONGEST_WAIT), wake)


async def _sleep(seconds: float, wake: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(wake.wait(), timeout=seconds)
    except TimeoutError:
        return
