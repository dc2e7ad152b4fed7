"""Files that are artifacts in MLflow, by the addresses that its clients use.

    models:/name/version/path        of a registered version
    runs:/run/path                   of a run
    mlflow-artifacts:/path           as the tracking server serves them

Where the artifacts lie in an object store they are read from there, with its own
credentials. A server never leads to a file of this machine.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit

import pyarrow as pa

from driftcheck.profile_mlflow import PROXIED, Client
from driftcheck.sources import MAXIMUM_BYTES

STORES = ("s3", "gs", "gcs", "abfs", "abfss")


def artifact(uri: str, environment: Mapping[str, str]) -> pa.Buffer | None:
    """The bytes, where the tracking server serves them; None where it does not."""
    client = _client(environment)
    place = _place(uri, client)
    if not place.startswith(PROXIED):
        return None
    path = urlsplit(place).path.strip("/")
    address = f"api/2.0/mlflow-artifacts/artifacts/{quote(path)}"
    data = client.send("GET", address, most=MAXIMUM_BYTES + 1)
    if data is None:
        raise FileNotFoundError("MLflow has no such artifact")
    if len(data) > MAXIMUM_BYTES:
        raise ValueError(f"more than {MAXIMUM_BYTES} bytes")
    return pa.py_buffer(data)


def location(uri: str, environment: Mapping[str, str]) -> str:
    """The address in an object store; ValueError where the artifact lies elsewhere."""
    place = _place(uri, _client(environment))
    if urlsplit(place).scheme not in STORES:
        raise ValueError("MLflow keeps the artifact where only its server can read it")
    return place


def _client(environment: Mapping[str, str]) -> Client:
    server = environment.get("MLFLOW_TRACKING_URI", "")
    if urlsplit(server).scheme not in ("http", "https"):
        raise ValueError("MLFLOW_TRACKING_URI is no http:// or https:// address")
    return Client(server.rstrip("/"), environment)


def _place(uri: str, client: Client) -> str:
    """Where an artifact lies, as MLflow tells it."""
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
