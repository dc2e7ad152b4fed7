"""The loop on real parts: what one test of it gets, in seconds.

Cluster, node, PostgreSQL, MLflow and Git server are the session's. Each world has a
namespace, database, model, repository and operator process of its own.
"""

import contextlib
import itertools
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mlflow import MlflowClient

from dev.environments.images import ensure_environment
from dev.git.server import GitServer
from dev.kubernetes.cluster import LocalCluster
from dev.operator_program import OperatorProgram, grant, install
from dev.processes.supervisor import Program, Supervisor
from dev.services.mlflow_server import MLflowServer
from dev.services.postgres import PostgresServer
from tests.system.support import loop_manifests as manifests
from tests.system.support.canaries import files, leaks
from tests.system.support.loop_manifests import PROGRAM, VALUES
from tests.system.support.loop_world import FirstModel, LoopWorld
from tests.system.support.service_fixtures import Database

TABLE = (
    "CREATE TABLE ml.log (predicted_at timestamptz, feature_vector float8[], "
    "prediction float8, label float8)"
)
_numbers = itertools.count(1)


def _password() -> dict[str, str]:
    return {"password": secrets.token_urlsafe()}


@dataclass(frozen=True)
class LoopServers:
    """The servers of the session."""

    cluster: LocalCluster
    postgres: PostgresServer
    mlflow: MLflowServer
    git: GitServer
    supervisor: Supervisor
    hidden: dict[str, str] = field(default_factory=dict)
    """Every secret of every world so far, and what it is."""

    def leaks_on_disk(self) -> list[str]:
        """Which secret is in which log of a server or pod, or in MLflow's files."""
        folders = [self.cluster.directory, self.supervisor.directory]
        places = {
            **files(folders, "*.log"),
            **files([self.mlflow.directory], "*"),
        }
        return leaks(self.hidden, places)

    def database(self) -> Database:
        """Return a new database with an empty inference log."""
        name = f"loop_{next(_numbers)}"
        self.postgres.create_database(name)
        database = Database(self.postgres, name)
        database.execute("CREATE SCHEMA ml")
        database.execute(TABLE)
        return database

    @contextlib.contextmanager
    def world(self) -> Iterator[LoopWorld]:
        """A world whose namespace has not granted the operator anything yet."""
        cluster, git = self.cluster, self.git
        namespace = cluster.create_namespace(f"loop-{secrets.token_hex(4)}")
        model = f"line-{namespace}"
        content = manifests.values(f"models:/{model}/1")
        git.create_repository(namespace, {VALUES: content, "README.md": b"Hello.\n"})
        client = MlflowClient(self.mlflow.url, self.mlflow.url)
        client.create_registered_model(model)
        database = self.database()
        user = {"username": "killick", "password": git.token}
        cluster.apply(
            manifests.secret(namespace, "inference-log", DATABASE_URL=database.url),
            manifests.secret(namespace, "gitops", **user),
            manifests.secret(namespace, "mlflow", username="killick", **_password()),
            manifests.secret(namespace, "more", MORE_TOKEN=secrets.token_urlsafe()),
            manifests.secret(namespace, "pull", **_password()),
            manifests.training_cronjob(namespace),
        )
        operator = OperatorProgram.of(
            cluster,
            self.mlflow.url,
            self.supervisor.directory / f"operator-{namespace}",
            KILLICK_NAMESPACES=namespace,
            # The least that the settings allow: a quiet object is looked at often.
            KILLICK_RESYNC_SECONDS="5",
        )
        world = LoopWorld(
            cluster=cluster,
            supervisor=self.supervisor,
            namespace=namespace,
            database=database,
            git=git,
            repository=git.repository(namespace),
            registry=client,
            model=model,
            reference=self.reference,
            operator=operator,
        )
        try:
            yield world
            self.hidden.update(world.secrets())
            assert world.leaks() == []
        finally:
            world.close()
            git.clear_faults()
            cluster.delete_namespace(namespace)

    @contextlib.contextmanager
    def granted(self, champion: FirstModel | None = None) -> Iterator[LoopWorld]:
        """A world in which the operator may work, with version 1 as the champion."""
        with self.world() as world:
            grant(world.cluster, world.namespace)
            world.register(champion)
            world.registry.set_registered_model_alias(world.model, "champion", "1")
            yield world

    @property
    def reference(self) -> Path:
        """Return the reference dataset, where pods see it: two features from 0 to 1."""
        path = self.cluster.directory / "references" / "line.parquet"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            values = np.random.default_rng(1).uniform(size=(2000, 2))
            pq.write_table(pa.table({"a": values[:, 0], "b": values[:, 1]}), path)
        return path


@pytest.fixture(scope="session")
def loop_servers(
    starting_mlflow: MLflowServer,
    node: LocalCluster,
    postgres: PostgresServer,
    git_server: GitServer,
    service_supervisor: Supervisor,
) -> Iterator[LoopServers]:
    """All servers, with the CRD and the operator's rights in the cluster.

    When all is over no log of theirs may hold a secret that a test has used.
    """
    install(node)
    starting_mlflow.wait_ready()
    parts = (node, postgres, starting_mlflow, git_server, service_supervisor)
    servers = LoopServers(*parts)
    yield servers
    assert servers.leaks_on_disk() == []


@pytest.fixture(scope="session")
def first_model(loop_servers: LoopServers) -> FirstModel:
    """Return a champion that can be scored, for the tests that evaluate."""
    venv = ensure_environment("training")
    supervisor = loop_servers.supervisor
    program = Program(
        name="first-model",
        command=[venv / "bin" / "python", PROGRAM],
        environment={
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(supervisor.directory),
            "MLFLOW_TRACKING_URI": loop_servers.mlflow.url,
            "GIT_PYTHON_REFRESH": "quiet",
        },
        inherit=False,
        cwd=supervisor.directory,
    )
    lines = supervisor.run_to_end(program).log.read_text().splitlines()
    return FirstModel(**json.loads([x for x in lines if x.startswith("{")][-1]))


@pytest.fixture
def bare_world(loop_servers: LoopServers) -> Iterator[LoopWorld]:
    """A world whose namespace has not granted the operator anything yet."""
    with loop_servers.world() as world:
        yield world


@pytest.fixture
def world(loop_servers: LoopServers) -> Iterator[LoopWorld]:
    """A world in which version 1 has no files: it cannot be scored."""
    with loop_servers.granted() as world:
        yield world


@pytest.fixture
def adopted_world(world: LoopWorld) -> LoopWorld:
    """Return an object that an operator adopted ten minutes ago; none runs now."""
    world.leave(manifests.adopted(world.apply()))
    return world


@pytest.fixture
def proven_world(world: LoopWorld) -> LoopWorld:
    """Version 2 has been proven, the commit is what comes next; no operator runs."""
    world.register()
    world.leave(manifests.proven(world.apply()))
    return world
