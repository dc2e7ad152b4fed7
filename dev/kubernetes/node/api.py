"""A small client of the API server: plain dicts, one connection pool, watches."""

import base64
import json
import ssl
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp
import yaml

Json = dict[str, Any]

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
# Seconds for one request, and for one watch before it is begun anew.
_REQUEST_TIMEOUT = 20
_WATCH_SECONDS = 240

# What a request may raise that a later try can cure.
OUTAGE = (aiohttp.ClientError, TimeoutError, OSError)


class ApiError(Exception):
    """The API server's refusal: HTTP `status`, and its words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


@dataclass(frozen=True)
class Server:
    """Address of and way into one API server; `authority` is its CA in PEM."""

    url: str
    tls: ssl.SSLContext | None
    token: str | None
    authority: str | None = None


def read_kubeconfig(path: Path) -> Server:
    """Return the current context's server, with certificates or a token.

    Raises:
        KeyError: the file names a cluster, user or context that it does not hold.

    """
    config = yaml.safe_load(path.read_text())

    def named(kind: str, name: str) -> Json:
        for entry in config[f"{kind}s"]:
            if entry["name"] == name:
                return dict(entry[kind])
        raise KeyError(f"{path}: no {kind} named {name}")

    context = named("context", config["current-context"])
    cluster, user = named("cluster", context["cluster"]), named("user", context["user"])
    url = cluster["server"].rstrip("/")
    ca = _pem(cluster, "certificate-authority", path.parent)
    authority = ca.decode() if ca else None
    secure = url.startswith("https")
    tls = _tls(cluster, user, path.parent, authority) if secure else None
    return Server(url, tls, user.get("token"), authority)


def _pem(values: Json, key: str, base: Path) -> bytes | None:
    if values.get(f"{key}-data"):
        return base64.b64decode(values[f"{key}-data"])
    return (base / values[key]).read_bytes() if values.get(key) else None


def _tls(
    cluster: Json, user: Json, base: Path, authority: str | None
) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=authority)
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    certificate = _pem(user, "client-certificate", base)
    if certificate:
        # The ssl module reads keys from files only.
        with tempfile.NamedTemporaryFile() as file:
            file.write(certificate + b"\n" + (_pem(user, "client-key", base) or b""))
            file.flush()
            context.load_cert_chain(file.name)
    return context


class Api:
    """Requests to one API server. Use as an asynchronous context manager."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        token = self._server.token
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._server.tls or True, limit=0),
            headers={"Authorization": f"Bearer {token}"} if token else {},
            # Nothing of the node's environment, such as a proxy, is wanted.
            trust_env=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        kind: str = "application/json",
        params: Mapping[str, str] | None = None,
    ) -> Json:
        """One request; `kind` is the content type of the body.

        Raises:
            ApiError: the server answered with an error.
            aiohttp.ClientError, TimeoutError, OSError: it did not answer.

        """
        async with self._client().request(
            method,
            self._server.url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": kind} if body is not None else {},
            params=params,
            timeout=aiohttp.ClientTimeout(total=_REQUEST_TIMEOUT),
        ) as response:
            text = await response.text()
            if response.status >= 400:
                raise _error(response.status, text)
            answer: Json = json.loads(text)
            return answer

    async def get(self, path: str) -> Json | None:
        """Return the object at `path`, or None when there is none."""
        try:
            return await self.call("GET", path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    async def watch(self, path: str, params: Mapping[str, str]) -> AsyncIterator[Json]:
        """The events of a watch until the server ends it.

        Raises:
            ApiError: also for an ERROR event, such as 410 for an expired version.

        """
        query = {**params, "watch": "true", "timeoutSeconds": str(_WATCH_SECONDS)}
        async with self._client().get(
            self._server.url + path,
            params=query,
            timeout=aiohttp.ClientTimeout(total=None, sock_read=_WATCH_SECONDS + 30),
        ) as response:
            if response.status >= 400:
                raise _error(response.status, await response.text())
            rest = b""
            async for chunk in response.content.iter_any():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    event: Json = json.loads(line)
                    if event["type"] == "ERROR":
                        status = event["object"]
                        raise ApiError(
                            status.get("code", 500), status.get("message", "")
                        )
                    yield event

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("Api is used outside `async with`")
        return self._session


def _error(status: int, text: str) -> ApiError:
    try:
        message = json.loads(text).get("message") or text
    except (ValueError, AttributeError):
        message = text
    return ApiError(status, str(message)[:500])
