"""Stores of profiles: a directory, an object store, or a model's version in MLflow.

    /some/directory        file:///some/directory
    s3://bucket/prefix     gs://, abfs:// and others (see `storage.filesystems`)
    models:/name/version   artifacts of the MLflow run that made the version

Each write is atomic: a file is renamed into place, an object appears when its upload is
complete.
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
    """A store of profiles; OSError, ValueError or an ArrowException if it fails."""

    def read(self, name: str) -> bytes | None:
        """Return the bytes of that name; None if absent or above PROFILE_BYTES."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Store the bytes atomically."""
        ...


def store_at(address: str, environment: Mapping[str, str]) -> Store:
    """Return the store at a path or an address; ValueError if its kind is unknown.

    `environment` holds the variables of MLflow's own client and those that
    `storage.filesystems` names.
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
    """A directory, created on the first write."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, name: str) -> bytes | None:
        """Implement `Store`."""
        path = self._path / name
        try:
            return path.read_bytes() if path.stat().st_size <= PROFILE_BYTES else None
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, name: str, data: bytes) -> None:
        """Implement `Store`."""
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
        """Implement `Store`."""
        path = f"{self._prefix}/{name}"
        info = self._system.get_file_info(path)
        if info.type != fs.FileType.File or (info.size or 0) > PROFILE_BYTES:
            return None
        with self._system.open_input_stream(path) as stream:
            data: bytes = stream.read(PROFILE_BYTES)
            return data

    def write(self, name: str, data: bytes) -> None:
        """Implement `Store`."""
        with self._system.open_output_stream(f"{self._prefix}/{name}") as stream:
            stream.write(pa.py_buffer(data))


FOLDER = "driftcheck"
"""The folder of the worker's files among a run's artifacts."""


def version_artifacts(version: str, environment: Mapping[str, str]) -> Store:
    """Return the artifacts of the run that created `name/version`.

    They are accessed through the tracking server if it serves artifacts, else directly
    in the run's object store. OSError is raised if the server fails, ValueError if the
    version or its run does not exist.
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
    """Return FOLDER among a run's artifacts, which are at that address."""
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
        """Implement `Store`."""
        return self._client.send("GET", f"{self._root}/{quote(name)}")

    def write(self, name: str, data: bytes) -> None:
        """Implement `Store`."""
        self._client.send("PUT", f"{self._root}/{quote(name)}", data)
