"""Container images as the local node knows them: virtual environments.

Each image has its own environment, so that a program sees only what its image
contains: the check has no full MLflow, the training has no `driftcheck`.
"""

import platform
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dev.environments.cache import Progress, cache_dir, digest, locked
from dev.environments.uv import ensure_uv
from dev.processes.supervisor import Program, Supervisor

EnvironmentName = Literal[
    "operator",
    "worker",
    "training",
    "evidently",
    "nannyml",
    "warehouse-test",
    "data",
    "objectstore",
]

_REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class ImageSpec:
    """What the node gives a container of that image."""

    venv: Path | None = None
    """Its `bin` leads the container's PATH."""
    pythonpath: tuple[Path, ...] = ()
    path: tuple[Path, ...] = ()
    """Further folders for PATH."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What the image declares."""

    def as_json(self) -> dict[str, Any]:
        """Return the form that `python -m dev.kubernetes.node --images` reads."""
        return {
            "venv": None if self.venv is None else str(self.venv),
            "pythonpath": [str(entry) for entry in self.pythonpath],
            "path": [str(entry) for entry in self.path],
            "environment": dict(self.environment),
        }


def ensure_environment(name: EnvironmentName, progress: Progress = print) -> Path:
    """Return the virtual environment of requirements/NAME.txt, made if it is missing.

    StartError, with the installer's output, if it cannot be made.
    """
    requirements = _REPOSITORY / "requirements" / f"{name}.txt"
    key = digest(requirements.read_bytes(), sys.version, platform.machine())
    home = cache_dir() / "environments" / f"{name}-{key}"
    home.parent.mkdir(exist_ok=True)
    # Environments cannot be moved: build it in place and mark it when complete.
    complete = home / ".complete"
    with locked(f"environment-{name}", progress):
        if not complete.exists():
            shutil.rmtree(home, ignore_errors=True)
            _install(home, requirements, progress)
            complete.touch()
    return home


def _install(home: Path, requirements: Path, progress: Progress) -> None:
    name = requirements.stem
    progress(f"installing the {name} environment")
    started = time.monotonic()
    logs = home.with_name(f"{home.name}-build")
    with Supervisor(logs, progress) as supervisor:
        uv = str(ensure_uv(supervisor, progress))
        make = [uv, "venv", "--quiet", "--python", sys.executable, str(home)]
        supervisor.run_to_end(Program(name="venv", command=make))
        python = str(home / "bin" / "python")
        sync = [uv, "pip", "sync", "--require-hashes", "--python", python]
        supervisor.run_to_end(
            Program(name="sync", command=[*sync, str(requirements)]),
            lambda _: None,
        )
    progress(f"{name} environment installed in {time.monotonic() - started:.0f} s")


def image_map(progress: Progress = print) -> dict[str, ImageSpec]:
    """Return what each image of the project is on the local node."""
    operator, drift, examples = (
        _REPOSITORY / name for name in ("operator", "drift", "examples")
    )
    return {
        "killick-worker:0.1.0": ImageSpec(
            ensure_environment("worker", progress),
            (drift,),
            environment={
                "DRIFTCHECK_EVIDENTLY_PYTHON": str(
                    ensure_environment("evidently", progress) / "bin" / "python"
                )
            },
        ),
        "killick-example-training:0.1.0": ImageSpec(
            ensure_environment("training", progress), (examples,)
        ),
        "killick-operator:0.1.0": ImageSpec(
            ensure_environment("operator", progress), (operator, drift)
        ),
    }
