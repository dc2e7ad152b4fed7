"""Emulators of cloud stores as fixtures."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.environments.images import ensure_environment
from dev.processes.supervisor import Supervisor
from dev.services.azurite import Azurite
from dev.services.google_store import GoogleStore
from tests.system.worker.cloud_world import (
    Store,
    connected,
)


@pytest.fixture(scope="module")
def environment() -> Path:
    """Return where the stores' programs are installed."""
    return ensure_environment("objectstore")


@pytest.fixture(scope="module")
def google(service_supervisor: Supervisor, environment: Path) -> Iterator[Store]:
    """Google's, found by the variable that its clients share."""
    with GoogleStore(service_supervisor, environment, "models") as server:
        variables = {"STORAGE_EMULATOR_HOST": server.url}
        yield Store("gs://models", server.filesystem(), variables)


@pytest.fixture(scope="module")
def azurite(service_supervisor: Supervisor, environment: Path) -> Iterator[Azurite]:
    """Microsoft's."""
    with Azurite(service_supervisor, environment) as server:
        server.filesystem().create_dir("models")
        yield server


@pytest.fixture(scope="module")
def azure(azurite: Azurite) -> Store:
    """Microsoft's, found by its connection string."""
    return Store("az://models", azurite.filesystem(), connected(azurite))


@pytest.fixture(params=["google", "azure"])
def store(request: pytest.FixtureRequest) -> Store:
    """Return each of the two."""
    found: Store = request.getfixturevalue(request.param)
    return found
