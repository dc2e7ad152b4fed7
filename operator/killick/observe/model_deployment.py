"""The object itself: what a pass depends on besides spec and status."""

from __future__ import annotations

from killick.cluster.port import ClusterPort, Manifest
from killick.plan.facts import ObjectFacts
from killick.resource.codec import parse_time
from killick.resource.status import Status, status_dict


def object_facts(manifest: Manifest) -> ObjectFacts:
    """Return what the metadata say."""
    metadata = manifest["metadata"]
    return ObjectFacts(
        generation=int(metadata.get("generation") or 0),
        annotations=dict(metadata.get("annotations") or {}),
        deleting=metadata.get("deletionTimestamp") is not None,
        created_at=parse_time(metadata["creationTimestamp"]),
    )


async def changed_since_read(
    cluster: ClusterPort, manifest: Manifest, status: Status
) -> bool:
    """Return whether the object is not any more as a pass has left it.

    `manifest` is what the pass read, `status` what it wrote. Raises KillickError if
    the object cannot be read.

    To be asked just before an effect: names and expected values make it harmless
    that one is done twice, but not for ever. A Job is tidied away, a person moves an
    alias back, and an operator that was frozen may come much later.
    """
    metadata = manifest["metadata"]
    found = await cluster.get_model_deployment(metadata["namespace"], metadata["name"])
    if found is None or found["metadata"]["uid"] != metadata["uid"]:
        return True
    if found.get("status") != status_dict(status):
        return True
    return object_facts(found) != object_facts(manifest)
