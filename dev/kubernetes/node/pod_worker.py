"""One pod's life on the node, from its binding to its removal."""

import asyncio
import contextlib
import logging
from datetime import UTC, datetime

from dev.kubernetes.node.api import OUTAGE, ApiError
from dev.kubernetes.node.containers import Containers
from dev.kubernetes.node.launch.prepare import Services, place_of
from dev.kubernetes.node.pod import status
from dev.kubernetes.node.pod.spec import Json, parse_pod
from dev.kubernetes.node.pod.status_tracker import PodStatusTracker, now
from dev.kubernetes.node.pod.supported_fields import unsupported
from dev.kubernetes.node.publish import Publisher

_LOG = logging.getLogger("killick.node")
# Seconds between two tries to delete.
_RETRY = 1.0


def is_terminal(pod: Json) -> bool:
    """Whether the pod's phase is a final one."""
    return (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"}


class PodWorker:
    """Runs one pod; `update` and `gone` bring what the watch says of it."""

    def __init__(self, raw: Json, services: Services) -> None:
        self._raw = raw
        self._services = services
        self._pod = pod = parse_pod(raw)
        self._path = f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}"
        self._title = f"{pod.namespace}/{pod.name}"
        self._place = place_of(services.directory, pod.namespace, pod.name, pod.uid)
        self._publisher = Publisher(services.api, self._path, pod.uid)
        self._started = (raw.get("status") or {}).get("startTime") or now()
        self._board = PodStatusTracker(pod, self._started, self._offer)
        self._deletion = asyncio.Event()
        self._gone = asyncio.Event()
        self.update(raw)

    def update(self, raw: Json) -> None:
        """Take note of a newer version of the pod (its status, its deletion)."""
        self._raw = raw
        if raw["metadata"].get("deletionTimestamp"):
            self._deletion.set()

    def gone(self) -> None:
        """The pod is no more: end what still runs, at once."""
        self._gone.set()
        self._deletion.set()

    async def run(self) -> None:
        """Run the pod to its end, and stay until it has been deleted."""
        publishing = asyncio.create_task(self._publisher.run())
        try:
            await self._live()
            await self._settle()
            await self._deletion.wait()
            await self._delete()
        finally:
            publishing.cancel()
            self._place.clear()

    async def _live(self) -> None:
        if self._place.marker.exists() or status.has_started(self._raw):
            _LOG.warning("pod %s ran when the node ended: failed", self._title)
            self._publisher.offer(lambda: status.lost(self._raw, now()))
            return
        fields = unsupported(self._raw)
        if fields:
            text = f"this node cannot honour {', '.join(fields)}"
            _LOG.warning("pod %s: %s", self._title, text)
            self._board.reject("UnsupportedField", text)
            return
        self._offer()
        containers = Containers(self._pod, self._place, self._services, self._board)
        work = asyncio.create_task(containers.run())
        try:
            await self._supervise(work, containers)
            self._board.end()
        except Exception as error:  # noqa: BLE001  a bug must fail the pod, visibly
            _LOG.exception("pod %s", self._title)
            self._board.end(("NodeError", f"{type(error).__name__}: {error}"))
        finally:
            containers.kill()
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await work
            self._place.clear()
        _LOG.info("pod %s: %s", self._title, status.phase(self._board.record))

    async def _supervise(
        self, work: asyncio.Task[None], containers: Containers
    ) -> None:
        """Wait for the work's end; end it on deletion or at the deadline."""
        deletion = asyncio.create_task(self._deletion.wait())
        gone = asyncio.create_task(self._gone.wait())
        first = asyncio.FIRST_COMPLETED
        try:
            done, _ = await asyncio.wait(
                {work, deletion}, timeout=self._time_left(), return_when=first
            )
            if not done:
                text = "Pod was active on the node longer than the specified deadline"
                self._board.end(("DeadlineExceeded", text))
            if work not in done:
                containers.terminate()
                await asyncio.wait(
                    {work, gone}, timeout=self._grace(), return_when=first
                )
                containers.kill()
            await work
        finally:
            deletion.cancel()
            gone.cancel()

    def _time_left(self) -> float | None:
        if self._pod.deadline is None:
            return None
        age = datetime.now(UTC) - datetime.fromisoformat(self._started)
        return max(0.0, self._pod.deadline - age.total_seconds())

    def _grace(self) -> float:
        given = self._raw["metadata"].get("deletionGracePeriodSeconds")
        return self._pod.grace if given is None else float(given)

    def _offer(self) -> None:
        self._publisher.offer(
            lambda: status.pod_status(
                self._board.record, self._raw.get("status") or {}, now()
            )
        )

    async def _settle(self) -> None:
        """Wait until the server has the last status, or nobody will ask for it."""
        settled = asyncio.create_task(self._publisher.settled())
        gone = asyncio.create_task(self._gone.wait())
        await asyncio.wait({settled, gone}, return_when=asyncio.FIRST_COMPLETED)
        settled.cancel()
        gone.cancel()

    async def _delete(self) -> None:
        """Take the pod out of the API server, as the kubelet does when all ended."""
        body = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "gracePeriodSeconds": 0,
            "preconditions": {"uid": self._pod.uid},
        }
        while not self._gone.is_set():
            try:
                await self._services.api.call("DELETE", self._path, body)
            except (ApiError, *OUTAGE) as error:
                if isinstance(error, ApiError) and error.status in {404, 409}:
                    return
                _LOG.warning("deleting pod %s: %s", self._title, error)
            else:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), _RETRY)
