"""Real servers for the system tests, started once a session, when first asked for.

A server is shared, so a test takes a database, a repository or a name of its own,
and one that stops or breaks a server puts it right again.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pygit2
import pytest

from dev.environments.images import ensure_environment
from dev.git.repository import BareRepository
from dev.git.server import GitServer
from dev.processes.supervisor import Supervisor
from dev.services.mlflow_server import MLflowServer
from dev.services.postgres import PostgresServer
from dev.services.pushgateway import Pushgateway

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Database:
    """An empty database of one test."""

    server: PostgresServer
    name: str

    @property
    def url(self) -> str:
        """Return where a client connects, password included."""
        return self.server.url(self.name)

    def execute(self, sql: str, *parameters: object) -> list[tuple[object, ...]]:
        """Run one statement and return its rows."""
        return self.server.execute(sql, parameters, database=self.name)


@dataclass(frozen=True)
class GitClient:
    """A clone on disk, with libgit2 as the operator uses it."""

    path: Path
    url: str
    token: str

    @classmethod
    def clone(cls, path: Path, url: str, token: str) -> "GitClient":
        """Clone; raises pygit2.GitError if the server refuses."""
        client = cls(path, url, token)
        pygit2.clone_repository(url, path, callbacks=client.callbacks())
        return client

    def callbacks(self) -> "Answers":
        """Callbacks with the token, which keep what the server says."""
        return Answers(self.token)

    def commit(self, path: str, content: bytes, message: str = "A change") -> str:
        """Commit one file on the local branch."""
        repository = pygit2.Repository(str(self.path))
        index = pygit2.Index()
        index.read_tree(repository.head.peel(pygit2.Tree))
        blob = repository.create_blob(content)
        index.add(pygit2.IndexEntry(path, blob, pygit2.enums.FileMode.BLOB))
        who = pygit2.Signature("Client", "client@example.com")
        tree = index.write_tree(repository)
        parents = [repository.head.target]
        name = repository.head.name
        return str(repository.create_commit(name, who, who, message, tree, parents))

    def push(self, branch: str = "main") -> "Answers":
        """Push the branch; the result says what the server answered for each ref."""
        answers = self.callbacks()
        repository = pygit2.Repository(str(self.path))
        reference = f"refs/heads/{branch}"
        repository.remotes["origin"].push([f"{reference}:{reference}"], answers)
        return answers

    def take_over(self, branch: str = "main") -> None:
        """Fetch, and put the local branch on the server's tip."""
        repository = pygit2.Repository(str(self.path))
        repository.remotes["origin"].fetch(callbacks=self.callbacks())
        tip = repository.references[f"refs/remotes/origin/{branch}"].target
        repository.references[f"refs/heads/{branch}"].set_target(tip)


class Answers(pygit2.RemoteCallbacks):
    """What a server said during one exchange."""

    def __init__(self, token: str) -> None:
        super().__init__(credentials=pygit2.UserPass("killick", token))
        self.rejected: dict[str, str] = {}
        self.said = ""

    def push_update_reference(self, refname: str, message: str | None) -> None:
        """Keep a refusal: libgit2 itself raises nothing for it."""
        if message is not None:
            self.rejected[refname] = message

    def sideband_progress(self, string: str) -> None:
        """Keep the text that a server's hook prints."""
        self.said += string


@pytest.fixture(scope="session")
def service_supervisor(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Supervisor]:
    """What runs the session's servers and ends them all."""
    with Supervisor(tmp_path_factory.mktemp("services")) as supervisor:
        yield supervisor


@pytest.fixture(scope="session")
def postgres(service_supervisor: Supervisor) -> Iterator[PostgresServer]:
    """The session's PostgreSQL."""
    with PostgresServer(service_supervisor) as server:
        yield server


@pytest.fixture
def database(postgres: PostgresServer) -> Database:
    """Return an empty database of the test's own."""
    name = f"test_{next(_numbers)}"
    postgres.create_database(name)
    return Database(postgres, name)


@pytest.fixture(scope="session")
def starting_mlflow(service_supervisor: Supervisor) -> Iterator[MLflowServer]:
    """The session's MLflow, perhaps still starting: ask for it early, wait later."""
    environment = ensure_environment("training")
    server = MLflowServer(service_supervisor, environment).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mlflow_server(starting_mlflow: MLflowServer) -> MLflowServer:
    """Return the session's MLflow, ready."""
    return starting_mlflow.wait_ready()


@pytest.fixture(scope="session")
def git_server(service_supervisor: Supervisor) -> Iterator[GitServer]:
    """The session's Git server."""
    with GitServer(service_supervisor) as server:
        yield server


@pytest.fixture
def repository(git_server: GitServer) -> Iterator[BareRepository]:
    """A repository of the test's own, with `values.yaml`; faults end with the test."""
    name = f"test-{next(_numbers)}"
    git_server.create_repository(
        name, {"values.yaml": b"model:\n  uri: models:/recommendation/1\n"}
    )
    yield git_server.repository(name)
    git_server.clear_faults()


@pytest.fixture(scope="session")
def pushgateway(service_supervisor: Supervisor) -> Iterator[Pushgateway]:
    """The session's Pushgateway; tests tell their series apart by their groups."""
    with Pushgateway(service_supervisor) as server:
        yield server
