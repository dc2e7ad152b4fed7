"""A real MLflow tracking server and model registry on loopback.

It runs in the training environment, the only one with the whole of MLflow, on
SQLite and a folder, and hands out artifacts itself, so that clients need only HTTP.
"""

import os
from pathlib import Path

from dev.processes.supervisor import Program, Supervisor
from dev.services.service import Service, answers


class MLflowServer(Service):
    """The server. Slow to start (tens of seconds): `start` it first, wait later."""

    def __init__(
        self, supervisor: Supervisor, environment: Path, *, name: str = "mlflow"
    ) -> None:
        """`environment` is the virtual environment that holds MLflow."""
        super().__init__(supervisor, name)
        self._environment = environment

    @property
    def url(self) -> str:
        """Return the tracking and registry address."""
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Make the folders of the store and of the artifacts."""
        (self.directory / "artifacts").mkdir(parents=True)

    def program(self) -> Program:
        """`mlflow server` with one worker and none of its background consumers."""
        return Program(
            name=self.name,
            command=[
                *(self._environment / "bin" / "python", "-m", "mlflow", "server"),
                *("--host", "127.0.0.1", "--port", str(self.port)),
                *("--workers", "1"),
                *("--backend-store-uri", f"sqlite:///{self.directory}/mlflow.db"),
                *("--artifacts-destination", self.directory / "artifacts"),
                "--serve-artifacts",
            ],
            environment={
                "PATH": f"{self._environment}/bin:{os.environ.get('PATH', os.defpath)}",
                "HOME": str(self.directory),
                "TZ": "UTC",
                "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
                "MLFLOW_DISABLE_TELEMETRY": "true",
                "DO_NOT_TRACK": "true",
                "GIT_PYTHON_REFRESH": "quiet",
            },
            inherit=False,
            cwd=self.directory,
            ready=lambda: answers(f"{self.url}/health"),
            waiting_for=f"MLflow to answer at {self.url} (takes tens of seconds)",
            ready_timeout=180.0,
        )
