"""The real cluster port against an API server that asks to be left alone."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from kubernetes.aio import client

from killick.cluster.kube import KubeCluster
from killick.errors import KillickError, Unavailable
from killick.retry_after import RetryAfterGate

Serve = Callable[[int, dict[str, str]], Awaitable["Busy"]]


class Busy:
    """A server with one answer, the port to it, and a clock to turn on."""

    def __init__(self, status: int, headers: dict[str, str]) -> None:
        self.status, self.headers = status, headers
        self.asked: list[str] = []
        self.now = 0.0
        self.port: KubeCluster

    async def answer(self, request: web.Request) -> web.Response:
        """Answer every request alike."""
        self.asked.append(request.path)
        body = {"kind": "Status", "message": "too many requests", "items": []}
        return web.json_response(body, status=self.status, headers=self.headers)

    async def start(self, runner: web.AppRunner) -> None:
        """Listen, and connect the port."""
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        api = client.ApiClient(client.Configuration(host=site.name))
        gate = RetryAfterGate(lambda: self.now, chance=lambda: 0.5)
        self.port = KubeCluster(api, gate=gate)


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start servers that answer everything with one status and these headers."""
    runners: list[tuple[web.AppRunner, Busy]] = []

    async def start(status: int, headers: dict[str, str]) -> Busy:
        busy = Busy(status, headers)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", busy.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await busy.start(runner)
        runners.append((runner, busy))
        return busy

    yield start
    for runner, busy in runners:
        await busy.port.close()
        await runner.cleanup()


@pytest.mark.parametrize("status", [429, 503, 500])
async def test_the_pause_is_kept(serve: Serve, status: int) -> None:
    """Nothing at all is asked until the time has come; then the server is, again."""
    busy = await serve(status, {"Retry-After": "20"})
    with pytest.raises(Unavailable) as caught:
        await busy.port.get_secret("ml", "mlflow")
    assert caught.value.retry_after_seconds == pytest.approx(21.0)
    busy.now = 20.9
    for call in (busy.port.list_jobs("ml", "x"), busy.port.get_cronjob("ml", "x")):
        with pytest.raises(Unavailable, match="too many requests") as again:
            await call
        assert again.value.reason == caught.value.reason
    assert len(busy.asked) == 1
    busy.now, busy.status = 21.0, 200
    assert await busy.port.list_jobs("ml", "x") == []
    assert len(busy.asked) == 2


@pytest.mark.parametrize("wish", ["soon", "-1", "", "0"])
async def test_a_wish_that_is_none(serve: Serve, wish: str) -> None:
    """A header that cannot be read keeps nobody away."""
    busy = await serve(429, {"Retry-After": wish})
    for _ in range(2):
        with pytest.raises(Unavailable) as caught:
            await busy.port.list_pods("ml", "x")
        assert caught.value.retry_after_seconds is None
    assert len(busy.asked) == 2


async def test_only_a_server_that_cannot_asks_for_a_pause(serve: Serve) -> None:
    """A refusal is a refusal: its header shuts nothing."""
    busy = await serve(422, {"Retry-After": "20"})
    for _ in range(2):
        with pytest.raises(KillickError) as caught:
            await busy.port.get_cronjob("ml", "x")
        assert caught.value.retry_after_seconds is None
    assert len(busy.asked) == 2
