"""docs/training-contract.md, tried in the training environment on a real MLflow."""

import re
import subprocess
import time
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dev.environments.images import ensure_environment
from dev.services.mlflow_server import MLflowServer
from killick import names
from killick.act.manifests import JobOwner
from killick.act.training import environment
from killick.plan.effects import StartTraining
from killick.registry.mlflow_registry import MlflowRegistry
from killick.registry.port import (
    NO_CREDENTIALS,
    AttemptQuery,
    RegistryState,
    RegistryTarget,
)
from killick.resource.codec import from_dict
from killick.resource.spec import Spec
from killick.resource.status import Attempt

REPOSITORY = Path(__file__).resolve().parents[3]
PROGRAM = Path(__file__).with_name("training_styles.py")
CONTRACT = REPOSITORY / "docs" / "training-contract.md"
FOLLOWS = (
    "own_tags",
    "registered_afterwards",
    "autologged",
    "nested",
    "client_with_tags",
)
UNTAGGED = ("client_only", "tag_overwritten")


def contract_environment(model: str, tracking_uri: str) -> dict[str, str]:
    """The variables that the operator itself would give a training Job."""
    spec = from_dict(
        Spec,
        {
            "model": {"name": model},
            "reference": {"uri": "file:///nowhere/reference.parquet"},
            "inferenceLog": {
                "type": "Postgres",
                "postgres": {
                    "secretKeyRef": {"name": "log", "key": "DATABASE_URL"},
                    "table": "log",
                },
                "features": {"type": "Vector", "vector": {"names": ["a", "b"]}},
            },
        },
    )
    owner = JobOwner(
        names.ObjectName("test", "ml", "model"), "uid", spec, "worker", tracking_uri
    )
    began = datetime.now(UTC).replace(microsecond=0)
    attempt = Attempt(uuid.uuid4().hex[:10], "episode", "Running", began)
    env = environment(owner, StartTraining(attempt, "job"), None)
    return {entry["name"]: entry["value"] for entry in env}


class Trained:
    """What one run of the program left behind."""

    def __init__(self, registry: MlflowRegistry, variables: dict[str, str]) -> None:
        self.variables = variables
        self._registry = registry
        self._since = time.time()

    def run(self, directory: Path) -> None:
        """Run the program with nothing but the contract's variables."""
        venv = ensure_environment("training")
        subprocess.run(
            [venv / "bin" / "python", PROGRAM],
            env={
                "PATH": f"{venv}/bin",
                "HOME": str(directory),
                "MLFLOW_DISABLE_TELEMETRY": "true",
                "GIT_PYTHON_REFRESH": "quiet",
                **self.variables,
            },
            cwd=directory,
            check=True,
            timeout=240,
        )

    async def find(self, style: str) -> RegistryState:
        """Look for the attempt's version as the operator does."""
        target = RegistryTarget(
            self.variables["MLFLOW_TRACKING_URI"],
            f"{self.variables['KILLICK_MODEL']}-{style}",
        )
        query = AttemptQuery(self.variables["KILLICK_ATTEMPT"], self._since)
        return await self._registry.read(target, NO_CREDENTIALS, query)


@pytest.fixture(scope="module")
def variables(mlflow_server: MLflowServer) -> dict[str, str]:
    """The environment of one attempt."""
    return contract_environment(f"styles-{uuid.uuid4().hex[:8]}", mlflow_server.url)


@pytest.fixture(scope="module")
def ran(
    variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The same, after the training program has run with it."""
    Trained(MlflowRegistry(), variables).run(tmp_path_factory.mktemp("training"))
    return variables


@pytest.fixture
async def trained(ran: dict[str, str]) -> AsyncIterator[Trained]:
    """The attempt's traces in the registry."""
    registry = MlflowRegistry()
    yield Trained(registry, ran)
    await registry.close()


@pytest.mark.parametrize("style", FOLLOWS)
async def test_attempt_leads_to_its_version(trained: Trained, style: str) -> None:
    """Training that knows nothing of Killick ends with a version we find by itself."""
    state = await trained.find(style)
    assert len(state.attempt_versions) == 1
    facts = state.versions[state.attempt_versions[0]]
    assert facts.attempt == trained.variables["KILLICK_ATTEMPT"]
    if style != "client_with_tags":
        assert facts.train_before == trained.variables["KILLICK_TRAIN_BEFORE"]


@pytest.mark.parametrize("style", UNTAGGED)
async def test_run_without_our_tag_is_not_found(trained: Trained, style: str) -> None:
    """Without the attempt's tag on its run a version is nobody's candidate."""
    state = await trained.find(style)
    assert state.model_exists
    assert state.attempt_versions == ()


async def test_failed_training_leaves_no_candidate(trained: Trained) -> None:
    """A version whose run failed after it registered is no candidate."""
    state = await trained.find("failing")
    assert state.model_exists
    assert state.attempt_versions == ()


def test_every_variable_is_documented() -> None:
    """The contract's table names exactly the variables that are set."""
    given = contract_environment("model", "http://mlflow.test:5000")
    table = re.findall(r"^\| `([A-Z_]+)` ", CONTRACT.read_text(), re.MULTILINE)
    assert sorted(table) == sorted(given)
