"""A real Prometheus Pushgateway on loopback, for checks that run without the operator.

Uses the machine's own where there is one (`prometheus-pushgateway` in Debian), else
the one that go.mod here pins, built once into the cache in ten seconds or so.
"""

import platform
import shutil
import time
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from dev.environments.cache import Progress, cache_dir, digest, locked
from dev.environments.go_toolchain import ensure_go
from dev.processes.supervisor import Program, Supervisor
from dev.services.service import Service, answers

_HERE = Path(__file__).resolve().parent
_PACKAGE = "github.com/prometheus/pushgateway"
_FLAGS = ("-trimpath", "-buildvcs=false", "-ldflags", "-s -w")


def find_program() -> Path | None:
    """The machine's own Pushgateway, if there is one."""
    for name in ("prometheus-pushgateway", "pushgateway"):
        if found := shutil.which(name):
            return Path(found)
    return None


def ensure_program(progress: Progress = print) -> Path:
    """The pinned Pushgateway from the cache, or built now; StartError if it cannot."""
    sources = [(_HERE / name).read_bytes() for name in ("go.mod", "go.sum")]
    home = cache_dir() / f"pushgateway-{digest(*sources, *_FLAGS, platform.machine())}"
    program, complete = home / "pushgateway", home / ".complete"
    with locked(home.name, progress):
        if not complete.exists():
            shutil.rmtree(home, ignore_errors=True)
            _build(program, progress)
            complete.touch()
    return program


def _build(program: Path, progress: Progress) -> None:
    progress("building the Pushgateway")
    started = time.monotonic()
    with Supervisor(program.parent / "build", progress) as supervisor:
        go = ensure_go(_HERE / "go.mod", progress)
        supervisor.run_to_end(
            Program(
                name="go-build",
                command=[go.go, "build", *_FLAGS, "-o", program, _PACKAGE],
                environment=go.environment(),
                cwd=_HERE,
            )
        )
        go.clean_up()
    progress(f"Pushgateway built in {time.monotonic() - started:.0f} s")


class Pushgateway(Service):
    """The server; what was pushed is kept in memory and lost by a stop."""

    def __init__(
        self,
        supervisor: Supervisor,
        *,
        name: str = "pushgateway",
        binary: Path | None = None,
    ) -> None:
        super().__init__(supervisor, name)
        self._binary = binary

    @property
    def url(self) -> str:
        """Where clients push to and Prometheus scrapes."""
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Find the program, or build it."""
        super().prepare()
        self._binary = (
            self._binary or find_program() or ensure_program(self.supervisor.progress)
        )

    def program(self) -> Program:
        """The Pushgateway with nothing but its address."""
        if self._binary is None:
            raise RuntimeError("prepare was not called")
        return Program(
            name=self.name,
            command=[self._binary, f"--web.listen-address=127.0.0.1:{self.port}"],
            cwd=self.directory,
            ready=lambda: answers(f"{self.url}/-/ready"),
            waiting_for=f"the Pushgateway to answer at {self.url}",
        )

    def metrics(self) -> str:
        """What a scrape would get now, in Prometheus' text format."""
        with build_opener(ProxyHandler({})).open(
            f"{self.url}/metrics", timeout=10
        ) as response:
            text: str = response.read().decode()
            return text
