"""Build the control plane once, show that it moves, and hand out its programs."""

import os
import platform
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from dev.environments.cache import Progress, cache_dir, digest, locked
from dev.environments.go_toolchain import Toolchain, ensure_go
from dev.processes.supervisor import Process, Program, Supervisor

_HERE = Path(__file__).resolve().parent
_SOURCES = ("go.mod", "go.sum", "main.go")
_MARK = ".complete"
_REPORT_EVERY = 5.0  # seconds


@dataclass(frozen=True)
class ControlPlane:
    """The folder that holds the five programs, and their paths."""

    folder: Path

    PROGRAMS = (
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kubectl",
    )

    def program(self, name: str) -> Path:
        """Return the path of one of PROGRAMS."""
        return self.folder / name

    def complete(self) -> bool:
        """Whether all five can be run."""
        return all(os.access(self.program(name), os.X_OK) for name in self.PROGRAMS)


def ensure_control_plane(progress: Progress = print) -> ControlPlane:
    """Return the control plane: from KUBEBUILDER_ASSETS, the cache, or built now.

    StartError, with the end of Go's output, if it cannot be built.
    """
    given = os.environ.get("KUBEBUILDER_ASSETS")
    if given:
        assets = ControlPlane(Path(given))
        if assets.complete():
            return assets
        # Not mixed with ours: the parts of a control plane go by one version.
        progress("KUBEBUILDER_ASSETS lacks some of the five programs: using our own")
    home = cache_dir() / f"controlplane-{_key()}"
    with locked(home.name, progress):
        if not (home / _MARK).exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            _build(home, progress)
            (home / _MARK).touch()
    return ControlPlane(home)


def _key() -> str:
    sources = [(_HERE / name).read_bytes() for name in _SOURCES]
    return digest(*sources, *_flags(), platform.machine())


def _kubernetes_version() -> str:
    text = (_HERE / "go.mod").read_text(encoding="utf-8")
    line = re.search(r"^\s*k8s\.io/kubernetes v(\S+)", text, re.MULTILINE)
    if line is None:
        raise ValueError(f"{_HERE / 'go.mod'} does not require k8s.io/kubernetes")
    return line.group(1)


def _flags() -> list[str]:
    """Return the flags of `go build`. Clients refuse a server without a version."""
    version = _kubernetes_version()
    major, minor, *_ = version.split(".")
    values = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor}
    package = "k8s.io/component-base/version"
    stamps = " ".join(f"-X {package}.{key}={value}" for key, value in values.items())
    return ["-trimpath", "-buildvcs=false", "-ldflags", f"-s -w {stamps}"]


def _build(home: Path, progress: Progress) -> None:
    progress(
        f"building the Kubernetes {_kubernetes_version()} control plane into the "
        "cache: about 5 minutes on two cores, only the first time"
    )
    started = time.monotonic()
    with Supervisor(home / "build", progress) as supervisor:
        toolchain = ensure_go(_HERE / "go.mod", progress)
        total = _download(supervisor, toolchain)
        binary = home / "controlplane"
        build = _go_program(toolchain, "build", "-v", *_flags(), "-o", str(binary), ".")
        supervisor.run_to_end(build, _Reporter(total, progress))
        # Only now: an interrupted build goes on where it was.
        toolchain.clean_up()
    for name in ControlPlane.PROGRAMS:
        (home / name).symlink_to(binary.name)
    progress(f"control plane built in {time.monotonic() - started:.0f} s")


def _go_program(toolchain: Toolchain, *arguments: str) -> Program:
    return Program(
        name=f"go-{arguments[0]}",
        command=[toolchain.go, *arguments],
        environment=toolchain.environment(),
        cwd=_HERE,
    )


def _download(supervisor: Supervisor, toolchain: Toolchain) -> int:
    """Fetch the modules and return how many packages there are to build."""
    supervisor.progress("control plane: downloading the Go modules")
    listed = supervisor.run_to_end(
        _go_program(toolchain, "list", "-deps", "."),
        _Reporter(None, supervisor.progress),
    )
    lines = listed.log.read_text(encoding="utf-8").splitlines()
    return sum(1 for line in lines if not line.startswith("go: "))


class _Reporter:
    """Reports every few seconds how far Go is, from the lines of its log."""

    def __init__(self, total: int | None, progress: Progress) -> None:
        self._total = total
        self._progress = progress
        self._started = self._last = time.monotonic()

    def __call__(self, process: Process) -> None:
        now = time.monotonic()
        if now - self._last < _REPORT_EVERY:
            return
        self._last = now
        elapsed = f"{now - self._started:.0f} s"
        lines = process.log.read_text(encoding="utf-8").splitlines()
        fetched = sum(1 for line in lines if line.startswith("go: downloading"))
        built = len(lines) - fetched
        if self._total is None:
            self._progress(f"control plane: {fetched} Go modules downloaded, {elapsed}")
        elif built < self._total:
            self._progress(
                f"control plane: {built} of {self._total} packages built, {elapsed}"
            )
