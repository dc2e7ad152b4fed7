"""A Lease in memory, as the API server keeps it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from killick.cluster.lease import LeaseRecord, record_of, spec_of
from killick.cluster.port import Manifest
from killick.errors import Conflict, KillickError


@dataclass
class FakeLease:
    """`LeasePort` in memory; `down` and `silent` are a server that is away."""

    manifest: Manifest | None = field(
        default_factory=lambda: {
            "metadata": {"name": "killick", "resourceVersion": "1"}
        }
    )
    down: KillickError | None = None
    silent: bool = False
    writes: int = 0

    async def read(self) -> LeaseRecord:
        """See the port."""
        await self._answer()
        if self.manifest is None:
            raise KillickError("there is no Lease", "LeaseMissing")
        return record_of(self.manifest)

    async def write(self, record: LeaseRecord) -> None:
        """See the port."""
        await self._answer()
        held = self.manifest or {"metadata": {}}
        version = held["metadata"].get("resourceVersion")
        if record.manifest["metadata"].get("resourceVersion") != version:
            raise Conflict("the Lease changed")
        self.writes += 1
        metadata = {**held["metadata"], "resourceVersion": f"{int(version or 0) + 1}"}
        self.manifest = {"metadata": metadata, "spec": spec_of(record)}

    async def _answer(self) -> None:
        await asyncio.sleep(0)
        if self.silent:
            await asyncio.Event().wait()
        if self.down:
            raise self.down
