"""The demo's pure parts: what it applies, how it reads the object, when it starts."""

import subprocess
import sys
from pathlib import Path

import pytest

from dev.demo import manifests
from dev.demo.manifests import Addresses
from dev.demo.screen import Screen
from dev.demo.story import EARLIEST, LATEST, LOADING, pause_before_feeding
from dev.demo.watch import Look

REPOSITORY = Path(__file__).resolve().parents[4]
ADDRESSES = Addresses(
    reference_uri="file:///somewhere/one.parquet",
    references="file:///somewhere",
    git_url="http://127.0.0.1:1/gitops.git",
    git_token="a-token",
    database_url="postgresql://reader:word@127.0.0.1:2/inference",
)


def test_the_object_differs_from_the_example_only_in_addresses() -> None:
    """What the demo applies is the shipped manifest with two addresses set."""
    (example,) = manifests.load("modeldeployment.yaml")
    applied = manifests.model_deployment(ADDRESSES)
    assert applied["spec"]["reference"].pop("uri") == ADDRESSES.reference_uri
    assert applied["spec"]["promotion"]["git"].pop("url") == ADDRESSES.git_url
    del example["spec"]["reference"]["uri"]
    del example["spec"]["promotion"]["git"]["url"]
    assert applied == example


def test_every_placeholder_of_the_secrets_is_filled_in() -> None:
    """No REPLACE-ME reaches the cluster."""
    assert "REPLACE-ME" not in str(manifests.secrets(ADDRESSES))


def test_the_values_file_names_version_one_where_the_object_points() -> None:
    """The repository begins with version 1 at the path of the manifest."""
    path, content = manifests.values_file()
    assert path == "apps/index-range/values.yaml"
    assert content.count(b"models:/index-range/1") == 1


@pytest.mark.parametrize("second", range(60))
def test_a_check_always_falls_into_the_calm_rows(second: int) -> None:
    """Whenever the demo is ready, the next full minute comes early and late enough."""
    pause = pause_before_feeding(float(second))
    feeding = second + pause + LOADING
    assert 0 <= pause <= 60 - (LATEST - EARLIEST)
    assert any(EARLIEST <= minute - feeding <= LATEST for minute in (60, 120))


def test_absent_status_reads_as_absent() -> None:
    """A look at an object without status finds defaults, at any depth."""
    assert Look({}).at("promotion.state") is None
    assert Look({"status": {"promotion": None}}).at("promotion.state", "?") == "?"
    assert Look({"status": {"drift": {}}}).windows("Drift") == []


def test_a_condition_reads_as_one_line() -> None:
    """Status, reason and message, the last only where there is one."""
    conditions = [
        {"type": "Held", "status": "False", "reason": "NoHold", "message": ""},
        {"type": "Ready", "status": "True", "reason": "Healthy", "message": "fine"},
    ]
    look = Look({"status": {"conditions": conditions}})
    assert look.condition("Held") == "False (NoHold)"
    assert look.condition("Ready") == "True (Healthy): fine"
    assert look.condition("Deployed") == ""


def test_quotes_are_printed_unchanged(capsys: pytest.CaptureFixture[str]) -> None:
    """What a program said is indented, and nothing else happens to it."""
    Screen(color=False).quote("a  b\n\n  c", "show")
    assert capsys.readouterr().out == (
        "        $ show\n          a  b\n\n            c\n"
    )


def test_the_first_part_needs_no_installed_package() -> None:
    """`make demo` begins in a bare Python: what it imports is the standard library."""
    command = (
        f"import sys; sys.path.insert(0, {str(REPOSITORY)!r}); import dev.demo.__main__"
    )
    # -S leaves out site-packages.
    subprocess.run([sys.executable, "-I", "-S", "-c", command], check=True)


def test_the_first_verdict_reads_the_training_s_data() -> None:
    """The price files come from the same release of `arch` as the training's."""
    pins = set()
    for name in ("story", "training"):
        lines = (REPOSITORY / "requirements" / f"{name}.txt").read_text().splitlines()
        pins |= {line.split()[0] for line in lines if line.startswith("arch==")}
    assert len(pins) == 1
