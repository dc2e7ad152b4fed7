"""The only place that writes a status."""

from __future__ import annotations

from killick.cluster.port import ClusterPort, Manifest
from killick.resource.status import Status, status_dict


async def write_status(
    cluster: ClusterPort, manifest: Manifest, status: Status
) -> bool:
    """Write the status if it differs; return whether it was written.

    `manifest` is the object of this pass: its resourceVersion is the lock, and
    Conflict ends the pass.
    """
    wanted = status_dict(status)
    if manifest.get("status") == wanted:
        return False
    await cluster.write_status({**manifest, "status": wanted})
    return True
