"""Directories, object stores and MLflow as places for profiles."""

import uuid
from pathlib import Path

import pytest
from mlflow import MlflowClient
from pyarrow import fs

from dev.services.mlflow_server import MLflowServer
from driftcheck.reference.profile_store import (
    Directory,
    ObjectStore,
    Store,
    store_at,
)
from tests.contract.stores.profile_store_contract import NAME, ProfileStoreContract


class TestDirectory(ProfileStoreContract):
    """A directory that does not exist yet."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        """By its address."""
        return store_at((tmp_path / "new" / "folder").as_uri(), {})

    def test_nothing_half_written_is_left(self, store: Store, tmp_path: Path) -> None:
        """One file, whole, and no other."""
        store.write(NAME, b"data")
        folder = tmp_path / "new" / "folder"
        assert [path.name for path in folder.iterdir()] == [NAME]


class TestObjectStore(ProfileStoreContract):
    """pyarrow's interface of object stores, over a directory's objects."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        """As S3, GCS and Azure are used."""
        return ObjectStore(fs.LocalFileSystem(), str(tmp_path))


class TestModelVersion(ProfileStoreContract):
    """The artifacts beside a version on a real MLflow server."""

    @pytest.fixture
    def address(self, mlflow_server: MLflowServer) -> str:
        """A new version's."""
        client = MlflowClient(mlflow_server.url)
        name = f"profiled-{uuid.uuid4().hex[:8]}"
        run = client.create_run("0").info.run_id
        client.create_registered_model(name)
        source = f"mlflow-artifacts:/0/{run}/artifacts/model"
        version = client.create_model_version(name, source, run)
        return f"models:/{name}/{version.version}"

    @pytest.fixture
    def store(self, mlflow_server: MLflowServer, address: str) -> Store:
        """Reached as the worker reaches it."""
        return store_at(address, {"MLFLOW_TRACKING_URI": mlflow_server.url})

    def test_mlflow_shows_it_among_the_artifacts(
        self, mlflow_server: MLflowServer, address: str, store: Store
    ) -> None:
        """A person finds it in the run that made the version."""
        store.write(NAME, b"data")
        client = MlflowClient(mlflow_server.url)
        name, number = address.removeprefix("models:/").split("/")
        run = client.get_model_version(name, number).run_id or ""
        found = [artifact.path for artifact in client.list_artifacts(run, "driftcheck")]
        assert found == [f"driftcheck/{NAME}"]

    @pytest.mark.parametrize(
        ("address", "said"),
        [
            ("models:/no-such-model/1", "knows no such version"),
            ("models:/model", "does not name a model's version"),
            ("models:/model/latest", "does not name a model's version"),
        ],
    )
    def test_an_address_of_no_version_says_so(
        self, mlflow_server: MLflowServer, address: str, said: str
    ) -> None:
        """Before anything is written somewhere else."""
        with pytest.raises((OSError, ValueError), match=said):
            store_at(address, {"MLFLOW_TRACKING_URI": mlflow_server.url})

    def test_a_server_that_is_away_says_so(self) -> None:
        """The warning names the cause, and no credentials."""
        away = {
            "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
            "MLFLOW_TRACKING_TOKEN": "hunter2",
        }
        with pytest.raises(OSError, match="cannot be reached") as caught:
            store_at("models:/model/1", away)
        assert "hunter2" not in str(caught.value)


def test_an_address_of_no_kind_is_refused() -> None:
    """An unknown scheme keeps nothing anywhere."""
    with pytest.raises((ValueError, OSError)):
        store_at("nosuch://bucket/prefix", {})


def test_a_directory_is_a_path(tmp_path: Path) -> None:
    """Without a scheme, as the command line gives it."""
    assert isinstance(store_at(str(tmp_path), {}), Directory)
