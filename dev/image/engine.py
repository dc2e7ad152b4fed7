"""A Docker engine of one's own: private data, private socket, no network, gone after.

It needs root. Another engine on the machine is neither used nor disturbed.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dev.environments.cache import Progress
from dev.image.packages import ensure_packages
from dev.processes.signals import ignored
from dev.processes.supervisor import Program, Supervisor


@dataclass(frozen=True)
class Ran:
    """How a container ended and what it printed, both streams together."""

    code: int
    text: str


@dataclass(frozen=True)
class Engine:
    """A running engine."""

    socket: Path
    progress: Progress = print

    def docker(self, *arguments: str | Path, source: IO[bytes] | None = None) -> Ran:
        """Run the client; whatever its exit code, it is returned."""
        answer = subprocess.run(
            ["docker", *map(str, arguments)],
            stdin=source or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            env={
                # Debian's client, which fits its engine, before any other.
                "PATH": f"/usr/bin:/usr/sbin:{os.environ.get('PATH', os.defpath)}",
                "HOME": str(self.socket.parent),
                "DOCKER_HOST": f"unix://{self.socket}",
                "DOCKER_BUILDKIT": "0",
            },
        )
        return Ran(answer.returncode, answer.stdout.decode(errors="replace"))

    def import_root(self, root: Path, name: str) -> None:
        """Make an image of a folder that holds a root file system."""
        archive = subprocess.Popen(
            ["tar", "--create", "--directory", root, "."], stdout=subprocess.PIPE
        )
        with archive:
            ran = self.docker("import", "-", name, source=archive.stdout)
        if ran.code or archive.returncode:
            raise RuntimeError(f"docker import of {root} failed: {ran.text}")

    def build(self, context: Path, target: str, tag: str) -> None:
        """Build a target without network; RuntimeError, with the log's end, if not."""
        started = time.monotonic()
        options = ("--network=none", "--build-arg=PIP_NO_INDEX=1", "--pull=false")
        ran = self.docker("build", *options, "--target", target, "--tag", tag, context)
        if ran.code:
            raise RuntimeError(f"docker build of {target} failed:\n{ran.text[-4000:]}")
        seconds, size = time.monotonic() - started, self.size(tag) / 1e6
        self.progress(f"{tag}: built in {seconds:.0f} s, {size:.0f} MB with its base")

    def run(self, image: str, *command: str, options: tuple[str, ...] = ()) -> Ran:
        """Run a container as a `restricted` pod is: 65532, read-only, no network."""
        return self.docker(
            *("run", "--rm", "--read-only", "--user=65532:65532", "--network=none"),
            *("--cap-drop=ALL", "--security-opt=no-new-privileges"),
            *("--tmpfs=/tmp:size=64m", *options, image, *command),
        )

    def size(self, image: str) -> int:
        """Return the size of an image in bytes."""
        ran = self.docker("image", "inspect", "--format={{.Size}}", image)
        return int(ran.text)


@contextlib.contextmanager
def running_engine(progress: Progress = print) -> Iterator[Engine]:
    """Start an engine; afterwards no process, mount or file of it is left."""
    ensure_packages(progress)
    # Not in a folder with a long name: sockets' paths are short.
    directory = Path(tempfile.mkdtemp(prefix="killick-image-")).resolve()
    engine = Engine(directory / "docker.sock", progress)
    try:
        with Supervisor(directory / "supervisor", progress) as supervisor:
            supervisor.start(_program(engine, directory)).wait_ready(progress)
            yield engine
    finally:
        with ignored():
            unmount_below(directory)
            shutil.rmtree(directory)


def mounts_below(directory: Path) -> list[Path]:
    """Return what is mounted below a folder, the deepest last."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = sorted(Path(line.split(" ")[4]) for line in lines)
    return [point for point in points if point.is_relative_to(directory)]


def unmount_below(directory: Path) -> None:
    """Unmount everything below a folder; OSError if something remains."""
    for point in reversed(mounts_below(directory)):
        subprocess.run(["umount", "--lazy", point], check=False)
    if left := mounts_below(directory):
        raise OSError(f"still mounted: {', '.join(map(str, left))}")


def _program(engine: Engine, directory: Path) -> Program:
    config = directory / "daemon.json"
    config.write_text("{}")
    return Program(
        name="dockerd",
        command=[
            *("dockerd", "--host", f"unix://{engine.socket}", "--group", "root"),
            *("--data-root", directory / "data", "--exec-root", directory / "exec"),
            *("--pidfile", directory / "docker.pid", "--config-file", config),
            *("--iptables=false", "--bridge=none", "--log-level=warn"),
        ],
        environment={"PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"},
        ready=lambda: engine.docker("version").code == 0,
        waiting_for="the engine to answer",
        stop_timeout=20.0,
    )
