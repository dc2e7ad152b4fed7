"""Servers that answer as a test wants, and what the adapter makes of it."""

import json
import socket
from collections.abc import Awaitable, Callable
from typing import Protocol

import aiohttp
import pytest
from aiohttp import web

from killick.registry.mlflow_registry import MlflowRegistry
from killick.registry.port import (
    NO_CREDENTIALS,
    Credentials,
    RegistryError,
    RegistryTarget,
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Serve(Protocol):
    """Starts a server on a port, by default on a free one."""

    def __call__(self, handler: Handler, port: int = 0) -> Awaitable[RegistryTarget]:
        """Return where it listens."""
        ...


QUICK = aiohttp.ClientTimeout(total=1.0, sock_connect=0.5, sock_read=0.4)


GOOD_VERSION = {
    "version": "1",
    "run_id": "r1",
    "current_stage": "None",
    "creation_timestamp": 1,
}


GOOD_RUN = {"info": {"status": "FINISHED"}, "data": {}}


def answer(status: int, body: object, **headers: str) -> Handler:
    """Answer every request alike."""
    text = body if isinstance(body, str) else json.dumps(body)

    async def handle(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, headers=headers)

    return handle


def refused_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def failure(
    registry: MlflowRegistry,
    target: RegistryTarget,
    credentials: Credentials = NO_CREDENTIALS,
) -> RegistryError:
    """Read and return the error that it must give."""
    with pytest.raises(RegistryError) as caught:
        await registry.read(target, credentials)
    return caught.value
