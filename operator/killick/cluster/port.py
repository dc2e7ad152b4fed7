"""The Kubernetes API as Killick uses it: plain dictionaries, few verbs.

Every method raises `Unavailable` (no answer, or one that says later), `NotGranted`
(403), `Conflict` (409) or `KillickError` with the server's own words. None of these
carries a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

Manifest = dict[str, Any]


class ClusterPort(Protocol):
    """Reads and writes of one namespace at a time."""

    async def get_model_deployment(self, namespace: str, name: str) -> Manifest | None:
        """The object from the API server itself, never from a cache."""
        ...

    async def write_status(self, manifest: Manifest) -> None:
        """Replace the status; Conflict if the object changed since it was read."""
        ...

    async def get_cronjob(self, namespace: str, name: str) -> Manifest | None:
        """A CronJob, None if it does not exist."""
        ...

    async def list_jobs(self, namespace: str, owner: str) -> list[Manifest]:
        """The Jobs that carry our labels for the object `owner`."""
        ...

    async def list_pods(self, namespace: str, owner: str) -> list[Manifest]:
        """The pods that carry our labels for the object `owner`."""
        ...

    async def apply_cronjob(self, manifest: Manifest) -> None:
        """Apply on the server as our field manager, taking back what is ours."""
        ...

    async def create_job(self, manifest: Manifest) -> None:
        """Create a Job; Conflict if the name exists (compare the owner then)."""
        ...

    async def delete_job(self, namespace: str, name: str, uid: str) -> None:
        """Delete exactly this Job and its pods; nothing if it is gone."""
        ...

    async def get_secret(self, namespace: str, name: str) -> Mapping[str, str] | None:
        """The decoded keys of a Secret, None if it does not exist."""
        ...

    async def create_event(self, manifest: Manifest) -> None:
        """Create an Event; one that exists already is success."""
        ...
