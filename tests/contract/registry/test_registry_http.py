"""The real adapter against servers that misbehave, over real HTTP on loopback."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Protocol

import aiohttp
import pytest
from aiohttp import web

from killick.registry.mlflow_registry import MlflowRegistry
from killick.registry.port import (
    NO_CREDENTIALS,
    AttemptQuery,
    ChampionChange,
    Credentials,
    RegistryError,
    RegistryRefused,
    RegistryTarget,
    RegistryUnauthorized,
    RegistryUnreachable,
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


def answer(status: int, body: object, **headers: str) -> Handler:
    """Answer every request alike."""
    text = body if isinstance(body, str) else json.dumps(body)

    async def handle(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, headers=headers)

    return handle


def refused_port() -> int:
    """A port that nothing listens on."""
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


async def test_refused_port_fails_quickly(registry: MlflowRegistry) -> None:
    """A server that is down is known within two seconds."""
    target = RegistryTarget(f"http://127.0.0.1:{refused_port()}", "model")
    began = time.monotonic()
    error = await failure(registry, target)
    assert isinstance(error, RegistryUnreachable)
    assert time.monotonic() - began < 2


async def test_silent_server_is_given_up(hasty: MlflowRegistry) -> None:
    """Silence costs a time-out per request, and after three the host rests."""
    with socket.create_server(("127.0.0.1", 0)) as never_accepts:
        port = never_accepts.getsockname()[1]
        target = RegistryTarget(f"http://127.0.0.1:{port}", "model")
        for _ in range(3):
            assert isinstance(await failure(hasty, target), RegistryUnreachable)
        began = time.monotonic()
        assert isinstance(await failure(hasty, target), RegistryUnreachable)
        assert time.monotonic() - began < 0.2


async def test_dripping_answer_is_given_up(hasty: MlflowRegistry, serve: Serve) -> None:
    """A server that sends a byte now and then cannot hold us."""

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.05)

    target = await serve(drip)
    began = time.monotonic()
    assert isinstance(await failure(hasty, target), RegistryUnreachable)
    assert time.monotonic() - began < 3


async def test_breaker_closes_again(serve: Serve) -> None:
    """After a refused connection the host is not asked for a moment, then it is."""
    now = 100.0
    registry = MlflowRegistry(clock=lambda: now)
    port = refused_port()
    target = RegistryTarget(f"http://127.0.0.1:{port}", "model")
    first = await failure(registry, target)
    missing = answer(404, {"error_code": "RESOURCE_DOES_NOT_EXIST"})
    assert await serve(missing, port) == target
    second = await failure(registry, target)
    assert second.message == first.message
    now += 3
    assert not (await registry.read(target, NO_CREDENTIALS)).model_exists
    await registry.close()


@pytest.mark.parametrize(
    "case",
    [
        (401, "", RegistryUnauthorized, "401"),
        (403, {"error_code": "PERMISSION_DENIED"}, RegistryUnauthorized, "403"),
        (
            403,
            "Invalid HostLimiter header - rebinding?",
            RegistryRefused,
            "--allowed-hosts",
        ),
        (404, "<html>not here</html>", RegistryRefused, "no MLflow API"),
        (200, "<html>please log in</html>", RegistryRefused, "no MLflow API"),
        (200, [1], RegistryRefused, "no MLflow API"),
        (200, "[" * 100_000, RegistryRefused, "no MLflow API"),
        (200, "x" * (9 * 1024 * 1024), RegistryRefused, "too long"),
        (429, "slow down", RegistryUnreachable, "429"),
        (500, {"error_code": "INTERNAL_ERROR"}, RegistryUnreachable, "500"),
        (503, "<html/>", RegistryUnreachable, "503"),
        (400, {"error_code": "BAD_REQUEST", "message": "no\nway"}, RegistryRefused, ""),
    ],
)
async def test_answers_become_errors_with_a_reason(
    registry: MlflowRegistry,
    serve: Serve,
    case: tuple[int, object, type[RegistryError], str],
) -> None:
    """Each way of not answering has its own error, in one printable line."""
    status, body, kind, words = case
    error = await failure(registry, await serve(answer(status, body)))
    assert type(error) is kind
    assert error.reason == kind.default_reason
    assert words in error.message
    assert error.message.isprintable()


@pytest.mark.parametrize("code", ["INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"])
async def test_missing_alias_by_either_code(
    registry: MlflowRegistry, serve: Serve, code: str
) -> None:
    """Both of MLflow's ways to say that an alias is missing are understood."""

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/alias"):
            return web.json_response({"error_code": code}, status=400)
        return web.json_response({"registered_model": {}})

    state = await registry.read(await serve(handle), NO_CREDENTIALS)
    assert (state.model_exists, state.champion) == (True, None)


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1/../2"},
        {"version": 1},
        {"version": ""},
        {"current_stage": "Deleted"},
        {"creation_timestamp": "soon"},
        {"tags": {"a": "b"}},
        {"tags": [{"key": 1}]},
        {"tags": ["x"]},
        {"run_id": ["r"]},
    ],
)
async def test_misshapen_versions_are_refused(
    registry: MlflowRegistry, serve: Serve, change: dict[str, object]
) -> None:
    """An answer of the wrong shape is a typed refusal."""
    body = {"model_version": GOOD_VERSION | change, "run": GOOD_RUN}
    error = await failure(registry, await serve(answer(200, body)))
    assert isinstance(error, RegistryRefused)


