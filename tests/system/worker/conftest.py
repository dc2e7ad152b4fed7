"""Fixtures of the worker's tests: emulators of stores, a reference, the command."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dev.environments.images import ensure_environment
from dev.processes.supervisor import Supervisor
from dev.services.azurite import Azurite
from dev.services.google_store import GoogleStore
from driftcheck import contract as c
from driftcheck.__main__ import main
from tests.system.worker.cloud_world import (
    Store,
    connected,
)
from tests.system.worker.postgres.postgres_world import (
    Ran,
    Run,
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


@pytest.fixture
def reference(tmp_path: Path) -> c.Reference:
    """Return a reference of two normal features."""
    rng = np.random.default_rng(1)
    path = tmp_path / "reference.parquet"
    columns = {"price": rng.normal(20, 5, 2000), "age": rng.normal(40, 9, 2000)}
    pq.write_table(pa.table(columns), path)
    return c.Reference(str(path))


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the worker with an environment, as a pod does."""
    message = tmp_path / "termination-log"

    def run(step: str, **environment: str) -> Ran:
        code = main([step], {"TERMINATION_LOG_PATH": str(message), **environment})
        said = capsys.readouterr()
        return Ran(code, message.read_bytes(), said.out + said.err)

    return run
