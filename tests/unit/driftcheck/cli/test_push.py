"""Gauges that a check pushes to a Pushgateway."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.unit.driftcheck.cli.conftest import Run


class Gateway(BaseHTTPRequestHandler):
    """A Pushgateway's one operation."""

    pushed: list[tuple[str, str, str]] = []  # noqa: RUF012
    status = 200

    def do_PUT(self) -> None:
        """Keep what was pushed."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        type(self).pushed.append(("PUT", self.path, body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def gateway() -> Iterator[tuple[str, type[Gateway]]]:
    """A gateway of the test's own."""
    handler = type("One", (Gateway,), {"pushed": [], "status": 200})
    server = HTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()


def test_gauges_are_pushed(run: Run, gateway: tuple[str, type[Gateway]]) -> None:
    """Verdict, share and time, grouped by job, namespace and name."""
    url, seen = gateway
    ran = run(
        *("--reference", "reference.parquet", "--current", "drift.parquet"),
        *("--name", "shop", "--namespace", "ml"),
        PUSHGATEWAY_URL=url,
    )
    assert ran.returncode == 10
    [(_, path, body)] = seen.pushed
    assert path == "/metrics/job/killick/name/shop/namespace/ml"
    assert "driftcheck_drift_detected 1.0" in body
    assert "driftcheck_drift_share_ratio 0.5" in body
    assert "driftcheck_last_check_timestamp_seconds 1." in body


def test_what_was_not_computed_is_not_pushed_as_zero(
    run: Run, gateway: tuple[str, type[Gateway]]
) -> None:
    """An inconclusive window has a time, but no drift gauges."""
    url, seen = gateway
    ran = run(
        *("--reference", "reference.parquet", "--current", "few.parquet"),
        PUSHGATEWAY_URL=url,
    )
    assert ran.returncode == 12
    body = seen.pushed[0][2]
    assert "driftcheck_last_check_timestamp_seconds" in body
    assert "drift_" not in body


def test_a_failing_push_changes_nothing(
    run: Run, gateway: tuple[str, type[Gateway]]
) -> None:
    """It is a warning; the verdict stands."""
    url, seen = gateway
    seen.status = 500
    for address in (url, "http://127.0.0.1:1"):
        ran = run(
            *("--reference", "reference.parquet", "--current", "same.parquet"),
            PUSHGATEWAY_URL=address,
        )
        assert ran.returncode == 0
        assert "warning: push failed" in ran.stderr
