"""Failing tests are reported and stop no other, whatever goes wrong with them."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SAMPLES = {
    "formatting": """
def test_fails():
    def __tracebackhide__(excinfo):
        raise SystemError("the formatting")
    assert False, "formatting failed"
""",
    # In Python 3.11, this is a SystemError in `ast.parse`.
    "garbage": """
import gc
import traceback

import pytest

class Logs:
    again = True

    def __init__(self):
        self.cycle = self

    def __del__(self):
        if self.again:
            Logs()
        try:
            gc + 1
        except TypeError as error:
            traceback.format_exception(error)

@pytest.fixture
def garbage():
    usual = gc.get_threshold()
    gc.set_threshold(20)
    Logs()
    yield
    Logs.again = False
    gc.set_threshold(*usual)
    gc.collect()

def test_fails(garbage):
    assert False, "garbage failed"
""",
    "setup": """
import pytest

@pytest.fixture
def broken():
    def __tracebackhide__(excinfo):
        raise SystemError("the formatting")
    raise OSError("setup failed")

def test_fails(broken):
    pass
""",
    "import": 'raise OSError("import failed")',
}


def test_the_plugin_is_in_use(request: pytest.FixtureRequest) -> None:
    """The root's conftest names the plugin, so every run of the suite has it."""
    assert request.config.pluginmanager.has_plugin("tests.reporting")


@pytest.mark.parametrize("workers", ["0", "2"])
def test_failures_are_reported_and_stop_no_other(tmp_path: Path, workers: str) -> None:
    """With this repository's options, each failure is named and the last test runs."""
    for name, sample in SAMPLES.items():
        (tmp_path / f"test_{name}.py").write_text(sample)
    (tmp_path / "test_zzz.py").write_text("def test_passes():\n    pass\n")
    options = ["-n", workers, "-p", "tests.reporting", "-p", "no:cacheprovider"]
    options += ["--rootdir", str(tmp_path), "-c", str(REPOSITORY / "pyproject.toml")]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED, ran.stdout + ran.stderr
    assert "INTERNALERROR" not in ran.stdout
    details, _, summary = ran.stdout.partition("short test summary")
    for name in SAMPLES:
        assert f"test_{name}.py" in summary
        assert f"{name} failed" in details
    assert "2 failed, 1 passed" in summary
