"""JSON over HTTP to one MLflow server, bounded in time, size and trust.

MLflow's own client takes its time-outs from the process environment, shares one
session's cookies between credentials, follows redirects with the credential and
lets a .netrc override it. An operator that serves many tenants can have none of
that, so the documented REST API is spoken here directly.
"""

import asyncio
import base64
import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from killick.reasons import Reason
from killick.registry.port import (
    Credentials,
    RegistryError,
    RegistryRefused,
    RegistryUnauthorized,
    RegistryUnreachable,
)
from killick.retry_after import RetryAfterGate, retry_after

ANSWER_LIMIT: Final = 8 * 1024 * 1024  # bytes
TIMEOUT: Final = aiohttp.ClientTimeout(total=15, sock_connect=1.5, sock_read=10)
REPEAT_AFTER: Final = 0.2  # seconds, once, when the connection failed
PER_HOST: Final = 8  # operations in flight
BREAK_FOR: Final = 2.0  # seconds without requests after a host failed
SILENT_REQUESTS: Final = 3  # in a row, before silence counts as a failed host
_NO_CONNECTION: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_PREFIX: Final = "/api/2.0/mlflow/"


class ApiError(RegistryError):
    """The server understood and said no; `code` is MLflow's error code."""

    default_reason = Reason.REGISTRY_REFUSED

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"MLflow: {message}")
        self.code = code


class HostLimiter:
    """What all credentials of one host share: the bound and the breaker.

    The breaker opens when no connection is made, or when several requests in a row
    get no answer; a single slow or failing request says nothing about the host. The
    gate is shut for as long as the server asked for.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.gate = RetryAfterGate(clock)
        self._slots = asyncio.Semaphore(PER_HOST)
        self._clock = clock
        self._open_until = float("-inf")
        self._failure = ""
        self._silent = 0

    async def __aenter__(self) -> None:
        """Wait for one's turn, however long: a dead host's queue empties at once."""
        await self._slots.acquire()

    async def __aexit__(self, *_error: object) -> None:
        self._slots.release()

    def check(self) -> None:
        """Raise RegistryUnreachable while the breaker is open or the gate is shut."""
        self.gate.check()
        if self._clock() < self._open_until:
            # The words stay the same: a status that repeats them is not written again.
            raise RegistryUnreachable(self._failure)

    def answered(self) -> None:
        """Note a sign of life."""
        self._silent = 0

    def failed(self, message: str, *, silent: bool) -> None:
        """Note a failure to connect, or (`silent`) an answer that did not come."""
        self._silent += 1
        if not silent or self._silent >= SILENT_REQUESTS:
            self._failure = message
            self._open_until = self._clock() + BREAK_FOR


class Rest:
    """Calls to one server with one credential."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        host: HostLimiter,
        tracking_uri: str,
        credentials: Credentials,
    ) -> None:
        self._session = session
        self._host = host
        self._base = tracking_uri.rstrip("/") + _PREFIX
        self._headers = _authorization(credentials)
        sent = self._headers.get("Authorization", "").partition(" ")[2]
        self._secrets = [secret for secret in (credentials.password, sent) if secret]

    async def get(self, path: str, **params: str) -> dict[str, Any]:
        """Return the JSON answer of a read."""
        return await self._call("GET", path, params=params)

    async def send(self, method: str, path: str, **body: str) -> dict[str, Any]:
        """Carry out a write. All that we use may be repeated without harm."""
        return await self._call(method, path, json=body)

    async def _call(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        self._host.check()
        try:
            status, wish, body = await self._exchange_twice(method, path, content)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._failed(error) from None
        self._host.answered()
        try:
            return self._judge(status, body)
        except RegistryUnreachable as error:
            error.retry_after_seconds = retry_after(wish)
            raise self._host.gate.shut(error) from None

    async def _exchange_twice(
        self, method: str, path: str, content: Mapping[str, Any]
    ) -> tuple[int, str | None, bytes]:
        try:
            return await self._exchange(method, path, content)
        except (TimeoutError, aiohttp.ClientSSLError):
            raise
        except aiohttp.ClientConnectionError:
            # The server may have just closed a connection that we kept.
            await asyncio.sleep(REPEAT_AFTER)
            return await self._exchange(method, path, content)

    async def _exchange(
        self, method: str, path: str, content: Mapping[str, Any]
    ) -> tuple[int, str | None, bytes]:
        """Return the status, the header Retry-After if any, and the body."""
        async with self._session.request(
            method,
            self._base + path,
            headers=self._headers,
            allow_redirects=False,
            **content,
        ) as response:
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > ANSWER_LIMIT:
                    raise RegistryRefused("MLflow's answer is too long")
            return response.status, response.headers.get("Retry-After"), bytes(body)

    def _failed(self, error: Exception) -> RegistryError:
        if isinstance(error, aiohttp.ClientSSLError):
            return RegistryRefused(f"no trusted TLS with MLflow: {self._clean(error)}")
        silent = isinstance(error, TimeoutError)
        message = (
            "MLflow did not answer in time"
            if silent
            else f"MLflow cannot be reached: {self._clean(error)}"
        )
        self._host.failed(
            message, silent=silent and not isinstance(error, _NO_CONNECTION)
        )
        return RegistryUnreachable(message)

    def _judge(self, status: int, body: bytes) -> dict[str, Any]:
        answer = _object(body)
        if status == HTTPStatus.OK and answer is not None:
            return answer
        if status == HTTPStatus.UNAUTHORIZED:
            raise RegistryUnauthorized("MLflow refused the credentials (401)")
        if status == HTTPStatus.FORBIDDEN:
            raise self._forbidden(body)
        if status in {408, 429} or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise RegistryUnreachable(f"MLflow answered {status}")
        if 300 <= status < 400:
            raise RegistryRefused(
                f"the tracking URI redirects ({status}); give the final address"
            )
        if answer is not None and isinstance(answer.get("error_code"), str):
            message = self._clean(answer.get("message", ""))
            raise ApiError(answer["error_code"], message)
        raise RegistryRefused(f"no MLflow API at the tracking URI (answer {status})")

    def _forbidden(self, body: bytes) -> RegistryError:
        if b"Invalid HostLimiter header" in body:
            return RegistryRefused(
                "MLflow does not accept its own address as HostLimiter: add it to the "
                "server's --allowed-hosts, with and without the port"
            )
        return RegistryUnauthorized("these credentials may not do this (403)")

    def _clean(self, text: object) -> str:
        """Return one short printable line without our secrets."""
        line = str(text)
        for secret in self._secrets:
            line = line.replace(secret, "***")
        return "".join(c if c.isprintable() else " " for c in line)[:200]


def _authorization(credentials: Credentials) -> dict[str, str]:
    if credentials.username and credentials.password:
        pair = f"{credentials.username}:{credentials.password}".encode()
        return {"Authorization": "Basic " + base64.b64encode(pair).decode()}
    if credentials.token:
        if not credentials.token.isprintable() or not credentials.token.isascii():
            raise RegistryRefused("the token holds a line break or the like")
        return {"Authorization": f"Bearer {credentials.token}"}
    return {}


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None
