"""The real servers that the story needs, started in parallel."""

import contextlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.demo.manifests import log_statements, values_file
from dev.environments.cache import Progress, cache_dir
from dev.environments.images import ImageSpec
from dev.git.server import GitServer
from dev.kubernetes.cluster import LocalCluster
from dev.processes.supervisor import Process, Program, Supervisor
from dev.services.mlflow_server import MLflowServer
from dev.services.postgres import PostgresServer

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TRAINING_IMAGE = "killick-example-training:0.1.0"
DATABASE = "inference"
REPOSITORY = "gitops"


@dataclass(frozen=True)
class Parts:
    """Everything that runs: the cluster, and the servers beside it."""

    directory: Path
    supervisor: Supervisor
    cluster: LocalCluster
    postgres: PostgresServer
    mlflow: MLflowServer
    git: GitServer
    training: Path
    reader_password: str

    @property
    def references(self) -> Path:
        """Return the folder of reference datasets; pods see it under this path."""
        return self.cluster.directory / "references"

    @property
    def reader_url(self) -> str:
        """Return the address of the inference log for readers: a secret."""
        place = f"127.0.0.1:{self.postgres.port}/{DATABASE}"
        return f"postgresql://reader:{self.reader_password}@{place}"

    def create_stores(self) -> str:
        """Create the inference log and the GitOps repository; return its URL.

        Checks and training may only read the log.
        """
        self.postgres.create_database(DATABASE)
        for statement in (
            *log_statements(),
            f"CREATE ROLE reader LOGIN PASSWORD '{self.reader_password}'",
            "GRANT USAGE ON SCHEMA ml TO reader",
            "GRANT SELECT ON ALL TABLES IN SCHEMA ml TO reader",
        ):
            self.postgres.execute(statement, database=DATABASE)
        self.references.mkdir(exist_ok=True)
        path, content = values_file()
        return self.git.create_repository(REPOSITORY, {path: content})

    def train_first_version(self) -> dict[str, Any]:
        """Train and register version 1, as a person does before installing Killick."""
        program = self._story("train-version-1", "story.train", "--initial")
        process = self.supervisor.run_to_end(program)
        lines = process.log.read_text().splitlines()
        answer: dict[str, Any] = json.loads([x for x in lines if x[:1] == "{"][-1])
        return answer

    def start_feeder(self, model: str, control: Path) -> Process:
        """Start the replay; it continues with the stretch that `control` names."""
        arguments = ("--model", model, "--control", str(control))
        return self.supervisor.start(self._story("feeder", "story.feeder", *arguments))

    def _story(self, name: str, module: str, *arguments: str) -> Program:
        python = self.training / "bin" / "python"
        return Program(
            name=name,
            command=[python, "-m", module, *arguments],
            environment={
                "PATH": f"{python.parent}:{os.environ.get('PATH', os.defpath)}",
                "HOME": str(self.directory),
                "PYTHONPATH": str(EXAMPLES),
                "MLFLOW_TRACKING_URI": self.mlflow.url,
                "DATABASE_URL": self.postgres.url(DATABASE),
                "KILLICK_MODEL": "index-range",
                "STORY_REFERENCES": self.references.as_uri(),
                "GIT_PYTHON_REFRESH": "quiet",
            },
            inherit=False,
            cwd=self.directory,
        )


@contextmanager
def running(images: dict[str, ImageSpec], progress: Progress) -> Iterator[Parts]:
    """Start all parts, ready, and end them; the logs of a failure are kept."""
    training = images[TRAINING_IMAGE].venv
    if training is None:
        raise LookupError(f"{TRAINING_IMAGE} has no environment")
    directory = Path(tempfile.mkdtemp(prefix="killick-demo-"))
    with ExitStack() as stack:
        supervisor = Supervisor(directory, progress, temporary=True)
        stack.enter_context(supervisor)
        stack.enter_context(_logs_kept(directory, progress))
        # MLflow takes longest: start it first, wait for it last.
        mlflow = MLflowServer(supervisor, training).start()
        postgres = PostgresServer(supervisor).start()
        git = GitServer(supervisor).start()
        cluster = LocalCluster(directory / "cluster", progress)
        stack.enter_context(cluster)
        cluster.start_node(images)
        for server in (postgres, git, mlflow):
            server.wait_ready()
        password = secrets.token_urlsafe(16)
        yield Parts(
            *(directory, supervisor, cluster, postgres, mlflow, git),
            *(training, password),
        )


@contextlib.contextmanager
def _logs_kept(directory: Path, progress: Progress) -> Iterator[None]:
    """Copy the logs to the cache if the story fails, before all else is deleted."""
    try:
        yield
    except Exception:
        kept = cache_dir() / "demo-logs"
        shutil.rmtree(kept, ignore_errors=True)
        for folder in ("logs", "cluster/logs"):
            if (directory / folder).is_dir():
                shutil.copytree(directory / folder, kept / folder)
        progress(f"the logs of this run are kept in {kept}")
        raise
