"""A smart-HTTP Git server: `git http-backend` behind an asynchronous bridge.

Races between writers can only be tested against a real server that applies
pushes by compare-and-swap, and promotion has to survive what real servers do:
refuse a token, lose an answer, send a client elsewhere. This program serves the
bare repositories below one directory to holders of a token, and lets a test ask
for those faults over a control endpoint of its own token.

Run as `python -m dev.git.http --root DIR --port N --token-file FILE`.
"""

import argparse
import asyncio
import base64
import binascii
import hmac
import json
import signal
import sys
import time
from pathlib import Path

from aiohttp import web

from dev.git.backend import bridge
from dev.git.faults import Faults, Tokens

FAULTS = web.AppKey("faults", Faults)
TOKENS = web.AppKey("tokens", Tokens)
ROOT = web.AppKey("root", Path)


def request_kind(request: web.Request) -> str:
    """Return what the client is doing: `fetch-refs`, `fetch`, `push-refs` or `push`."""
    service = request.query.get("service", "") or request.path.rpartition("/")[2]
    verb = "push" if service == "git-receive-pack" else "fetch"
    return verb if request.method == "POST" else f"{verb}-refs"


def given_token(request: web.Request) -> tuple[str, str]:
    """User name and token of a Basic header, or two empty strings."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    user, _, token = decoded.partition(":")
    return user, token


def refuse(reason: str) -> web.Response:
    """401 with the challenge that makes clients offer their credentials."""
    return web.Response(
        status=401, text=reason, headers={"WWW-Authenticate": 'Basic realm="git"'}
    )


async def serve_git(request: web.Request) -> web.StreamResponse:
    """One request of a Git client: token, faults, then the backend."""
    kind = request_kind(request)
    user, token = given_token(request)
    tokens, faults = request.app[TOKENS], request.app[FAULTS]
    if not tokens.may(token, write=kind.startswith("push")):
        if tokens.may(token, write=False):
            return web.Response(status=403, text="this token may only read\n")
        return refuse("a valid token is needed\n")
    await faults.pause(kind)
    if faults.take("unauthorized"):
        return refuse("a valid token is needed\n")
    if faults.take("unavailable"):
        return web.Response(status=503, text="unavailable\n")
    if target := faults.redirect:
        return web.Response(status=302, headers={"Location": target + request.path_qs})
    lose = kind == "push" and faults.take("answer_lost")
    return await bridge(request, request.app[ROOT], user, lose_answer=lose)


async def control(request: web.Request) -> web.Response:
    """Read (GET) or change (POST) the faults; only with the admin token."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), request.app[TOKENS].admin.encode()):
        return web.Response(status=401)
    faults = request.app[FAULTS]
    if request.method == "POST":
        await faults.update(await request.json())
    return web.json_response(faults.as_json())


async def logged_git(request: web.Request) -> web.StreamResponse:
    """One JSON line a Git request on standard output; tests count look-ups by it."""
    started = time.monotonic()
    status = 0
    try:
        response = await serve_git(request)
        status = response.status
        return response
    finally:
        line = {
            "kind": request_kind(request),
            "path": request.path,
            "status": status,
            "seconds": round(time.monotonic() - started, 3),
            "user": given_token(request)[0],
            "encoding": request.headers.get("Content-Encoding", ""),
            "transfer": request.headers.get("Transfer-Encoding", ""),
        }
        print(json.dumps(line), flush=True)


def application(root: Path, tokens: Tokens) -> web.Application:
    """Return the server for the bare repositories below `root`."""
    git = web.Application()
    git[ROOT], git[TOKENS], git[FAULTS] = root, tokens, Faults()
    git.router.add_route("*", "/-/faults", control)
    git.router.add_get("/-/ready", ready)
    git.router.add_route("*", "/{path:.+}", logged_git)
    return git


async def ready(_request: web.Request) -> web.Response:
    """Answers as soon as the server listens."""
    return web.Response(text="ready\n")


async def serve(root: Path, port: int, tokens: Tokens) -> None:
    """Serve on loopback until SIGTERM or SIGINT."""
    # The backend inflates bodies itself, so they pass through as they came.
    runner = web.AppRunner(
        application(root, tokens), auto_decompress=False, access_log=None
    )
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, shutdown_timeout=1.0).start()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stopped.set)
    await stopped.wait()
    await runner.cleanup()


def main(arguments: list[str]) -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m dev.git.http")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--token-file", type=Path, required=True)
    options = parser.parse_args(arguments)
    tokens = Tokens.from_file(options.token_file)
    asyncio.run(serve(options.root.resolve(), options.port, tokens))


if __name__ == "__main__":
    main(sys.argv[1:])
