"""Profiles as artifacts beside a model's version in MLflow, over its REST interface.

Importing MLflow's own client takes longer than a whole check with a profile.
"""

import base64
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from driftcheck.profile_file import MAXIMUM_BYTES

if TYPE_CHECKING:
    from driftcheck.profile_store import Store

TIMEOUT_SECONDS = 30
FOLDER = "driftcheck"
PROXIED = "mlflow-artifacts:"


def version_artifacts(version: str, environment: Mapping[str, str]) -> "Store":
    """The artifacts of the run that made `name/version`; OSError where that fails.

    They go through the tracking server where it serves artifacts, else to where the
    run keeps them.
    """
    server = environment.get("MLFLOW_TRACKING_URI", "")
    if urlsplit(server).scheme not in ("http", "https"):
        raise ValueError("MLFLOW_TRACKING_URI is no http:// or https:// address")
    name, _, number = version.partition("/")
    if not name or not number.isdecimal():
        raise ValueError(f"models:/{version} does not name a model's version")
    client = Client(server.rstrip("/"), environment)
    asked = urlencode({"name": name, "version": number})
    found = client.get(f"api/2.0/mlflow/model-versions/get?{asked}")
    run = str(found["model_version"].get("run_id") or "")
    if not run:
        raise ValueError(f"models:/{version} has no run to keep artifacts")
    found = client.get(f"api/2.0/mlflow/runs/get?{urlencode({'run_id': run})}")
    return run_artifacts(client, str(found["run"]["info"]["artifact_uri"]), environment)


def run_artifacts(
    client: "Client", address: str, environment: Mapping[str, str]
) -> "Store":
    """The folder of ours among a run's artifacts, which are at that address."""
    from driftcheck.profile_store import store_at

    root = address.rstrip("/")
    if root.startswith(PROXIED):
        return Artifacts(client, urlsplit(root).path.strip("/"))
    return store_at(f"{root}/{FOLDER}", environment)


class Artifacts:
    """A run's artifacts, served by the tracking server."""

    def __init__(self, client: "Client", root: str) -> None:
        self._client = client
        self._root = f"api/2.0/mlflow-artifacts/artifacts/{quote(root)}/{FOLDER}"

    def read(self, name: str) -> bytes | None:
        """See `Store`."""
        return self._client.send("GET", f"{self._root}/{quote(name)}")

    def write(self, name: str, data: bytes) -> None:
        """See `Store`."""
        self._client.send("PUT", f"{self._root}/{quote(name)}", data)


class Client:
    """Requests to one server, with the credentials that are meant for it."""

    def __init__(self, server: str, environment: Mapping[str, str]) -> None:
        self._server = server
        self._headers: dict[str, str] = {}
        token = environment.get("MLFLOW_TRACKING_TOKEN")
        user = environment.get("MLFLOW_TRACKING_USERNAME")
        if user:
            password = environment.get("MLFLOW_TRACKING_PASSWORD", "")
            pair = base64.b64encode(f"{user}:{password}".encode()).decode()
            self._headers["Authorization"] = f"Basic {pair}"
        elif token:
            self._headers["Authorization"] = f"Bearer {token}"
        # A redirect would carry them to another host.
        self._opener = build_opener(_NoRedirects)

    def send(
        self,
        method: str,
        path: str,
        data: bytes | None = None,
        most: int = MAXIMUM_BYTES,
    ) -> bytes | None:
        """The first `most` bytes of the answer's body, None where there is nothing.

        OSError for anything else.
        """
        kind = "application/json" if method == "POST" else "application/octet-stream"
        headers = {**self._headers, "Content-Type": kind}
        request = Request(  # noqa: S310  its scheme was checked
            f"{self._server}/{path}", data, headers, method=method
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                body: bytes = answer.read(most)
                return body
        except HTTPError as error:
            if method == "GET" and error.code == HTTPStatus.NOT_FOUND:
                return None
            raise OSError(f"MLflow answers {error.code} to {method}") from None
        except URLError as error:
            raise OSError(f"MLflow cannot be reached: {error.reason}") from None

    def get(self, path: str) -> dict[str, Any]:
        """The answer as JSON; OSError where there is none."""
        body = self.send("GET", path)
        try:
            found: dict[str, Any] = json.loads(body or b"")
        except ValueError:
            raise OSError("MLflow knows no such version, or answers no JSON") from None
        return found

    def post(self, path: str, value: dict[str, Any]) -> dict[str, Any]:
        """The answer to a change, as JSON; OSError where there is none."""
        body = self.send("POST", f"api/2.0/mlflow/{path}", json.dumps(value).encode())
        try:
            found: dict[str, Any] = json.loads(body or b"")
        except ValueError:
            raise OSError("MLflow answers no JSON") from None
        return found


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None
