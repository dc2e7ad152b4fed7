"""Reports what a deleted object leaves behind, before kopf removes its finalizer.

A deletion waits for the report for at most `LIMIT` seconds. If the API server does
not answer, the log alone has the record.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from killick.errors import KillickError
from killick.names import FINALIZER, ObjectName
from killick.plan.report.finalization import released
from killick.record.events import emit_events
from killick.world import World

log = logging.getLogger("killick.runtime.finalization")
LIMIT = 5.0  # seconds; kopf waits for this handler before it removes the finalizer


class FinalizationReporter:
    """Reports once for each object that is deleted."""

    def __init__(self, limit: float = LIMIT) -> None:
        self._limit = limit
        self._reported: set[str] = set()

    async def report(
        self, world: World, name: ObjectName, body: Mapping[str, Any], now: datetime
    ) -> None:
        """Report what the object leaves, if it is being deleted and has our finalizer.

        Never raises, and ends within the limit. `body` is the object as a watch event
        showed it.
        """
        metadata = body["metadata"]
        ours = FINALIZER in (metadata.get("finalizers") or ())
        if not (metadata.get("deletionTimestamp") and ours and world.leading()):
            return
        if metadata["uid"] in self._reported:
            return
        self._reported.add(metadata["uid"])
        manifest = dict(body)
        error = None
        try:
            async with asyncio.timeout(self._limit):
                manifest = await _fresh(world, name, manifest)
                decision = released(name, metadata["uid"], manifest.get("status"))
                moment = now.astimezone(UTC).replace(microsecond=0)
                world.require_leader()
                await emit_events(world.ports.cluster, manifest, [decision], moment)
        except KillickError as failure:
            error = f"{failure.reason}: {failure.message}"
        except TimeoutError:
            error = "the API server did not answer in time"
        decision = released(name, metadata["uid"], manifest.get("status"))
        fields = {"object": str(name), "left": decision.message, "event_error": error}
        known = {key: value for key, value in fields.items() if value is not None}
        log.info("Object released", extra=known)

    def forget(self, uid: str) -> None:
        """Drop the record of an object that is gone."""
        self._reported.discard(uid)


async def _fresh(
    world: World, name: ObjectName, body: dict[str, Any]
) -> dict[str, Any]:
    """Read the object again: its last intent may be newer than the watch event."""
    fresh = await world.ports.cluster.get_model_deployment(name.namespace, name.name)
    same = fresh is not None and fresh["metadata"]["uid"] == body["metadata"]["uid"]
    return fresh if fresh is not None and same else body
