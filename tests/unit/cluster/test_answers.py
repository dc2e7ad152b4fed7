"""How the API server's answers become errors of ours."""

import json

import pytest

from killick.cluster.kube import _read
from killick.errors import Conflict, KillickError, NotGranted, Unavailable

TABLE = [
    (403, "Forbidden", NotGranted, "NamespaceNotGranted"),
    (404, "NotFound", KillickError, "NotFound"),
    (409, "AlreadyExists", Conflict, "Conflict"),
    (409, "Conflict", Conflict, "Conflict"),
    (422, "Invalid", KillickError, "Invalid"),
    (401, "Unauthorized", KillickError, "Unauthorized"),
    (429, "TooManyRequests", Unavailable, "APIServerUnavailable"),
    (500, "InternalError", Unavailable, "APIServerUnavailable"),
    (503, "ServiceUnavailable", Unavailable, "APIServerUnavailable"),
]


@pytest.mark.parametrize(("status", "said", "kind", "reason"), TABLE)
def test_table(status: int, said: str, kind: type[KillickError], reason: str) -> None:
    """Each HTTP status is the error of the port, with the server's own words."""
    data = json.dumps({"reason": said, "message": "because of this"}).encode()
    with pytest.raises(kind) as caught:
        _read(status, data, "POST jobs", "ml")
    assert caught.value.reason == reason
    assert "POST jobs: because of this" in caught.value.message


@pytest.mark.parametrize(
    "data", [b"", b"<html>", b"[]", b"7", b"\xff", b'{"message":null}']
)
def test_broken_bodies(data: bytes) -> None:
    """A body that is no answer of an API server is an error all the same."""
    with pytest.raises(Unavailable, match="HTTP 502"):
        _read(502, data, "GET api", None)
    assert _read(200, b"{}", "GET api", None) == {}


def test_a_long_answer_is_cut() -> None:
    """However much the server says, an error stays readable."""
    data = json.dumps({"message": "x" * 10**6}).encode()
    with pytest.raises(Unavailable) as caught:
        _read(500, data, "GET api", None)
    assert len(caught.value.message) < 600


@pytest.mark.parametrize("data", [b"", b"<html>", b"[]", b"null", b'{"items"', b"["])
def test_a_broken_success_is_no_answer(data: bytes) -> None:
    """A success that cannot be read is never taken for an empty list."""
    with pytest.raises(Unavailable):
        _read(200, data, "GET jobs", "ml")
