"""The registry port on real MLflow servers: one client per (address, credential)."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from killick.registry import reading, writing
from killick.registry.http import TIMEOUT, ApiError, HostLimiter, Rest
from killick.registry.mlflow_api import MlflowApi
from killick.registry.port import (
    AttemptQuery,
    ChampionChange,
    Credentials,
    RegistryRefused,
    RegistryState,
    RegistryTarget,
    RegistryUnreachable,
)
from killick.registry.validation import check_uri

CLIENTS_KEPT: Final = 256
DEADLINE: Final = 60.0  # seconds for one method's calls, once it is its turn


class MlflowRegistry:
    """Implements `Registry`. Make and close it inside one running event loop.

    `timeout` bounds each request, not the waiting for one's turn; `clock` is in
    seconds and serves the breaker and the memory of ended runs.
    """

    def __init__(
        self,
        *,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timeout = timeout
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._hosts: dict[str, HostLimiter] = {}
        self._clients: OrderedDict[tuple[str, Credentials], MlflowApi] = OrderedDict()

    async def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        self._clients.clear()
        session, self._session = self._session, None
        if session:
            await session.close()

    async def read(
        self,
        target: RegistryTarget,
        credentials: Credentials,
        attempt: AttemptQuery | None = None,
        versions: tuple[str, ...] = (),
    ) -> RegistryState:
        """See `Registry.read`."""
        async with self._slot(target, credentials) as api:
            return await reading.read(api, target, attempt, versions)

    async def mark_candidate(
        self,
        target: RegistryTarget,
        credentials: Credentials,
        version: str,
        tags: Mapping[str, str],
        *,
        sync_stage: bool,
    ) -> None:
        """See `Registry.mark_candidate`."""
        async with self._slot(target, credentials) as api:
            await writing.mark_candidate(
                api, target, version, tags, sync_stage=sync_stage
            )

    async def mark_champion(
        self,
        target: RegistryTarget,
        credentials: Credentials,
        change: ChampionChange,
    ) -> None:
        """See `Registry.mark_champion`."""
        async with self._slot(target, credentials) as api:
            await writing.mark_champion(api, target, change)

    @asynccontextmanager
    async def _slot(
        self, target: RegistryTarget, credentials: Credentials
    ) -> AsyncIterator[MlflowApi]:
        """Wait for a turn at the host, then give bounded time with its client."""
        check_uri(target.tracking_uri)
        netloc = urlsplit(target.tracking_uri).netloc.lower()
        host = self._hosts.setdefault(netloc, HostLimiter(self._clock))
        async with host:
            api = self._api(host, target.tracking_uri, credentials)
            try:
                async with asyncio.timeout(DEADLINE):
                    yield api
            except TimeoutError:
                raise RegistryUnreachable("MLflow took too long") from None
            except ApiError as error:
                raise RegistryRefused(error.message) from None

    def _api(
        self, host: HostLimiter, tracking_uri: str, credentials: Credentials
    ) -> MlflowApi:
        key = (tracking_uri, credentials)
        api = self._clients.pop(key, None)
        if api is None:
            rest = Rest(self._open_session(), host, tracking_uri, credentials)
            api = MlflowApi(rest, self._clock)
        self._clients[key] = api
        if len(self._clients) > CLIENTS_KEPT:
            self._clients.popitem(last=False)
        return api

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # The bound is per host and ours: waiting must not use up time-outs.
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "killick"},
                timeout=self._timeout,
                trust_env=False,
            )
        return self._session
