"""The last word on an object: what it leaves behind, told before it goes.

A deletion waits for this, but never for long, and never for an answer: whatever is
away, the log has the record.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from killick.errors import KillickError
from killick.loop import World
from killick.names import FINALIZER, ObjectName
from killick.plan.report.finalization import farewell
from killick.record.events import emit_events

log = logging.getLogger("killick.runtime.finalization")
LIMIT = 5.0  # seconds


class FinalizationReporter:
    """Says each object's last word once."""

    def __init__(self, limit: float = LIMIT) -> None:
        self._limit = limit
        self._said: set[str] = set()

    async def say(
        self, world: World, name: ObjectName, body: Mapping[str, Any], now: datetime
    ) -> None:
        """Tell what the object leaves, if it is being deleted and still ours to let go.

        Never raises, and ends within `LIMIT`. `body` is the object as it was last seen.
        """
        metadata = body["metadata"]
        ours = FINALIZER in (metadata.get("finalizers") or ())
        if not (metadata.get("deletionTimestamp") and ours and world.leading()):
            return
        if metadata["uid"] in self._said:
            return
        self._said.add(metadata["uid"])
        found = dict(body)
        error = ""
        try:
            async with asyncio.timeout(self._limit):
                found = await _fresh(world, name, found)
                told = farewell(name, metadata["uid"], found.get("status"))
                moment = now.astimezone(UTC).replace(microsecond=0)
                await emit_events(world.ports.cluster, found, [told], moment)
        except KillickError as failure:
            error = f"{failure.reason}: {failure.message}"
        except TimeoutError:
            error = "the API server did not answer in time"
        _log(name, farewell(name, metadata["uid"], found.get("status")).message, error)

    def forget(self, uid: str) -> None:
        """Drop what is kept for an object that is gone."""
        self._said.discard(uid)


async def _fresh(
    world: World, name: ObjectName, body: dict[str, Any]
) -> dict[str, Any]:
    """Read the object again: its last intent may be newer than what was seen."""
    fresh = await world.ports.cluster.get_model_deployment(name.namespace, name.name)
    same = fresh is not None and fresh["metadata"]["uid"] == body["metadata"]["uid"]
    return fresh if fresh is not None and same else body


def _log(name: ObjectName, message: str, error: str) -> None:
    """Write one line of JSON, so that text from outside cannot forge one."""
    facts = {"object": str(name), "result": "released", "message": message}
    log.info(json.dumps({**facts, **({"pending_events": error} if error else {})}))
