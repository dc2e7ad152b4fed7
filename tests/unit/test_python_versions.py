"""README, pyproject.toml and .ci/run name the same versions of Python."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOT_RUN = "not run: "


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """Return the table `project` of pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return dict(table["project"])


def classified(project: dict[str, Any]) -> list[str]:
    """Return the minor versions that the classifiers name."""
    prefix = "Programming Language :: Python :: "
    return [text.removeprefix(prefix) for text in project["classifiers"]]


def program(path: Path, script: str) -> None:
    """Make an executable of one line of shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def plan(tmp_path: Path, **versions: str) -> list[str]:
    """Return what .ci/run would run where only these interpreters are on PATH.

    Each is a program that answers every question with its version. A `pyenv` in
    `tmp_path/bin` is on PATH as well.
    """
    folder = tmp_path / "bin"
    folder.mkdir(exist_ok=True)
    for tool in ("bash", "dirname", "sed", "grep", "seq", "sort", "tail", "id"):
        found = shutil.which(tool)
        assert found, tool
        (folder / tool).symlink_to(found)
    for name, version in versions.items():
        program(folder / name.replace("_", "."), f"echo {version}")
    ran = subprocess.run(
        [ROOT / ".ci" / "run", "--plan"],
        env={"PATH": str(folder), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout.splitlines()


def test_the_lowest_version_is_the_one_required(project: dict[str, Any]) -> None:
    """What an installer accepts starts where the tested versions start."""
    assert project["requires-python"] == f">={classified(project)[0]}"


def test_readme_names_the_tested_versions(project: dict[str, Any]) -> None:
    """Each version that README names is a tested one, and each tested one is named."""
    text = (ROOT / "README.md").read_text()
    sentences = re.findall(
        r"Python (3\.\d+(?:(?:\.\d+)|(?:, | and | or )3\.\d+)*)", text
    )
    numbers = [re.findall(r"3\.\d+", sentence) for sentence in sentences]
    assert {one for each in numbers for one in each} == set(classified(project))
    assert classified(project) in numbers


def test_ci_runs_every_tested_version(tmp_path: Path, project: dict[str, Any]) -> None:
    """Of those installed, one has the whole suite and the others lint and unit."""
    minors = [version.partition(".")[2] for version in classified(project)]
    installed = {f"python3_{minor}": f"3.{minor}.99" for minor in minors}
    lines = plan(tmp_path, python3="3.11.98", **installed)
    whole = [line for line in lines if line.endswith(": make test")]
    assert len(whole) == 1
    stock = whole[0].split()[2].rpartition(".")[0]
    others = [
        f"=== Python 3.{m}.99: make lint unit" for m in minors if f"3.{m}" != stock
    ]
    assert [line for line in lines if line.endswith("make lint unit")] == others


def test_ci_runs_a_newer_version_than_the_tested_ones(tmp_path: Path) -> None:
    """One that is not named anywhere yet is run if it is installed."""
    lines = plan(tmp_path, python3="3.11.98", python3_15="3.15.2")
    assert "=== Python 3.15.2: make lint unit" in lines


def test_ci_ignores_a_command_that_is_another_version(tmp_path: Path) -> None:
    """A shim that stands for no installed version, or for another one, is none."""
    lines = plan(tmp_path, python3="3.11.98", python3_13="3.12.4")
    assert not any("make lint unit" in line for line in lines)


def test_ci_takes_the_newest_that_pyenv_has(tmp_path: Path) -> None:
    """What is not on PATH comes from pyenv; of one minor version the newest patch."""
    program(tmp_path / "3.12.10" / "bin" / "python", "echo 3.12.10")
    program(
        tmp_path / "bin" / "pyenv",
        f'[ "$1" = prefix ] && echo "{tmp_path}/$2" && exit\n'
        "printf '%s\\n' 3.12.9 3.12.10 3.12.10/envs/mine",
    )
    lines = plan(tmp_path, python3="3.11.98")
    assert "=== Python 3.12.10: make lint unit" in lines


def test_ci_names_what_it_does_not_run(tmp_path: Path, project: dict[str, Any]) -> None:
    """Every suite of the Makefile and every version is run or named with a reason."""
    lines = plan(tmp_path, python3="3.11.98")
    skipped = [line for line in lines if line.startswith(NOT_RUN)]
    assert all(": " in line.removeprefix(NOT_RUN) for line in skipped)
    text = "\n".join(lines)
    makefile = (ROOT / "Makefile").read_text()
    run = re.search(r"^test: (.*?) ##", makefile, re.MULTILINE)
    assert run
    suites = re.findall(
        r"^([a-z-]+):.*\n(?:\t.*\n)*?\t.*(?:pytest -|-m tests)", makefile, re.MULTILINE
    )
    assert len(suites) >= 5
    for suite in set(suites) - set(run[1].split()):
        assert f"make {suite}" in text
    for version in classified(project):
        assert f"Python {version}" in text
