"""The installer: the running environment's `uv`, else a pinned one in the cache."""

import shutil
import sys
from pathlib import Path

from dev.environments.cache import Progress, cache_dir, digest, locked
from dev.processes.supervisor import Program, Supervisor

_REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements" / "uv.txt"


def ensure_uv(supervisor: Supervisor, progress: Progress = print) -> Path:
    """Return the path of a `uv`, installed with Python's own tools if need be."""
    beside = Path(sys.executable).with_name("uv")
    if beside.exists():
        return beside
    home = cache_dir() / f"uv-{digest(_REQUIREMENTS.read_bytes())}"
    uv, complete = home / "bin" / "uv", home / ".complete"
    with locked(home.name, progress):
        if complete.exists():
            return uv
        shutil.rmtree(home, ignore_errors=True)
        progress("installing uv into the cache")
        make = [sys.executable, "-m", "venv", str(home)]
        supervisor.run_to_end(Program(name="uv-venv", command=make))
        install = [
            *(str(home / "bin" / "python"), "-m", "pip", "install", "--quiet"),
            *("--disable-pip-version-check", "--no-deps", "--require-hashes"),
            *("-r", str(_REQUIREMENTS)),
        ]
        supervisor.run_to_end(Program(name="uv-install", command=install))
        complete.touch()
    return uv
