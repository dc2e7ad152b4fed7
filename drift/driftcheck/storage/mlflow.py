"""Artifacts in MLflow, at the addresses that its clients use.

    models:/name/version/path        of a registered version
    runs:/run/path                   of a run
    mlflow-artifacts:/path           as the tracking server serves them

Artifacts in an object store are read from there, with the store's credentials. A server
can never redirect the worker to a local file.
"""

import base64
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pyarrow as pa

from driftcheck.storage.limits import FILE_BYTES, PROFILE_BYTES

STORES = ("s3", "gs", "gcs", "abfs", "abfss")
"""Schemes of object stores from which artifacts are read directly."""

TIMEOUT_SECONDS = 30
"""Seconds without data after which a request to the server fails.

A larger value delays a check whose server hangs; a smaller one fails on a server under
load.
"""

PROXIED_SCHEME = "mlflow-artifacts:"
"""The scheme of artifacts that the server serves; a host may follow it."""


class Client:
    """Requests to one tracking server, with its credentials from the environment."""

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
        limit: int = PROFILE_BYTES,
    ) -> bytes | None:
        """Send a request and return the body of the response.

        Parameters
        ----------
        method
            GET, PUT or POST; POST sends JSON.
        path
            The path and query below the server's address.
        data
            The body of the request.
        limit
            Bytes of the response that are read at most; the rest is cut off.

        Returns
        -------
        bytes or None
            The body; None if there is nothing at the path of a GET.

        Raises
        ------
        OSError
            If the server cannot be reached or reports any other error.
        """
        kind = "application/json" if method == "POST" else "application/octet-stream"
        headers = {**self._headers, "Content-Type": kind}
        request = Request(  # noqa: S310  its scheme was checked
            f"{self._server}/{path}", data, headers, method=method
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                body: bytes = answer.read(limit)
                return body
        except HTTPError as error:
            if method == "GET" and error.code == HTTPStatus.NOT_FOUND:
                return None
            raise OSError(f"MLflow answers {error.code} to {method}") from None
        except URLError as error:
            raise OSError(f"MLflow cannot be reached: {error.reason}") from None

    def get(self, path: str) -> dict[str, Any]:
        """Return the JSON object at a path; OSError if there is none."""
        body = self.send("GET", path)
        try:
            found: dict[str, Any] = json.loads(body or b"")
        except ValueError:
            raise OSError("MLflow knows no such version, or answers no JSON") from None
        return found

    def post(self, path: str, value: dict[str, Any]) -> dict[str, Any]:
        """Post JSON to a method of the API; return its response or raise OSError."""
        body = self.send("POST", f"api/2.0/mlflow/{path}", json.dumps(value).encode())
        try:
            found: dict[str, Any] = json.loads(body or b"")
        except ValueError:
            raise OSError("MLflow answers no JSON") from None
        return found


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def artifact(uri: str, environment: Mapping[str, str]) -> pa.Buffer | None:
    """Return an artifact that the tracking server serves; None if a store has it.

    FileNotFoundError is raised if there is no such artifact, ValueError if it is
    larger than FILE_BYTES or the address is malformed, OSError if the server fails.
    """
    client = client_from(environment)
    place = _place(uri, client)
    if not place.startswith(PROXIED_SCHEME):
        return None
    path = urlsplit(place).path.strip("/")
    address = f"api/2.0/mlflow-artifacts/artifacts/{quote(path)}"
    data = client.send("GET", address, limit=FILE_BYTES + 1)
    if data is None:
        raise FileNotFoundError("MLflow has no such artifact")
    if len(data) > FILE_BYTES:
        raise ValueError(f"more than {FILE_BYTES} bytes")
    return pa.py_buffer(data)


def location(uri: str, environment: Mapping[str, str]) -> str:
    """Return an artifact's address in an object store; ValueError if it has none."""
    place = _place(uri, client_from(environment))
    if urlsplit(place).scheme not in STORES:
        raise ValueError("MLflow keeps the artifact where only its server can read it")
    return place


def client_from(environment: Mapping[str, str]) -> Client:
    """Return the client of the server at MLFLOW_TRACKING_URI.

    ValueError is raised if the variable is not an http:// or https:// address.
    """
    server = environment.get("MLFLOW_TRACKING_URI", "")
    if urlsplit(server).scheme not in ("http", "https"):
        raise ValueError("MLFLOW_TRACKING_URI is not an http:// or https:// address")
    return Client(server.rstrip("/"), environment)


def _place(uri: str, client: Client) -> str:
    """Return the location of an artifact, as MLflow reports it."""
    scheme, _, rest = uri.partition(":/")
    if ".." in rest.split("/") or "//" in rest:
        raise ValueError("the address leads out of its place")
    if scheme == "mlflow-artifacts":
        return uri
    if scheme == "runs":
        run, _, path = rest.partition("/")
        found = client.get(f"api/2.0/mlflow/runs/get?{urlencode({'run_id': run})}")
        return f"{str(found['run']['info']['artifact_uri']).rstrip('/')}/{path}"
    name, _, rest = rest.partition("/")
    version, _, path = rest.partition("/")
    if not (name and version.isdecimal() and path):
        raise ValueError("write models:/name/version/path")
    asked = urlencode({"name": name, "version": version})
    found = client.get(f"api/2.0/mlflow/model-versions/get-download-uri?{asked}")
    return f"{str(found['artifact_uri']).rstrip('/')}/{path}"
