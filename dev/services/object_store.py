"""An object store that speaks S3, on loopback and in memory, for tests."""

from pathlib import Path

from pyarrow import fs

from dev.processes.supervisor import Program, Supervisor
from dev.services.service import Service, answers


class ObjectStore(Service):
    """The server; any key and secret are taken."""

    def __init__(self, supervisor: Supervisor, environment: Path) -> None:
        """`environment` is the virtual environment that holds the server."""
        super().__init__(supervisor, "objectstore")
        self._environment = environment

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def variables(self) -> dict[str, str]:
        """Return what a client has in its environment, as a pod has by envFrom."""
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test-secret-key",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "us-east-1",
        }

    def filesystem(self) -> fs.S3FileSystem:
        """Return a client that may also make buckets."""
        return fs.S3FileSystem(
            access_key="test",
            secret_key="test-secret-key",
            endpoint_override=self.url,
            region="us-east-1",
            allow_bucket_creation=True,
        )

    def prepare(self) -> None:
        """Make the folder of the log."""
        self.directory.mkdir(parents=True, exist_ok=True)

    def program(self) -> Program:
        """One process."""
        python = self._environment / "bin" / "python"
        serve = "from moto.server import main; main()"
        return Program(
            name=self.name,
            command=[python, "-c", serve, "-H", "127.0.0.1", "-p", str(self.port)],
            environment={"HOME": str(self.directory), "TZ": "UTC"},
            inherit=False,
            cwd=self.directory,
            ready=lambda: answers(f"{self.url}/moto-api/"),
            waiting_for=f"the object store to answer at {self.url}",
            ready_timeout=60.0,
        )
