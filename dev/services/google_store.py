"""An object store that speaks as Google Cloud Storage, on loopback and in memory."""

from pathlib import Path

from pyarrow import fs

from dev.processes.supervisor import Program, Supervisor
from dev.services.service import Service, answers


class GoogleStore(Service):
    """The server; it asks for no credentials."""

    def __init__(self, supervisor: Supervisor, environment: Path, bucket: str) -> None:
        """`environment` holds the server, `bucket` is there from the start."""
        super().__init__(supervisor, "googlestore")
        self._environment = environment
        self._bucket = bucket

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def filesystem(self) -> fs.GcsFileSystem:
        """Return a client."""
        authority = f"127.0.0.1:{self.port}"
        return fs.GcsFileSystem(
            anonymous=True, scheme="http", endpoint_override=authority
        )

    def program(self) -> Program:
        """One process."""
        return Program(
            name=self.name,
            command=[
                *(self._environment / "bin" / "python", "-m", "gcp_storage_emulator"),
                *("start", "--host", "127.0.0.1", "--port", str(self.port)),
                *("--in-memory", "--default-bucket", self._bucket),
            ],
            environment={"HOME": str(self.directory), "TZ": "UTC"},
            inherit=False,
            cwd=self.directory,
            ready=lambda: answers(f"{self.url}/storage/v1/b/{self._bucket}"),
            waiting_for=f"the object store to answer at {self.url}",
            ready_timeout=60.0,
        )
