"""Puts the real world together: settings, clients, ports, metrics, HTTP."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import uuid
from dataclasses import dataclass, field

from aiohttp import web

from killick.cluster.kube import KubeCluster, connect
from killick.cluster.lease import KubeLease
from killick.gitops.repository import GitRepositories
from killick.observe.gather import Ports
from killick.record.metrics import StatusCollector
from killick.registry.mlflow_registry import MlflowRegistry
from killick.runtime.election import Election
from killick.runtime.finalization import FinalizationReporter
from killick.runtime.http import start_server
from killick.runtime.namespace_access import await_grant
from killick.runtime.scheduler import LivenessTracker, WakeupQueue
from killick.runtime.settings_publisher import keep_published
from killick.settings import Settings
from killick.world import World

log = logging.getLogger(__name__)
GRANT_PERIOD = 60  # seconds between two requests to a namespace that is left out


@dataclass
class Runtime:
    """Everything that lives as long as the operator's process."""

    settings: Settings
    world: World
    wakeups: WakeupQueue
    liveness: LivenessTracker
    cluster: KubeCluster
    registry: MlflowRegistry
    git: GitRepositories
    server: web.AppRunner | None = None
    election: Election | None = None
    keeping: asyncio.Task[None] | None = None
    granting: asyncio.Task[None] | None = None
    publishing: asyncio.Task[None] | None = None
    finalization: FinalizationReporter = field(default_factory=FinalizationReporter)

    async def lead(self) -> None:
        """Wait for the Lease, where one is used, and keep it from then on."""
        if self.election:
            await self.election.acquire()
            self.keeping = asyncio.create_task(self.election.keep(_end))

    def publish_settings(self) -> None:
        """Keep the settings published for the command line."""
        self.publishing = asyncio.create_task(
            keep_published(
                self.cluster,
                self.settings,
                self.world.leading,
                self.settings.resync_seconds,
            )
        )

    def await_grant(self, missing: tuple[str, ...]) -> None:
        """End this process once a namespace that was left out grants its rights."""
        period = min(self.settings.resync_seconds, GRANT_PERIOD)
        self.granting = asyncio.create_task(
            await_grant(self.cluster, missing, period, _end)
        )

    async def close(self) -> None:
        """Release the Lease, stop listening and close every client."""
        for task in (self.granting, self.publishing, self.keeping):
            if task:
                task.cancel()
        if self.election:
            await self.election.release()
        if self.server:
            await self.server.cleanup()
        await self.registry.close()
        await self.git.aclose()
        await self.cluster.close()


async def build(settings: Settings, *, serve: bool = True) -> Runtime:
    """Connect to the API server and set everything up; raises Unavailable."""
    cluster = KubeCluster(await connect())
    registry = MlflowRegistry()
    election = _election(cluster, settings)

    def leading() -> bool:
        return election is None or election.leading

    git = GitRepositories(settings.work_directory / "git", may_push=leading)
    collector = StatusCollector()
    collector.leader.set_function(lambda: float(leading()))
    world = World(Ports(cluster, registry, git), settings, collector, leading=leading)
    runtime = Runtime(
        settings, world, WakeupQueue(), LivenessTracker(), cluster, registry, git
    )
    runtime.election = election
    if serve:
        address = (settings.http_host, settings.http_port)
        runtime.server = await start_server(
            world.collector, runtime.liveness, address, settings.pass_seconds
        )
        log.info("serving /metrics and /healthz on %s", runtime.server.addresses)
    return runtime


def _election(cluster: KubeCluster, settings: Settings) -> Election | None:
    if not settings.leader_election:
        return None
    namespace, _, name = settings.lease.partition("/")
    identity = f"{socket.gethostname()}_{uuid.uuid4()}"  # unique to this process
    lease = KubeLease(cluster, namespace, name)
    return Election(lease, identity, settings.lease_seconds)


def _end() -> None:
    """End this process as its pod's end would; a new one starts as a candidate."""
    signal.raise_signal(signal.SIGTERM)
