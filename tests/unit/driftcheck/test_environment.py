"""Environment variables come from the mapping that a check is given, and only there."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck.__main__ import main
from driftcheck.inference_log.postgres import with_connect_timeout
from tests.unit.driftcheck.samples import normal

SOURCES = Path(__file__).parents[3] / "drift" / "driftcheck"
DEAD = "http://127.0.0.1:1"


def table(path: Path) -> Path:
    """A parquet file of one column of numbers."""
    pq.write_table(pa.table({"price": normal(1, 500)}), path)
    return path


class TrackingServer(ThreadingHTTPServer):
    """Serves one artifact at any path, and records the paths that were asked for."""

    def __init__(self, artifact: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.artifact = artifact
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    """One answer of `TrackingServer`."""

    server: TrackingServer

    def do_GET(self) -> None:
        """Send the artifact."""
        self.server.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.artifact)

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TrackingServer]:
    """A tracking server that has a reference."""
    artifact = table(tmp_path / "reference.parquet").read_bytes()
    with TrackingServer(artifact) as running:
        thread = Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def check(folder: Path, environment: dict[str, str]) -> int:
    """Run a check whose reference is an artifact in MLflow; return the exit code."""
    current = str(table(folder / "current.parquet"))
    reference = "mlflow-artifacts:/reference.parquet"
    return main(["--reference", reference, "--current", current], environment)


def test_a_check_reads_the_variables_that_it_is_given(
    server: TrackingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mapping names the server; that of the process leads nowhere."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", DEAD)
    assert check(tmp_path, {"MLFLOW_TRACKING_URI": server.url}) == 0
    assert set(server.asked) == {
        "/api/2.0/mlflow-artifacts/artifacts/reference.parquet"
    }


def test_a_check_ignores_the_variables_of_its_process(
    server: TrackingServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The process names the server, the mapping does not: nobody asks the server."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.url)
    assert check(tmp_path, {}) == 1
    assert "MLFLOW_TRACKING_URI is not an http" in capsys.readouterr().err
    assert server.asked == []


def test_only_the_entry_point_reads_the_variables_of_the_process() -> None:
    """No other module of the worker mentions os.environ or os.getenv."""
    readers = [
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.py")
        if "os.environ" in (text := path.read_text("utf-8")) or "getenv" in text
    ]
    assert readers == ["__main__.py"]


@pytest.mark.parametrize(
    ("url", "environment", "limited"),
    [
        ("postgresql://h/db", {}, "postgresql://h/db?connect_timeout=10"),
        ("postgresql://h", {}, "postgresql://h?connect_timeout=10"),
        ("postgresql://h/db?", {}, "postgresql://h/db?connect_timeout=10"),
        (
            "postgresql://u:p%40@h/db?sslmode=require",
            {"PGCONNECT_TIMEOUT": "3"},
            "postgresql://u:p%40@h/db?sslmode=require&connect_timeout=3",
        ),
        (
            "postgresql://h/db?connect_timeout=7",
            {"PGCONNECT_TIMEOUT": "3"},
            "postgresql://h/db?connect_timeout=7",
        ),
        (
            "postgresql://u:p?w@h/db",
            {},
            "postgresql://u:p?w@h/db?connect_timeout=10",
        ),
        (
            "postgresql://h/db?user=a@b",
            {},
            "postgresql://h/db?user=a@b&connect_timeout=10",
        ),
    ],
)
def test_connecting_has_a_limit(
    url: str, environment: dict[str, str], limited: str
) -> None:
    """The address's own limit comes first, then the variable, then ten seconds."""
    assert with_connect_timeout(url, environment) == limited
