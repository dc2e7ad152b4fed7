"""The containers of one pod: in what order, how often, and how they are stopped."""

import asyncio
import contextlib
import logging

from dev.kubernetes.node.launch import prepare, termination_message
from dev.kubernetes.node.launch.prepare import NotReadyError, Place, Services
from dev.kubernetes.node.launch.runner import ContainerProcess, Launch
from dev.kubernetes.node.pod.spec import Container, Pod
from dev.kubernetes.node.pod.status import Running, Terminated, Waiting
from dev.kubernetes.node.pod.status_tracker import PodStatusTracker, now

_LOG = logging.getLogger("killick.node")
# Seconds between two tries to get what a container waits for.
_RETRY = 1.0
# The kubelet's: no wait before the first restart, then 10 s doubling to 5 min.
_FIRST_BACKOFF = 10.0
_LONGEST_BACKOFF = 300.0


class Containers:
    """Runs a pod's containers and reports each change to the tracker."""

    def __init__(
        self, pod: Pod, place: Place, services: Services, tracker: PodStatusTracker
    ) -> None:
        self._pod = pod
        self._place = place
        self._services = services
        self._board = tracker
        self._stopping = asyncio.Event()
        self._running: dict[str, ContainerProcess] = {}

    async def run(self) -> None:
        """Volumes, then the init containers in order, then the others together."""
        self._place.make()
        if not await self._fill_volumes():
            return
        for container in self._pod.init_containers:
            if not await self._run(container, init=True):
                return
        if self._pod.init_containers:
            for container in self._pod.containers:
                self._board.set(container.name, Waiting("ContainerCreating"))
        await asyncio.gather(*(self._run(c) for c in self._pod.containers))

    def terminate(self) -> None:
        """Start nothing more and ask what runs to end."""
        self._stopping.set()
        for process in self._running.values():
            process.terminate()

    def kill(self) -> None:
        """Start nothing more and kill what runs."""
        self._stopping.set()
        for process in self._running.values():
            process.kill()

    async def _fill_volumes(self) -> bool:
        while not self._stopping.is_set():
            try:
                await prepare.fill_volumes(self._pod, self._place, self._services)
            except NotReadyError as wait:
                first = (*self._pod.init_containers, *self._pod.containers)[0]
                self._board.set(first.name, Waiting(wait.reason, wait.message))
                await self._pause(_RETRY)
            else:
                return True
        return False

    async def _run(self, container: Container, *, init: bool = False) -> bool:
        """Run a container until it need not run again; whether it succeeded."""
        backoff = 0.0
        while not self._stopping.is_set():
            try:
                launch = await prepare.prepare(
                    container, self._pod, self._place, self._services
                )
            except NotReadyError as wait:
                self._board.set(container.name, Waiting(wait.reason, wait.message))
                await self._pause(_RETRY)
                continue
            if self._stopping.is_set():
                break
            end = await self._attempt(container, launch)
            self._board.set(container.name, end)
            if self._stopping.is_set() or not self._again(end, init=init):
                return end.exit_code == 0
            self._board.restarting(container.name, end)
            await self._pause(backoff)
            backoff = min(max(_FIRST_BACKOFF, backoff * 2), _LONGEST_BACKOFF)
        return False

    def _again(self, end: Terminated, *, init: bool) -> bool:
        policy = self._pod.restart_policy
        if end.exit_code:
            return policy != "Never"
        return policy == "Always" and not init

    async def _attempt(self, container: Container, launch: Launch) -> Terminated:
        """Start the container's process once and wait for its end."""
        self._place.marker.touch()
        log_start = launch.log.stat().st_size if launch.log.exists() else 0
        started = now()
        try:
            process = await self._services.runner.start(launch)
        except (OSError, ValueError) as error:
            text = f"cannot start {launch.argv[0]}: {error}"
            return Terminated(128, "StartError", text, started, now())
        identity = f"process://{process.session}"
        self._running[container.name] = process
        self._board.set(container.name, Running(started, identity))
        if self._stopping.is_set():
            process.terminate()
        try:
            code = await self._services.runner.finish(process)
        finally:
            del self._running[container.name]
        reason = "Error" if code else "Completed"
        if process.out_of_memory:
            code, reason = 137, "OOMKilled"
        text = termination_message.read_message(self._place.message(container.name))
        if code and not text and container.message_from_logs:
            text = termination_message.read_log_tail(launch.log, log_start)
        pod = self._pod
        _LOG.info(
            "pod %s/%s: container %s ended with %d (%s)",
            pod.namespace, pod.name, container.name, code, reason,
        )  # fmt: skip
        return Terminated(code, reason, text, started, now(), identity)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not longer than until the pod has to stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