async def test_credential_goes_to_its_host_only(
    registry: MlflowRegistry, serve: Serve
) -> None:
    """A redirect is not followed, so no other host sees the credential."""
    seen = []

    async def other(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("Authorization"))
        return web.json_response({})

    elsewhere = (await serve(other)).tracking_uri
    target = await serve(answer(302, "", Location=elsewhere))
    error = await failure(registry, target, Credentials(token="t0ken"))
    assert "redirects" in error.message
    assert seen == []


@pytest.fixture
def thief(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A process environment that offers other credentials."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login thief password thief\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "thief")


@pytest.mark.usefixtures("thief")
@pytest.mark.parametrize(
    ("credentials", "header"),
    [
        (Credentials("me", "s3cret"), "Basic bWU6czNjcmV0"),
        (Credentials(token="t0ken"), "Bearer t0ken"),
        (NO_CREDENTIALS, None),
    ],
)
async def test_only_the_given_credential_is_sent(
    registry: MlflowRegistry,
    serve: Serve,
    credentials: Credentials,
    header: str | None,
) -> None:
    """Neither the environment, nor a .netrc, nor a cookie adds or replaces one."""
    seen = []

    async def handle(request: web.Request) -> web.StreamResponse:
        seen.append((request.headers.get("Authorization"), len(request.cookies)))
        body = {"error_code": "RESOURCE_DOES_NOT_EXIST"}
        response = web.json_response(body, status=404)
        response.set_cookie("session", "somebody")
        return response

    await registry.read(await serve(handle), credentials)
    assert seen == [(header, 0)] * 3


async def test_echoed_credential_is_blotted_out(
    registry: MlflowRegistry, serve: Serve
) -> None:
    """A server that repeats the credential cannot bring it into our messages."""

    async def echo(request: web.Request) -> web.StreamResponse:
        said = f"bad {request.headers['Authorization']} s3cret"
        return web.json_response(
            {"error_code": "BAD_REQUEST", "message": said}, status=400
        )

    target = await serve(echo)
    for credentials in (Credentials("me", "s3cret"), Credentials(token="s3cret")):
        message = (await failure(registry, target, credentials)).message
        assert "s3cret" not in message
        assert "bWU6czNjcmV0" not in message


async def test_unusable_token_is_refused(registry: MlflowRegistry) -> None:
    """A token with a line break is refused before anything is sent."""
    target = RegistryTarget(f"http://127.0.0.1:{refused_port()}", "model")
    error = await failure(registry, target, Credentials(token="a\r\nHost: b"))
    assert isinstance(error, RegistryRefused)


async def test_closed_connection_is_tried_again(
    registry: MlflowRegistry, serve: Serve
) -> None:
    """A connection that the server dropped is replaced without an error."""
    drops = 1

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal drops
        if drops and request.transport:
            drops -= 1
            request.transport.abort()
        return web.json_response({"error_code": "RESOURCE_DOES_NOT_EXIST"}, status=404)

    state = await registry.read(await serve(handle), NO_CREDENTIALS)
    assert not state.model_exists


@pytest.mark.parametrize("collisions", [1, 2])
async def test_collision_in_the_database(
    registry: MlflowRegistry, serve: Serve, collisions: int
) -> None:
    """A write that collided is repeated once; then it is for the next pass."""
    left = collisions

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal left
        if request.path.endswith("/set-tag") and left:
            left -= 1
            said = "(IntegrityError) UNIQUE constraint failed [SQL: INSERT INTO tags]"
            body = {"error_code": "BAD_REQUEST", "message": said}
            return web.json_response(body, status=400)
        tags = [] if left else [{"key": "killick.dev/image", "value": "a:1"}]
        return web.json_response({"model_version": GOOD_VERSION | {"tags": tags}})

    target = await serve(handle)
    change = ChampionChange("1", None, {"killick.dev/image": "a:1"}, sync_stage=False)
    write = registry.mark_champion(target, NO_CREDENTIALS, change)
    if collisions == 1:
        await write
        return
    with pytest.raises(RegistryUnreachable) as caught:
        await write
    assert "SQL" not in caught.value.message


async def test_a_crowd_on_a_dead_host(registry: MlflowRegistry, serve: Serve) -> None:
    """Two thousand looks at a dead host end at once and hold up no other host."""
    dead = RegistryTarget(f"http://127.0.0.1:{refused_port()}", "model")
    alive = await serve(answer(404, {"error_code": "RESOURCE_DOES_NOT_EXIST"}))
    began = time.monotonic()
    crowd = [failure(registry, dead) for _ in range(2000)]
    errors = asyncio.gather(*crowd)
    assert not (await registry.read(alive, NO_CREDENTIALS)).model_exists
    assert {type(error) for error in await errors} == {RegistryUnreachable}
    assert time.monotonic() - began < 5


async def test_ended_runs_are_remembered(serve: Serve) -> None:
    """An ended run is asked for once in five minutes, a running one each time."""
    now, status, asked = 0.0, "RUNNING", 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal asked
        if request.path.endswith("/runs/get"):
            asked += 1
            return web.json_response({"run": {"info": {"status": status}}})
        if request.path.endswith("/search"):
            return web.json_response({"model_versions": [GOOD_VERSION]})
        return web.json_response({"model_version": GOOD_VERSION})

    registry = MlflowRegistry(clock=lambda: now)
    target = await serve(handle)
    query = AttemptQuery("a1", 0)
    for count in (1, 2):
        await registry.read(target, NO_CREDENTIALS, query)
        assert asked == count
    status = "FINISHED"
    for _ in range(3):
        await registry.read(target, NO_CREDENTIALS, query)
    assert asked == 3
    now += 301
    await registry.read(target, NO_CREDENTIALS, query)
    assert asked == 4
    await registry.close()


@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_that_asks_for_a_pause_has_it(serve: Serve, status: int) -> None:
    """Until Retry-After has passed no credential asks that host, then they do."""
    now, asked = 100.0, 0

    async def busy(_request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        return web.Response(status=status, headers={"Retry-After": "60"})

    registry = MlflowRegistry(clock=lambda: now)
    target = await serve(busy)
    first = await failure(registry, target)
    assert isinstance(first, RegistryUnreachable)
    assert 60 <= (first.retry_after_seconds or 0) <= 66
    now += 59
    second = await failure(registry, target, Credentials(token="another"))
    assert (second.message, asked) == (first.message, 1)
    now += 8
    await failure(registry, target)
    assert asked == 2
    await registry.close()
