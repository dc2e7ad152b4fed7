"""A proxy before the API server that can forget the watches it carries.

As a load balancer does that lost its state: their connections stay open and nothing
comes any more, while every new request works.
"""

import asyncio
import contextlib
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from dev.kubernetes.cluster import LocalCluster
from dev.processes.ports import free_port

CHUNK = 65536


class WatchProxy:
    """Use as a context manager; `kubeconfig` leads through it."""

    def __init__(self, server: str, keys: Path) -> None:
        """`server` is the API server's URL; `keys` is the cluster's `pki` folder."""
        self._to = urlsplit(server)
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
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @classmethod
    def before(cls, cluster: LocalCluster) -> Self:
        """Return one for this cluster's API server."""
        return cls(cluster.server, cluster.directory / "pki")

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
        """Let no connection remain; raise what any of them failed with."""
        if self._server:
            self._server.close()
        pending = self._connections
        while pending:
            for writer in self._open:
                writer.transport.abort()
            _, pending = await asyncio.wait(pending, timeout=0.05)
        await asyncio.gather(*self._connections)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self._port, ssl=self._server_tls
        )

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if task := asyncio.current_task():
            self._connections.add(task)
        self._number += 1
        number = self._number
        with contextlib.suppress(OSError), self._tracked(writer):
            there, back = await asyncio.open_connection(
                self._to.hostname, self._to.port, ssl=self._client_tls
            )
            with self._tracked(back):
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._ask(number, reader, back))
                    both.create_task(self._answer(number, there, writer))
        self._watches.discard(number)

    @contextlib.contextmanager
    def _tracked(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        """End the connection with the block; the proxy's end can end it earlier."""
        self._open.add(writer)
        try:
            yield
        finally:
            writer.transport.abort()
            self._open.discard(writer)

    async def _ask(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if b"watch=true" in chunk:
                    self._watches.add(number)
                writer.write(chunk)
                await writer.drain()
        _close(writer)

    async def _answer(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if number not in self._forgotten:
                    writer.write(chunk)
                    await writer.drain()
        if number not in self._forgotten:
            _close(writer)


def _close(writer: asyncio.StreamWriter) -> None:
    """Close a connection unless it is closing already.

    A TLS transport that is closed twice forgets its protocol. After that, `write`
    raises AttributeError, and so does `abort` in Python 3.11.2.
    """
    if not writer.is_closing():
        writer.close()
