"""The images are built for real and answer as they run in a `restricted` pod.

Needs root on Debian (`make test-image`); see dev/image.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.image.engine import Engine, mounts_below, running_engine
from dev.image.packages import ensure_base, ensure_wheels, make_context
from dev.processes.background import in_background

pytestmark = pytest.mark.timeout(900)
BASE = "python:3.11-slim-bookworm"
OPERATOR, WORKER = "killick-operator:test", "killick-worker:test"
SLIM = "killick-worker-slim:test"
MEGABYTE = 1_000_000


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Return an engine that holds the base and both images, freshly built."""
    assert os.geteuid() == 0, "a Docker engine needs root"
    base = in_background(ensure_base)
    wheels = ensure_wheels()
    root = base.result()
    context = make_context(tmp_path_factory.mktemp("context"), wheels)
    with running_engine() as engine:
        engine.import_root(root, BASE)
        engine.build(context, "operator", OPERATOR)
        engine.build(context, "worker-slim", SLIM)
        engine.build(context, "worker", WORKER)
        shutil.rmtree(context)
        yield engine
        directory = engine.socket.parent
    assert not directory.exists()
    assert not mounts_below(directory)


def test_the_command_line_answers(engine: Engine) -> None:
    """`killick --version` and `killick --help` work in the operator's image."""
    assert engine.run(OPERATOR, "killick", "--version").text.endswith("0.1.0\n")
    helped = engine.run(OPERATOR, "killick", "--help")
    assert helped.code == 0
    assert "doctor" in helped.text


def test_the_operator_says_which_setting_is_wrong(engine: Engine) -> None:
    """The image's default command is the operator, which reads its settings."""
    ran = engine.run(OPERATOR, options=("--env=KILLICK_HTTP_PORT=none",))
    assert ran.code == 2
    assert "KILLICK_HTTP_PORT is invalid: Input should be a valid integer" in ran.text


def test_the_operator_starts_as_a_user_without_a_name(engine: Engine) -> None:
    """As 65532 it comes as far as looking for the API server."""
    ran = engine.run(
        OPERATOR, "timeout", "--signal=INT", "8", "python", "-m", "killick"
    )
    assert "no way to the API server" in ran.text, ran.text


def test_the_worker_answers(engine: Engine) -> None:
    """`python -m driftcheck --help` works in the worker's image."""
    ran = engine.run(WORKER, "python", "-m", "driftcheck", "--help")
    assert ran.code == 0
    assert "--reference" in ran.text


COMPARE = """
import atexit, pathlib, runpy, sys
import numpy, pyarrow, pyarrow.parquet
for name, mean in (("old", 0.0), ("new", 3.0)):
    values = numpy.random.default_rng(1).normal(mean, 1.0, 1000)
    table = pyarrow.table({"price": values})
    pyarrow.parquet.write_table(table, f"/tmp/{name}.parquet")
page = pathlib.Path("/tmp/page.html")
atexit.register(lambda: page.exists() and print(page.read_text()))
sides = ["--reference", "/tmp/old.parquet", "--current", "/tmp/new.parquet"]
sys.argv = ["driftcheck", *sides, *sys.argv[1:]]
runpy.run_module("driftcheck", run_name="__main__")
"""


def test_the_worker_finds_drift(engine: Engine) -> None:
    """A whole check runs on what the image holds: parquet in, verdict out."""
    ran = engine.run(WORKER, "python", "-c", COMPARE)
    assert '"Drift"' in ran.text or "Drift" in ran.text.split(), ran.text


def test_the_worker_asks_evidently(engine: Engine) -> None:
    """Evidently judges and makes its page in the environment that the image has."""
    options = ("--engine", "Evidently", "--html", "/tmp/page.html")
    ran = engine.run(WORKER, "python", "-c", COMPARE, *options)
    assert ran.code == 10, ran.text
    assert "Wasserstein distance (normed)" in ran.text


def test_the_slim_worker_says_that_it_has_no_evidently(engine: Engine) -> None:
    """Asked for Evidently's verdict, it gives none."""
    ran = engine.run(SLIM, "python", "-c", COMPARE, "--engine", "Evidently")
    assert ran.code == 1
    assert "NoEvidently" in ran.text, ran.text


@pytest.mark.parametrize(
    "name", ["pyarrow.dataset", "pyarrow.fs", "adbc_driver_postgresql.dbapi"]
)
def test_what_was_taken_out_is_not_missed(engine: Engine, name: str) -> None:
    """Everything that the worker reads with can be imported."""
    ran = engine.run(WORKER, "python", "-c", f"import {name}")
    assert ran.code == 0, ran.text


@pytest.mark.parametrize("image", [OPERATOR, WORKER])
def test_nothing_but_tmp_can_be_written(engine: Engine, image: str) -> None:
    """Even on a writable root, the user owns neither the program nor its folders."""
    script = "touch /tmp/x && ! touch /app/x && ! touch /opt/killick/x && ! touch /x"
    user = ("--user=65532:65532", "--network=none", image, "sh", "-c", script)
    ran = engine.docker("run", "--rm", *user)
    assert ran.code == 0, ran.text


@pytest.mark.parametrize("image", [OPERATOR, WORKER])
def test_the_image_says_how_it_is_run(engine: Engine, image: str) -> None:
    """Not root, imports not from the working directory, nothing of the build in it."""
    config = json.loads(engine.docker("image", "inspect", image).text)[0]["Config"]
    assert config["User"] == "65532:65532"
    assert "PYTHONSAFEPATH=1" in config["Env"]
    assert not [each for each in config["Env"] if each.startswith("PIP_")]
    ran = engine.run(image, "sh", "-c", "ls -d /build; python -m pip; command -v cc")
    assert "No module named pip" in ran.text
    assert "cannot access '/build'" in ran.text
    assert ran.code != 0


def test_the_operator_lacks_what_only_the_worker_needs(engine: Engine) -> None:
    """No numbers in the operator and no Kubernetes client in the worker."""
    for image, name in ((OPERATOR, "numpy"), (OPERATOR, "pyarrow"), (WORKER, "kopf")):
        ran = engine.run(image, "python", "-c", f"import {name}")
        assert f"No module named '{name}'" in ran.text


@pytest.mark.parametrize(
    ("image", "limit"), [(OPERATOR, 190), (SLIM, 350), (WORKER, 1000)]
)
def test_the_image_is_small(engine: Engine, image: str, limit: int) -> None:
    """What is added to the base stays below so many megabytes."""
    added = (engine.size(image) - engine.size(BASE)) / MEGABYTE
    assert added < limit


def test_the_base_is_the_one_that_is_named() -> None:
    """The Dockerfile's default base is the official one that the tests stand in for."""
    text = (Path(__file__).parents[2] / "Dockerfile").read_text()
    assert f"ARG PYTHON_IMAGE={BASE}\n" in text
