"""Kubernetes Events, one per decision, so that `kubectl describe` tells the story.

Rights: events create.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from killick.cluster.port import ClusterPort, Manifest
from killick.names import API_VERSION, KIND, MANAGER
from killick.plan.report.events import Decision
from killick.resource.bounds import clip
from killick.resource.codec import format_time


async def emit_events(
    cluster: ClusterPort,
    manifest: Manifest,
    decisions: Iterable[Decision],
    now: datetime,
) -> None:
    """Create an Event for each decision; its name makes repeating harmless."""
    for decision in decisions:
        await cluster.create_event(event(manifest, decision, now))


def event(manifest: Manifest, decision: Decision, now: datetime) -> Manifest:
    """Return the Event of a decision."""
    metadata = manifest["metadata"]
    moment = format_time(now)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{metadata['name']}.{decision.id}",
            "namespace": metadata["namespace"],
        },
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata.get("resourceVersion"),
        },
        "type": decision.type,
        "reason": decision.reason,
        "message": clip(decision.message),
        "source": {"component": MANAGER},
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }
