"""Runs `git http-backend`, a CGI program, for one request, streaming both ways."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

CHUNK = 64 * 1024


def cgi_environment(request: web.Request, root: Path, user: str) -> dict[str, str]:
    """Return the environment of `git http-backend` for this request, and nothing else.

    HOME is the served directory: its `.gitconfig` belongs to the server.
    """
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(root),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REQUEST_METHOD": request.method,
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query_string,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "REMOTE_ADDR": request.remote or "",
        "REMOTE_USER": user or "anonymous",
    }
    # Without a length (a chunked body) the backend reads to the end of its input.
    if request.content_length is not None:
        environment["CONTENT_LENGTH"] = str(request.content_length)
    for header, variable in (
        ("Content-Encoding", "HTTP_CONTENT_ENCODING"),
        ("Git-Protocol", "GIT_PROTOCOL"),
    ):
        if header in request.headers:
            environment[variable] = request.headers[header]
    return environment


async def feed(request: web.Request, backend: asyncio.subprocess.Process) -> None:
    """Stream the request's body into the backend, as fast as it reads."""
    stdin = backend.stdin
    if stdin is None:
        raise TypeError("the backend was started without a pipe for its input")
    while True:
        try:
            chunk = await request.content.readany()
        except Exception:  # noqa: BLE001 (however the body broke off)
            # Git's backend would spin forever on an input shorter than announced.
            backend.kill()
            return
        if not chunk:
            break
        # A backend that refuses stops reading; its answer gives the reason.
        with contextlib.suppress(ConnectionError):
            stdin.write(chunk)
            await stdin.drain()
    stdin.close()


async def read_head(output: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """Return the status and headers that a CGI program writes before its body."""
    status, headers = 200, {}
    while line := (await output.readline()).decode("latin-1").strip():
        name, _, value = line.partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers[name] = value.strip()
    return status, headers


@contextlib.asynccontextmanager
async def running_backend(
    request: web.Request, root: Path, user: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The backend for one request; killed if the request is abandoned."""
    backend = await asyncio.create_subprocess_exec(
        "git",
        "http-backend",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=cgi_environment(request, root, user),
    )
    feeding = asyncio.create_task(feed(request, backend))
    try:
        yield backend
    except BaseException:
        # Only here: killing a child that just ended would reap it unnoticed.
        with contextlib.suppress(ProcessLookupError):
            backend.kill()
        raise
    finally:
        feeding.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await feeding
        await backend.wait()


async def bridge(
    request: web.Request, root: Path, user: str, *, lose_answer: bool
) -> web.StreamResponse:
    """Run the backend for this request and stream its answer.

    `lose_answer` lets the backend finish and then drops the connection.
    """
    async with running_backend(request, root, user) as backend:
        output = backend.stdout
        if output is None:
            raise TypeError("the backend was started without a pipe for its output")
        if lose_answer:
            await output.read()
            await backend.wait()
            return drop(request)
        status, headers = await read_head(output)
        response = web.StreamResponse(status=status, headers=headers)
        try:
            await response.prepare(request)
            while chunk := await output.read(CHUNK):
                await response.write(chunk)
            await response.write_eof()
        except ConnectionResetError:
            # A client that left (libgit2 does before the last byte) does not undo
            # its push: the backend may finish.
            await output.read()
        return response


def drop(request: web.Request) -> web.Response:
    """Cut the connection: the client sees it end where an answer should begin."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
