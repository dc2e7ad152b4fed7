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

import pyarrow as pa
from pyarrow import fs

from driftcheck.profile_file import MAXIMUM_BYTES
from driftcheck.stores import filesystem_at

MODELS = "models:/"


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
        from driftcheck.profile_mlflow import version_artifacts

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
            return path.read_bytes() if path.stat().st_size <= MAXIMUM_BYTES else None
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
        if info.type != fs.FileType.File or (info.size or 0) > MAXIMUM_BYTES:
            return None
        with self._system.open_input_stream(path) as stream:
            found: bytes = stream.read(MAXIMUM_BYTES)
            return found

    def write(self, name: str, data: bytes) -> None:
        """See `Store`."""
        with self._system.open_output_stream(f"{self._prefix}/{name}") as stream:
            stream.write(pa.py_buffer(data))
