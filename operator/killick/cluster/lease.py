"""A Lease of `coordination.k8s.io`, as those who take turns by it use it.

Rights: leases get and update, by name, in the operator's own namespace. The Lease is
among the manifests; it is never created here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from killick.cluster.kube import KubeCluster
from killick.cluster.port import Manifest
from killick.errors import KillickError
from killick.reasons import Reason

LEASES = "/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/{name}"


@dataclass(frozen=True)
class LeaseRecord:
    """What a Lease says: who holds it, for how many seconds after `renewed_at`.

    An empty `holder` means that nobody does. `manifest` is the object it was read
    from, whose resourceVersion is the lock of the next write.
    """

    holder: str = ""
    seconds: int = 1
    acquired_at: datetime | None = None
    renewed_at: datetime | None = None
    transitions: int = 0
    manifest: Manifest = field(default_factory=dict, compare=False)


class LeasePort(Protocol):
    """One Lease. Raises `KillickError` as the cluster port does."""

    async def read(self) -> LeaseRecord:
        """The Lease from the API server itself; LeaseMissing if there is none."""
        ...

    async def write(self, record: LeaseRecord) -> None:
        """Replace it; Conflict if it changed since `record.manifest` was read."""
        ...


class KubeLease:
    """`LeasePort` on a real API server."""

    def __init__(self, cluster: KubeCluster, namespace: str, name: str) -> None:
        self._cluster = cluster
        self._path = LEASES.format(namespace=namespace, name=name)
        self._missing = (
            f"there is no Lease {namespace}/{name}: apply deploy/overlays/two-replicas"
        )

    async def read(self) -> LeaseRecord:
        """See the port."""
        try:
            return record_of(await self._cluster.request("GET", self._path))
        except KillickError as error:
            if error.reason == "NotFound":
                raise KillickError(self._missing, Reason.LEASE_MISSING) from None
            raise

    async def write(self, record: LeaseRecord) -> None:
        """See the port."""
        wanted = {**record.manifest, "spec": spec_of(record)}
        await self._cluster.request("PUT", self._path, wanted)


def record_of(manifest: Manifest) -> LeaseRecord:
    """Return what a Lease's manifest says; what it does not say is as at the start."""
    spec = manifest.get("spec") or {}
    return LeaseRecord(
        holder=spec.get("holderIdentity") or "",
        seconds=spec.get("leaseDurationSeconds") or 1,
        acquired_at=_time(spec.get("acquireTime")),
        renewed_at=_time(spec.get("renewTime")),
        transitions=spec.get("leaseTransitions") or 0,
        manifest=manifest,
    )


def spec_of(record: LeaseRecord) -> Manifest:
    """Return the spec of a Lease's manifest."""
    spec = {
        "holderIdentity": record.holder,
        "leaseDurationSeconds": record.seconds,
        "leaseTransitions": record.transitions,
    }
    moments = {"acquireTime": record.acquired_at, "renewTime": record.renewed_at}
    return spec | {key: _micro(at) for key, at in moments.items() if at}


def _micro(moment: datetime) -> str:
    """Return a metav1.MicroTime, which must have six digits after the point."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
