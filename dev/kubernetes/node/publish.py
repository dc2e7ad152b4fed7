"""Brings a pod's latest status to the API server, however long that takes."""

import asyncio
import logging
from collections.abc import Callable

from dev.kubernetes.node.api import OUTAGE, STRATEGIC, Api, ApiError
from dev.kubernetes.node.pod.spec import Json

_LOG = logging.getLogger("killick.node")
_LONGEST_WAIT = 5.0


class Publisher:
    """One writer per pod, so that statuses arrive in order; only the last counts."""

    def __init__(self, api: Api, path: str, uid: str) -> None:
        self._api = api
        self._path = path
        self._uid = uid
        self._changed = asyncio.Event()
        self._settled = asyncio.Event()
        self._compute: Callable[[], Json] | None = None
        self.gone = False

    def offer(self, compute: Callable[[], Json]) -> None:
        """Publish what `compute` gives at the time of sending."""
        if self.gone:
            return
        self._compute = compute
        self._settled.clear()
        self._changed.set()

    async def settled(self) -> None:
        """Wait until the API server has the last status, or the pod is gone."""
        await self._settled.wait()

    async def run(self) -> None:
        """Send statuses until cancelled, or until the pod is gone."""
        wait = 0.1
        while not self.gone:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._send()
            except (ApiError, *OUTAGE) as error:
                _LOG.warning("status of %s: %s", self._path, error)
                self._changed.set()
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
                continue
            wait = 0.1
            if not self._changed.is_set():
                self._settled.set()

    async def _send(self) -> None:
        if self._compute is None:
            return
        # The uid makes the server refuse a later pod of the same name.
        body = {"metadata": {"uid": self._uid}, "status": self._compute()}
        try:
            await self._api.call("PATCH", f"{self._path}/status", body, kind=STRATEGIC)
        except ApiError as error:
            if error.status not in {404, 409}:
                raise
            if error.status == 404 or await self._replaced():
                self.gone = True
                self._settled.set()
                return
            raise

    async def _replaced(self) -> bool:
        found = await self._api.get(self._path)
        return found is None or found["metadata"]["uid"] != self._uid
