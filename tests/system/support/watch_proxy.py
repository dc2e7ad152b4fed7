"""A proxy before the API server that can forget the watches it carries.

As a load balancer does that lost its state: their connections stay open and nothing
comes any more, while every new request works.
"""

import asyncio
import contextlib
import json
import ssl
import threading
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from dev.kubernetes.cluster import LocalCluster
from dev.processes.ports import free_port

CHUNK = 65536


class WatchProxy:
    """Use as a context manager; `kubeconfig` leads through it."""

    def __init__(self, cluster: LocalCluster) -> None:
        keys = cluster.directory / "pki"
        self._to = urlsplit(cluster.server)
        self._server_tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._server_tls.load_cert_chain(keys / "apiserver.crt", keys / "apiserver.key")
        self._client_tls = ssl.create_default_context(cafile=str(keys / "ca.crt"))
        self._port = free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._watches: set[int] = set()
        self._forgotten: set[int] = set()
        self._number = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def watches(self) -> int:
        """How many watches it carries that still live."""
        return len(self._watches - self._forgotten)

    def forget_watches(self) -> int:
        """Let nothing more through on the watches of now; return how many."""
        lost = self._watches - self._forgotten
        self._forgotten |= lost
        return len(lost)

    def kubeconfig(self, original: Path) -> Path:
        """Write a copy of a kubeconfig whose server is the proxy."""
        config = json.loads(original.read_text())
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{self._port}"
        path = original.with_suffix(".proxied")
        path.touch(mode=0o600)
        path.write_text(json.dumps(config))
        return path

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        """Let no connection remain; each ends both of its tasks."""
        if self._server:
            self._server.close()
        while self._open:
            for writer in tuple(self._open):
                writer.transport.abort()
            await asyncio.sleep(0.01)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self._port, ssl=self._server_tls
        )

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._number += 1
        number = self._number
        self._open.add(writer)
        with contextlib.suppress(OSError):
            there, back = await asyncio.open_connection(
                self._to.hostname, self._to.port, ssl=self._client_tls
            )
            self._open.add(back)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._ask(number, reader, back))
                both.create_task(self._answer(number, there, writer))
            back.transport.abort()
            self._open.discard(back)
        writer.transport.abort()
        self._open.discard(writer)
        self._watches.discard(number)

    async def _ask(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if b"watch=true" in chunk:
                    self._watches.add(number)
                writer.write(chunk)
                await writer.drain()
        writer.close()

    async def _answer(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if number not in self._forgotten:
                    writer.write(chunk)
                    await writer.drain()
        if number not in self._forgotten:
            writer.close()
