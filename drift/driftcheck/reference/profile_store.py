"""Where profiles are kept: a directory, an object store, or beside a model's version.

    /some/directory        file:///some/directory
    s3://bucket/prefix     gs://, abfs:// and what else `stores` has a filesystem for
    models:/name/version   artifacts of the MLflow run that made the version

Each write is whole or absent: a file is renamed into its place, an object appears when
its upload is complete.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlencode, urlsplit

import pyarrow as pa
from pyarrow import fs

from driftcheck.contract.addresses import MODELS
from driftcheck.storage.filesystems import filesystem_at
from driftcheck.storage.limits import PROFILE_BYTES
from driftcheck.storage.mlflow import PROXIED_SCHEME, Client, client_from


class Store(Protocol):
    """A place for profiles; OSError, ValueError or an ArrowException where it fails."""

    def read(self, name: str) -> bytes | None:
        """The bytes of that name, None where there are none or too many."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Keeps the bytes, whole or not at all."""
        ...


def store_at(address: str, environment: Mapping[str, str]) -> Store:
    """The store at a path or an address; ValueError where there is no such kind.

    `environment` holds what is needed to reach MLflow, as its own client wants it,
    and object stores as `stores` says.
    """
    if address.startswith(MODELS):
        return version_artifacts(address.removeprefix(MODELS), environment)
    if "://" not in address:
        return Directory(Path(address))
    if address.startswith("file://"):
        _, path = fs.FileSystem.from_uri(address)
        return Directory(Path(path))
    return ObjectStore(*filesystem_at(address.rstrip("/"), environment))


class Directory:
    """A directory, which is made when it is needed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, name: str) -> bytes | None:
        """See `Store`."""
        path = self._path / name
        try:
            return path.read_bytes() if path.stat().st_size <= PROFILE_BYTES else None
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, name: str, data: bytes) -> None:
        """See `Store`."""
        self._path.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._path, delete=False) as file:
            file.write(data)
        Path(file.name).replace(self._path / name)


class ObjectStore:
    """A prefix in an object store."""

    def __init__(self, system: fs.FileSystem, prefix: str) -> None:
        self._system = system
        self._prefix = prefix

    def read(self, name: str) -> bytes | None:
        """See `Store`."""
        path = f"{self._prefix}/{name}"
        info = self._system.get_file_info(path)
        if info.type != fs.FileType.File or (info.size or 0) > PROFILE_BYTES:
            return None
        with self._system.open_input_stream(path) as stream:
            found: bytes = stream.read(PROFILE_BYTES)
            return found

    def write(self, name: str, data: bytes) -> None:
        """See `Store`."""
        with self._system.open_output_stream(f"{self._prefix}/{name}") as stream:
            stream.write(pa.py_buffer(data))


FOLDER = "driftcheck"


def version_artifacts(version: str, environment: Mapping[str, str]) -> Store:
    """The artifacts of the run that made `name/version`; OSError where that fails.

    They go through the tracking server where it serves artifacts, else to where the
    run keeps them.
    """
    client = client_from(environment)
    name, _, number = version.partition("/")
    if not name or not number.isdecimal():
        raise ValueError(f"{MODELS}{version} does not name a model's version")
    asked = urlencode({"name": name, "version": number})
    found = client.get(f"api/2.0/mlflow/model-versions/get?{asked}")
    run = str(found["model_version"].get("run_id") or "")
    if not run:
        raise ValueError(f"{MODELS}{version} has no run to keep artifacts")
    found = client.get(f"api/2.0/mlflow/runs/get?{urlencode({'run_id': run})}")
    return run_artifacts(client, str(found["run"]["info"]["artifact_uri"]), environment)


def run_artifacts(
    client: Client, address: str, environment: Mapping[str, str]
) -> Store:
    """The folder of ours among a run's artifacts, which are at that address."""
    root = address.rstrip("/")
    if root.startswith(PROXIED_SCHEME):
        return Artifacts(client, urlsplit(root).path.strip("/"))
    return store_at(f"{root}/{FOLDER}", environment)


class Artifacts:
    """A run's artifacts, served by the tracking server."""

    def __init__(self, client: Client, root: str) -> None:
        self._client = client
        self._root = f"api/2.0/mlflow-artifacts/artifacts/{quote(root)}/{FOLDER}"

    def read(self, name: str) -> bytes | None:
        """See `Store`."""
        return self._client.send("GET", f"{self._root}/{quote(name)}")

    def write(self, name: str, data: bytes) -> None:
        """See `Store`."""
        self._client.send("PUT", f"{self._root}/{quote(name)}", data)
