"""The check on public data: each verdict with its reason, in `benchmarks.real_data`."""

import os
import subprocess
from pathlib import Path

import pytest

from dev.environments.images import ensure_environment

REPOSITORY = Path(__file__).resolve().parents[3]
# The first test on a new machine installs the packages that hold the data.
pytestmark = pytest.mark.timeout(600)


def test_public_data_get_the_verdicts_that_were_argued() -> None:
    """Markets, weather and temperatures; quiet years, a crisis, seasons, a new unit."""
    python = ensure_environment("data") / "bin" / "python"
    ran = subprocess.run(
        [python, "-m", "benchmarks.real_data"],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY / 'drift'}{os.pathsep}."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.endswith("\n0 otherwise than expected\n"), ran.stdout + ran.stderr
    rows = [line for line in ran.stdout.splitlines() if line.startswith("| ")]
    assert sum("| Drift |" in row and "not judged" not in row for row in rows) == 3
    assert sum("| NoDrift |" in row and "not judged" not in row for row in rows) == 16
