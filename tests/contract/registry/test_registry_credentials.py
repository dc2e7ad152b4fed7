"""Which credential the real adapter sends, and to whom; over real HTTP on loopback."""

from pathlib import Path

import pytest
from aiohttp import web

from killick.registry.mlflow_registry import MlflowRegistry
from killick.registry.port import (
    NO_CREDENTIALS,
    Credentials,
    RegistryRefused,
    RegistryTarget,
)
from tests.contract.registry.http_world import (
    Serve,
    answer,
    failure,
    refused_port,
)


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
