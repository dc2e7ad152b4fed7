"""The registry's contract on a real MLflow server."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from dev.services.mlflow_server import MLflowServer
from killick.registry.mlflow_registry import MlflowRegistry
from killick.registry.port import (
    NO_CREDENTIALS,
    RegistryState,
    RegistryTarget,
    RegistryUnreachable,
)
from tests.contract.registry.mlflow_world import MlflowWorld
from tests.contract.registry.registry_contract import Case, RegistryContract, World


class TestMlflow(RegistryContract):
    """The contract on MLflow."""

    @pytest.fixture
    async def world(self, mlflow_server: MLflowServer) -> AsyncIterator[World]:
        """A server with a SQLite store, shared by all tests."""
        registry = MlflowRegistry()
        yield MlflowWorld(mlflow_server.url, registry)
        await registry.close()

    async def test_restart_of_the_client(self, case: Case) -> None:
        """A closed adapter opens new connections when it is used again."""
        assert isinstance(case.world.registry, MlflowRegistry)
        await case.world.registry.close()
        assert await case.read() == RegistryState(model_exists=False)


async def test_hanging_server(mlflow_server: MLflowServer) -> None:
    """A server that hangs is unreachable, and works again when it has woken up."""
    target = RegistryTarget(mlflow_server.url, "model-of-the-hanging-server")
    hasty = aiohttp.ClientTimeout(total=1)
    registry = MlflowRegistry(timeout=hasty)
    mlflow_server.pause()
    try:
        with pytest.raises(RegistryUnreachable):
            await registry.read(target, NO_CREDENTIALS)
    finally:
        mlflow_server.resume()
        await registry.close()
    patient = MlflowRegistry()
    state = await patient.read(target, NO_CREDENTIALS)
    await patient.close()
    assert not state.model_exists
