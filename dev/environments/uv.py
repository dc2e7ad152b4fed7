"""The installer: the running environment's `uv`, else a pinned one in the cache.

With it, single packages whose files are used without being imported.
"""

import importlib.util
import shutil
import sys
from pathlib import Path

from dev.environments.cache import Progress, cache_dir, digest, locked
from dev.processes.supervisor import Program, Supervisor

_FOLDER = Path(__file__).resolve().parents[2] / "requirements"
_REQUIREMENTS = _FOLDER / "uv.txt"


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
        install: list[str | Path] = [
            *(*_pip(home, supervisor), "install", "--quiet", "--no-deps"),
            *("--disable-pip-version-check", "--require-hashes"),
            *("--target", home, "-r", _REQUIREMENTS),
        ]
        supervisor.run_to_end(Program(name="uv-install", command=install))
        complete.touch()
    return uv


def _pip(home: Path, supervisor: Supervisor) -> list[str | Path]:
    """Return the command that runs pip: this Python's own, else that of a new venv.

    Making one takes five seconds, but Debian's Python comes without pip.
    """
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    venv = home / "pip"
    make = [sys.executable, "-m", "venv", str(venv)]
    supervisor.run_to_end(Program(name="uv-venv", command=make))
    return [venv / "bin" / "python", "-m", "pip"]


def ensure_wheels(name: str, progress: Progress = print) -> Path:
    """Return a folder in the cache that holds the packages of requirements/NAME.txt.

    Without their dependencies, and outside any environment. StartError, with the
    installer's output, if they cannot be installed.
    """
    requirements = _FOLDER / f"{name}.txt"
    home = cache_dir() / f"{name}-{digest(requirements.read_bytes())}"
    complete = home / ".complete"
    with locked(home.name, progress):
        if complete.exists():
            return home
        shutil.rmtree(home, ignore_errors=True)
        progress(f"installing the packages of requirements/{name}.txt")
        with Supervisor(home.with_name(f"{home.name}-build"), progress) as supervisor:
            install: list[str | Path] = [
                *(ensure_uv(supervisor, progress), "pip", "install", "--quiet"),
                *("--no-deps", "--only-binary", ":all:", "--require-hashes"),
                *("--python", sys.executable, "--target", home, "-r", requirements),
            ]
            supervisor.run_to_end(Program(name=f"install-{name}", command=install))
        complete.touch()
    return home
