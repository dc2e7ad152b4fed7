"""How the local cluster starts the node that runs pods as local processes."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from dev.environments.images import ImageSpec
from dev.processes.supervisor import Program

_REPOSITORY = Path(__file__).resolve().parents[2]


def node_program(
    kubeconfig: Path, directory: Path, images: Mapping[str, ImageSpec], kubectl: Path
) -> Program:
    """Return the node's program for these images; it is ready when the node is."""
    directory.mkdir(parents=True, exist_ok=True)
    listed = directory / "images.json"
    content = {name: spec.as_json() for name, spec in images.items()}
    listed.write_text(json.dumps(content, indent=1), encoding="utf-8")
    wait = ["wait", "--for=condition=Ready", "node", "--all", "--timeout=0s"]

    def ready() -> bool:
        command: list[str | Path] = [kubectl, "--kubeconfig", kubeconfig, *wait]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    return Program(
        name="node",
        command=[
            *(sys.executable, "-P", "-m", "dev.kubernetes.node"),
            *("--kubeconfig", kubeconfig),
            *("--directory", directory),
            *("--images", listed),
        ],
        environment={"PYTHONPATH": str(_REPOSITORY), "PYTHONUNBUFFERED": "1"},
        ready=ready,
        waiting_for="the API server to call it Ready",
    )
