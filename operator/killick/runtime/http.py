"""/metrics and /healthz, in the operator's own event loop.

Being in that loop is the point: if it is stuck, the probe gets no answer.
"""

from __future__ import annotations

from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from killick.record.metrics import StatusCollector
from killick.runtime.scheduler import LivenessTracker

COLLECTOR: web.AppKey[StatusCollector] = web.AppKey("collector", StatusCollector)
LIVENESS: web.AppKey[LivenessTracker] = web.AppKey("liveness", LivenessTracker)
LIMIT: web.AppKey[float] = web.AppKey("limit", float)


async def start_server(
    collector: StatusCollector,
    liveness: LivenessTracker,
    address: tuple[str, int],
    limit: float,
) -> web.AppRunner:
    """Listen; the caller cleans the returned runner up."""
    app = web.Application(client_max_size=1024)
    app[COLLECTOR], app[LIVENESS], app[LIMIT] = collector, liveness, limit
    app.router.add_get("/metrics", _metrics)
    app.router.add_get("/healthz", _healthz)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, *address).start()
    return runner


async def _metrics(request: web.Request) -> web.Response:
    body = generate_latest(request.app[COLLECTOR].registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _healthz(request: web.Request) -> web.Response:
    stuck = request.app[LIVENESS].stuck(request.app[LIMIT])
    if stuck:
        text = "stuck: " + ", ".join(map(str, stuck[:10]))
        return web.Response(status=503, text=text)
    return web.Response(text="ok")
