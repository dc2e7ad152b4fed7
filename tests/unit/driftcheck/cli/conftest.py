"""The command line of a test, and the data it reads."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck.__main__ import main
from tests.unit.driftcheck.samples import normal


@dataclass(frozen=True)
class Ran:
    """What a run left behind."""

    returncode: int
    stdout: str
    stderr: str


Run: TypeAlias = Callable[..., Ran]


@pytest.fixture
def run(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run the worker in the directory of the data."""
    monkeypatch.chdir(data)

    def run(*arguments: str, **environment: str) -> Ran:
        try:
            code = main(list(arguments), environment)
        except SystemExit as stop:
            code = int(str(stop.code))
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return run


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a reference and windows of every kind."""
    path = tmp_path_factory.mktemp("data")
    pairs = {
        "reference": {"a": normal(1, 2000), "b": normal(2, 2000)},
        "same": {"a": normal(3, 500), "b": normal(4, 500)},
        "drift": {"a": normal(3, 500, 1.0), "b": normal(4, 500)},
        "few": {"a": normal(3, 99), "b": normal(4, 99)},
        "gone": {"a": normal(3, 500)},
    }
    for name, columns in pairs.items():
        pq.write_table(pa.table(columns), path / f"{name}.parquet")
    return path
