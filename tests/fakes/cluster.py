"""A Kubernetes API server in memory, as far as the cluster port goes.

It shares with the real one: uids, resourceVersions that guard a status write,
generations that only a spec change raises, AlreadyExists on create, a delete that
names a uid, and Secrets as bytes. It runs nothing: tests finish the Jobs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from killick.cluster.port import Manifest
from killick.errors import Conflict, KillickError
from killick.names import LABEL_OBJECT

Key = tuple[str, str]
DONE = {"exitCode": 0, "reason": "Completed"}
T = TypeVar("T")


class FakeCluster:
    """`ClusterPort` in memory."""

    def __init__(self, now: Callable[[], datetime] | None = None) -> None:
        self.now = now or (lambda: datetime(2026, 1, 1, tzinfo=UTC))
        self.objects: dict[Key, Manifest] = {}
        self.cronjobs: dict[Key, Manifest] = {}
        self.jobs: dict[Key, Manifest] = {}
        self.pods: dict[Key, Manifest] = {}
        self.secrets: dict[Key, dict[str, str]] = {}
        self.events: dict[Key, Manifest] = {}
        self.created_jobs: list[str] = []
        self.status_writes = 0
        self.down: KillickError | None = None
        self._count = itertools.count(1)

    # What people and controllers do.

    def put_object(self, namespace: str, name: str, spec: dict[str, Any]) -> Manifest:
        """Create the ModelDeployment, or change its spec."""
        key = (namespace, name)
        old = self.objects.get(key)
        metadata = self._metadata(namespace, name)
        if old:
            metadata = {**old["metadata"], "resourceVersion": str(next(self._count))}
            metadata["generation"] = old["metadata"]["generation"] + 1
        status = old["status"] if old else {"observedGeneration": -1}
        self.objects[key] = {"metadata": metadata, "spec": spec, "status": status}
        return self.objects[key]

    def annotate(self, namespace: str, name: str, **annotations: str) -> None:
        """Set annotations below killick.dev/."""
        metadata = self.objects[namespace, name]["metadata"]
        own = metadata.setdefault("annotations", {})
        own.update({f"killick.dev/{k}": v for k, v in annotations.items()})
        metadata["resourceVersion"] = str(next(self._count))

    def put_cronjob(self, manifest: Manifest) -> None:
        """Create a CronJob of somebody else, such as the training template."""
        metadata = manifest["metadata"]
        made = {**self._metadata(metadata["namespace"], metadata["name"]), **metadata}
        key = (metadata["namespace"], metadata["name"])
        self.cronjobs[key] = {**manifest, "metadata": made}

    def finish_job(
        self,
        namespace: str,
        name: str,
        *,
        container: str = "check",
        message: str = "",
        failed: bool = False,
        rows: str = "",
    ) -> None:
        """End a Job as its controller would, with one pod that left a message.

        `rows` is the message of the evaluation's container of that name.
        """
        job = self.jobs[namespace, name]
        moment = self.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        kind = "Failed" if failed else "Complete"
        condition = {"type": kind, "status": "True", "lastTransitionTime": moment}
        job["status"] = {"conditions": [condition]}
        if not failed:
            job["status"]["completionTime"] = moment
        ended = {"exitCode": int(failed), "message": message}
        ended["reason"] = "Error" if failed else "Completed"
        metadata = self._metadata(namespace, f"{name}-pod")
        metadata["labels"] = dict(job["metadata"]["labels"])
        owner = {"kind": "Job", "uid": job["metadata"]["uid"], "controller": True}
        metadata["ownerReferences"] = [owner]
        status = {"name": container, "state": {"terminated": ended}}
        before = {"name": "rows", "state": {"terminated": {**DONE, "message": rows}}}
        self.pods[namespace, f"{name}-pod"] = {
            "metadata": metadata,
            "status": {
                "containerStatuses": [status],
                "initContainerStatuses": [before] if rows else [],
            },
        }

    # The port.

    async def get_model_deployment(self, namespace: str, name: str) -> Manifest | None:
        """See the port."""
        self._reach()
        return _copy(self.objects.get((namespace, name)))

    async def write_status(self, manifest: Manifest) -> None:
        """See the port."""
        self._reach()
        metadata = manifest["metadata"]
        held = self.objects.get((metadata["namespace"], metadata["name"]))
        if held is None:
            raise KillickError("no such object", "NotFound")
        if held["metadata"]["resourceVersion"] != metadata["resourceVersion"]:
            raise Conflict("the object has been modified")
        held["status"] = _copy(manifest["status"])
        held["metadata"]["resourceVersion"] = str(next(self._count))
        self.status_writes += 1

    async def get_cronjob(self, namespace: str, name: str) -> Manifest | None:
        """See the port."""
        self._reach()
        return _copy(self.cronjobs.get((namespace, name)))

    async def list_jobs(self, namespace: str, owner: str) -> list[Manifest]:
        """See the port."""
        self._reach()
        return _labeled(self.jobs, namespace, owner)

    async def list_pods(self, namespace: str, owner: str) -> list[Manifest]:
        """See the port."""
        self._reach()
        return _labeled(self.pods, namespace, owner)

    async def apply_cronjob(self, manifest: Manifest) -> None:
        """See the port."""
        self._reach()
        metadata = manifest["metadata"]
        key = (metadata["namespace"], metadata["name"])
        old = self.cronjobs.get(key, {}).get("metadata", {})
        made = {**self._metadata(*key), **old, **metadata}
        self.cronjobs[key] = {**_copy(manifest), "metadata": made}

    async def create_job(self, manifest: Manifest) -> None:
        """See the port."""
        self._reach()
        metadata = manifest["metadata"]
        key = (metadata["namespace"], metadata["name"])
        if key in self.jobs:
            raise Conflict(f"jobs {metadata['name']!r} already exists")
        made = {**self._metadata(*key), **metadata}
        self.jobs[key] = {**_copy(manifest), "metadata": made, "status": {}}
        self.created_jobs.append(metadata["name"])

    async def delete_job(self, namespace: str, name: str, uid: str) -> None:
        """See the port."""
        self._reach()
        held = self.jobs.get((namespace, name))
        if held and held["metadata"]["uid"] == uid:
            del self.jobs[namespace, name]
            self.pods.pop((namespace, f"{name}-pod"), None)

    async def get_secret(self, namespace: str, name: str) -> Mapping[str, str] | None:
        """See the port."""
        self._reach()
        return self.secrets.get((namespace, name))

    async def create_event(self, manifest: Manifest) -> None:
        """See the port."""
        self._reach()
        metadata = manifest["metadata"]
        self.events.setdefault((metadata["namespace"], metadata["name"]), manifest)

    def _reach(self) -> None:
        if self.down:
            raise self.down

    def _metadata(self, namespace: str, name: str) -> dict[str, Any]:
        number = next(self._count)
        return {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{number}",
            "generation": 1,
            "resourceVersion": str(number),
            "creationTimestamp": self.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


def _copy(value: T) -> T:
    """Return a copy of JSON data; some times faster than `copy.deepcopy`."""
    found: Any = value
    if isinstance(value, dict):
        found = {key: _copy(inner) for key, inner in value.items()}
    elif isinstance(value, list):
        found = [_copy(inner) for inner in value]
    return found  # type: ignore[no-any-return]


def _labeled(held: dict[Key, Manifest], namespace: str, owner: str) -> list[Manifest]:
    return [
        _copy(manifest)
        for (where, _), manifest in held.items()
        if where == namespace
        and (manifest["metadata"].get("labels") or {}).get(LABEL_OBJECT) == owner
    ]
