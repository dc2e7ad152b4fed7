"""The part of the kubelet's HTTPS API that `kubectl logs` needs.

Only a client with a certificate of the cluster's authority, which is what the API
server is, gets an answer; a person's right to logs is judged there.
"""

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from dev.kubernetes.certificates import Authority

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_POLL = 0.2  # seconds between two looks at a log that is followed
_KNOWN = {"follow", "limitBytes", "tailLines"}


@contextlib.asynccontextmanager
async def serve_logs(directory: Path, authority: str) -> AsyncIterator[int]:
    """Serve the logs below the node's directory; gives the port.

    `authority` is the PEM certificate that clients have to be signed by.
    """
    pair = Authority(directory / "pki").issue("node", "killick-node")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=authority)
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_cert_chain(pair.certificate, pair.key)
    application = web.Application()
    application[_DIRECTORY] = directory
    application.router.add_get("/containerLogs/{namespace}/{pod}/{name}", _answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


_DIRECTORY = web.AppKey("directory", Path)


async def _answer(request: web.Request) -> web.StreamResponse:
    unknown = set(request.query) - _KNOWN
    if unknown:
        text = f"this node cannot honour {', '.join(sorted(unknown))} of a log request"
        return web.Response(status=400, text=text)
    parts = request.match_info
    log = find_log(
        request.app[_DIRECTORY], parts["namespace"], parts["pod"], parts["name"]
    )
    if log is None:
        return web.Response(status=404, text="this container has not been started")
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(request)
    lines = request.query.get("tailLines")
    with log.open("rb") as stream:
        content = last_lines(stream.read(), None if lines is None else int(lines))
        limit = request.query.get("limitBytes")
        await response.write(content if limit is None else content[: int(limit)])
        while request.query.get("follow") == "true":
            # The pod's home goes when the pod has ended.
            ended = not (log.parent / "home").exists()
            more = stream.read()
            if more:
                await response.write(more)
            elif ended:
                break
            await asyncio.sleep(_POLL)
    return response


def find_log(directory: Path, namespace: str, pod: str, container: str) -> Path | None:
    """The newest log of this container, whichever the pod's uid; None if none."""
    if not all(_NAME.fullmatch(name) for name in (namespace, pod, container)):
        return None
    logs = (directory / "pods").glob(f"{namespace}_{pod}_*/{container}.log")
    return max(logs, key=lambda log: log.stat().st_mtime, default=None)


def last_lines(content: bytes, count: int | None) -> bytes:
    """The last `count` lines; everything when it is None."""
    if count is None:
        return content
    lines = content.splitlines(keepends=True)
    return b"".join(lines[len(lines) - min(count, len(lines)) :])
