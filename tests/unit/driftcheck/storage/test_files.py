"""References and windows from a web server, and in Arrow's own format."""

import hashlib
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck.contract import Features
from driftcheck.errors import CheckFailure
from driftcheck.reference.load import load_reference
from driftcheck.storage.http import download
from driftcheck.storage.mlflow import location
from driftcheck.storage.parquet import column_names

FEATURES = Features("Columns", ("price", "kind"))
TABLE = pa.table({"price": [1.0, 2.0, 3.0], "kind": ["a", None, "b"]})


class Server(ThreadingHTTPServer):
    """Answers each path as its name says; remembers the headers of requests."""

    daemon_threads = False

    def __init__(self, data: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.data = data
        self.seen: list[dict[str, str]] = []
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    """One answer of `Server`."""

    server: Server

    def do_GET(self) -> None:
        """Answers a path."""
        self.server.seen.append(dict(self.headers))
        name = self.path.partition("?")[0].rpartition("/")[2]
        targets = {"moved": "/file", "to-file": "file:///etc/passwd", "loop": "/loop"}
        if name in targets:
            self._head(302, Location=targets[name])
        elif name == "gone":
            self._head(404)
        elif name == "huge":
            self._head(200, **{"Content-Length": str(3 * 1024**3)})
        elif name == "cut":
            self._head(200, **{"Content-Length": str(len(self.server.data) + 10)})
            self.wfile.write(self.server.data)
        elif name == "stalls":
            self._head(200)
            self.server.released.wait()
        elif name == "drips":
            self._head(200)
            while not self.server.released.wait(0.05):
                self.wfile.write(b"x")
        else:
            self._head(200)
            self.wfile.write(self.server.data)

    def _head(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    """A web server that has a reference."""
    stream = pa.BufferOutputStream()
    pq.write_table(TABLE, stream)
    with Server(stream.getvalue().to_pybytes()) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield found
        found.released.set()
        found.shutdown()
        thread.join()


@pytest.mark.parametrize("name", ["file", "moved"])
def test_a_web_server_has_the_reference(server: Server, name: str) -> None:
    """Its digest is that of the bytes, and nothing like a credential is sent."""
    found = load_reference(f"{server.url}/{name}?token=hunter2", FEATURES, {})
    assert found.sha256 == hashlib.sha256(server.data).hexdigest()
    assert found.dataset.rows == 3
    sent = {header.lower() for headers in server.seen for header in headers}
    assert not sent & {"authorization", "cookie", "referer"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gone", "404"),
        ("to-file", "not allowed"),
        ("loop", "redirect"),
        ("huge", "more than 2147483648 bytes"),
        ("cut", "ended before the file did"),
    ],
)
def test_what_a_web_server_cannot_give_is_named(
    server: Server, name: str, said: str
) -> None:
    """An error with its reason, and without what stands in the address's query."""
    with pytest.raises(CheckFailure, match="ReferenceUnreadable") as caught:
        load_reference(f"{server.url}/{name}?token=hunter2", FEATURES, {})
    assert said in caught.value.message
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize("name", ["stalls", "drips"])
def test_a_server_that_never_ends_is_given_up(server: Server, name: str) -> None:
    """Neither silence nor a byte now and then holds a check for ever."""
    with pytest.raises(TimeoutError):
        download(f"{server.url}/{name}", 1000, seconds=0.5)


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_an_arrow_file_is_a_reference(tmp_path: Path, compression: str) -> None:
    """The same columns as of parquet, pinned by the file's own digest."""
    path = tmp_path / "reference.arrow"
    options = pa.ipc.IpcWriteOptions(
        compression=None if compression == "uncompressed" else compression
    )
    with pa.ipc.new_file(path, TABLE.schema, options=options) as writer:
        writer.write_table(TABLE)
    found = load_reference(str(path), FEATURES, {})
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.dataset.rows == 3
    assert set(found.kinds) == {"price", "kind"}
    assert column_names(str(path), {}) == ["price", "kind"]


def test_a_broken_arrow_file_says_so(tmp_path: Path) -> None:
    """Cut off in the middle it is unreadable."""
    path = tmp_path / "reference.arrow"
    with pa.ipc.new_file(path, TABLE.schema) as writer:
        writer.write_table(TABLE)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(CheckFailure, match="ReferenceUnreadable"):
        load_reference(str(path), FEATURES, {})


@pytest.mark.parametrize("uri", ["models:/a/1", "models:/a/b/x", "runs:/a/../../x"])
def test_an_artifacts_address_is_checked_first(uri: str) -> None:
    """What names no artifact is refused before anybody is asked."""
    with pytest.raises(ValueError, match=r"write models|leads out"):
        location(uri, {"MLFLOW_TRACKING_URI": "http://127.0.0.1:1"})
