"""Bugs of the cluster port. See docs/contributing/simulator.md for classes."""

from __future__ import annotations

from typing import Any, cast

from killick.cluster.port import ClusterPort, Manifest
from killick.errors import Conflict
from killick.resource.status import SCHEMA_VERSION
from tests.simulation.mutants.delegation import Call, mutated


async def _writes_under_the_present_version(call: Call) -> None:
    metadata = call.manifest["metadata"]
    held = call.port.twin.objects[metadata["namespace"], metadata["name"]]
    version = held["metadata"]["resourceVersion"]
    fresh = {**metadata, "resourceVersion": version}
    await call.pass_on(manifest={**call.manifest, "metadata": fresh})


unlocked = mutated(ClusterPort, write_status=_writes_under_the_present_version)
"""Class 1: a status is written whatever happened since it was read."""


async def _lists_jobs_as_owned(call: Call) -> list[Manifest]:
    held = call.port.twin.objects[call.namespace, call.owner]["metadata"]["uid"]
    jobs: list[Any] = await call.pass_on()
    for job in jobs:
        job["metadata"]["ownerReferences"] = [{"uid": held, "controller": True}]
    return list(jobs)


owns_all = mutated(ClusterPort, list_jobs=_lists_jobs_as_owned)
"""Class 14: whoever owns a Job, it is ours."""


async def _reads_every_layout_as_ours(call: Call) -> Manifest | None:
    manifest: Any = await call.pass_on()
    if manifest and "schemaVersion" in manifest.get("status", {}):
        manifest["status"]["schemaVersion"] = SCHEMA_VERSION
    return cast("Manifest | None", manifest)


reads_any = mutated(ClusterPort, get_model_deployment=_reads_every_layout_as_ours)
"""Class 17: a status of another version is read as our own."""


async def _creates_under_the_next_name(call: Call) -> None:
    try:
        await call.pass_on()
    except Conflict:
        metadata = call.manifest["metadata"]
        second = {**metadata, "name": f"{metadata['name']}-2"}
        await call.pass_on(manifest={**call.manifest, "metadata": second})


another_name = mutated(ClusterPort, create_job=_creates_under_the_next_name)
"""Class 18: a Job whose name is taken is created under the next one."""
