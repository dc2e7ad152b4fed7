"""Follows the pods bound to this node and gives each one worker, once."""

import asyncio
import contextlib
import logging
from urllib.parse import quote

from dev.kubernetes.node.api import OUTAGE, ApiError
from dev.kubernetes.node.launch.prepare import Services
from dev.kubernetes.node.pod.spec import Json
from dev.kubernetes.node.pod_worker import PodWorker, is_terminal

_LOG = logging.getLogger("killick.node")
_LONGEST_WAIT = 5.0


class Pods:
    """The workers by pod uid. A worker stays until its pod has been deleted."""

    def __init__(self, node: str, services: Services) -> None:
        self._services = services
        self._selector = f"spec.nodeName={quote(node)}"
        self._workers: dict[str, PodWorker] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """List, then watch, and again for ever, over any outage."""
        wait = 0.1
        try:
            while True:
                try:
                    version = await self._list()
                    wait = 0.1
                    await self._watch(version)
                except (ApiError, *OUTAGE) as error:
                    _LOG.warning("watching pods: %s", error)
                    await asyncio.sleep(wait)
                    wait = min(wait * 2, _LONGEST_WAIT)
        finally:
            await self._end_all()

    async def _list(self) -> str:
        answer = await self._services.api.call(
            "GET", "/api/v1/pods", params={"fieldSelector": self._selector}
        )
        seen = set()
        for pod in answer.get("items") or ():
            seen.add(pod["metadata"]["uid"])
            self._present(pod)
        for uid in set(self._workers) - seen:
            self._absent(uid)
        version: str = answer["metadata"]["resourceVersion"]
        return version

    async def _watch(self, version: str) -> None:
        """Watch on from `version`; return only on a reason to list again."""
        while True:
            params = {
                "fieldSelector": self._selector,
                "resourceVersion": version,
                "allowWatchBookmarks": "true",
            }
            async for event in self._services.api.watch("/api/v1/pods", params):
                pod = event["object"]
                version = pod["metadata"]["resourceVersion"]
                if event["type"] in {"ADDED", "MODIFIED"}:
                    self._present(pod)
                elif event["type"] == "DELETED":
                    self._absent(pod["metadata"]["uid"])

    def _present(self, pod: Json) -> None:
        uid = pod["metadata"]["uid"]
        worker = self._workers.get(uid)
        if worker is not None:
            worker.update(pod)
        elif not is_terminal(pod):
            self._workers[uid] = worker = PodWorker(pod, self._services)
            self._tasks[uid] = asyncio.create_task(worker.run())

    def _absent(self, uid: str) -> None:
        worker = self._workers.pop(uid, None)
        if worker is None:
            return
        worker.gone()
        # The task may still have to end its containers; it is kept until it did.
        task = self._tasks[uid]
        task.add_done_callback(lambda _: self._tasks.pop(uid, None))

    async def _end_all(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
