"""The proxy of the outage tests, before a TLS server that is not a control plane."""

import asyncio
import json
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dev.kubernetes.certificates import Authority
from tests.system.support.watch_proxy import WatchProxy

REQUEST = b"GET /api?watch=true HTTP/1.1\r\n\r\n"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Return a folder with what a cluster's `pki` has."""
    Authority(tmp_path / "pki").issue("apiserver", "kube-apiserver")
    return tmp_path / "pki"


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send back what comes, until the other side ends."""
    try:
        while chunk := await reader.read(1000):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.transport.abort()


def ask(proxy: WatchProxy, keys: Path) -> ssl.SSLSocket:
    """Open a connection through the proxy and have one request answered on it."""
    original = keys / "kubeconfig"
    original.write_text(json.dumps({"clusters": [{"cluster": {}}]}))
    config = json.loads(proxy.kubeconfig(original).read_text())
    address = urlsplit(config["clusters"][0]["cluster"]["server"])
    assert address.hostname
    trust = ssl.create_default_context(cafile=str(keys / "ca.crt"))
    plain = socket.create_connection((address.hostname, address.port), timeout=10)
    client = trust.wrap_socket(plain, server_hostname="localhost")
    client.sendall(REQUEST)
    assert client.recv(1000) == REQUEST
    return client


@pytest.mark.parametrize("left", ["open", "closed", "forgotten"])
async def test_the_proxy_ends_with_its_connections(keys: Path, left: str) -> None:
    """Whoever ended a connection, the proxy ends without an error and leaves none."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(keys / "apiserver.crt", keys / "apiserver.key")
    server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]

    def play() -> None:
        with WatchProxy(f"https://127.0.0.1:{port}", keys) as proxy:
            client = ask(proxy, keys)
            assert proxy.watches == 1
            if left == "forgotten":
                assert proxy.forget_watches() == 1
                assert proxy.watches == 0
            if left == "closed":
                client.close()
        client.close()

    async with server:
        await asyncio.to_thread(play)
