"""The real adapter, and servers for it on loopback."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from killick.registry.mlflow_registry import MlflowRegistry
from killick.registry.port import (
    RegistryTarget,
)
from tests.contract.registry.http_world import (
    QUICK,
    Handler,
    Serve,
)


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start servers that answer everything by one handler."""
    runners = []

    async def start(handler: Handler, port: int = 0) -> RegistryTarget:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        runners.append(runner)
        return RegistryTarget(site.name, "model")

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def registry() -> AsyncIterator[MlflowRegistry]:
    """The adapter with its usual time-outs."""
    made = MlflowRegistry()
    yield made
    await made.close()


@pytest.fixture
async def hasty() -> AsyncIterator[MlflowRegistry]:
    """The adapter with time-outs below a second."""
    made = MlflowRegistry(timeout=QUICK)
    yield made
    await made.close()
