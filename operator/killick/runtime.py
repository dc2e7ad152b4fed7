"""Puts the real world together: settings, clients, ports, metrics, HTTP."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from aiohttp import web

from killick.cluster.kube import KubeCluster, connect
from killick.drive import Pulse, Wakeups
from killick.gitops.repository import GitRepositories
from killick.loop import World
from killick.observe.gather import Ports
from killick.record.metrics import Board
from killick.registry.mlflow_store import MlflowRegistry
from killick.serve.http import start_server
from killick.settings import Settings

log = logging.getLogger(__name__)


@dataclass
class Runtime:
    """Everything that lives as long as the operator's process."""

    settings: Settings
    world: World
    wakeups: Wakeups
    pulse: Pulse
    cluster: KubeCluster
    registry: MlflowRegistry
    git: GitRepositories
    server: web.AppRunner | None = None

    async def close(self) -> None:
        """Stop listening and close every client."""
        if self.server:
            await self.server.cleanup()
        await self.registry.close()
        await self.git.aclose()
        await self.cluster.close()


async def build(settings: Settings, *, serve: bool = True) -> Runtime:
    """Connect to the API server and set everything up; raises Unavailable."""
    cluster = KubeCluster(await connect())
    registry = MlflowRegistry()
    git = GitRepositories(settings.work_directory / "git")
    world = World(Ports(cluster, registry, git), settings, Board())
    runtime = Runtime(settings, world, Wakeups(), Pulse(), cluster, registry, git)
    if serve:
        address = (settings.http_host, settings.http_port)
        runtime.server = await start_server(
            world.board, runtime.pulse, address, settings.pass_seconds
        )
        log.info("serving /metrics and /healthz on %s", runtime.server.addresses)
    return runtime
