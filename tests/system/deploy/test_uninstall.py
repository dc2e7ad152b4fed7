"""Installed and taken out again with the documented commands, on a real API server."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.kubernetes.cluster import LocalCluster
from dev.operator_program import NAMESPACE, OperatorProgram, grant
from dev.processes.supervisor import Process
from dev.waiting import wait_until
from killick.names import FINALIZER

REPOSITORY = Path(__file__).parents[3]
OVERLAYS = REPOSITORY / "deploy" / "overlays"
NAMESPACES = ("shop", "pricing")
CRD = "modeldeployments.killick.dev"


def make(cluster: LocalCluster, target: str, *variables: str) -> str:
    """Run `make` as a person would who has this cluster's kubeconfig."""
    answer = subprocess.run(
        ["make", "--silent", target, f"KUBECTL={cluster.kubectl_program}", *variables],
        cwd=REPOSITORY,
        env={
            "HOME": str(cluster.directory),
            "KUBECONFIG": str(cluster.kubeconfig),
            "PATH": os.environ.get("PATH", os.defpath),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def deploy(cluster: LocalCluster, overlay: str) -> None:
    """Install an overlay; the API server takes a moment to know the kind."""
    make(cluster, "deploy", f"OVERLAY={OVERLAYS / overlay}")
    cluster.kubectl("wait", "--for=condition=Established", f"crd/{CRD}")


def installed(cluster: LocalCluster, overlay: str) -> dict[str, Any]:
    """Return what of an overlay is in the cluster, as people have specified it."""
    folder = str(OVERLAYS / overlay)
    found = cluster.kubectl("get", "-k", folder, "--ignore-not-found", "-o", "json")
    items = json.loads(found or "{}")
    items = items.get("items", [items] if items else [])
    for one in items:
        one.pop("status", None)
        # Bookkeeping of the API server and of the Deployment's controller.
        for field in ("resourceVersion", "annotations"):
            one["metadata"].pop(field, None)
    return {
        "/".join(
            (one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"])
        ): one
        for one in items
    }


def objects(cluster: LocalCluster) -> list[dict[str, Any]]:
    """Return every ModelDeployment of the cluster."""
    items: list[dict[str, Any]] = cluster.get("modeldeployments", "-A")["items"]
    return items


def held(cluster: LocalCluster) -> list[str]:
    """Return the names of those with our finalizer."""
    return [
        one["metadata"]["name"]
        for one in objects(cluster)
        if FINALIZER in one["metadata"].get("finalizers", ())
    ]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Return a cluster of its own with two namespaces and nothing installed."""
    with LocalCluster(tmp_path_factory.mktemp("uninstall")) as cluster:
        for namespace in NAMESPACES:
            cluster.create_namespace(namespace)
        yield cluster


@pytest.fixture
def operator(bare: LocalCluster, tmp_path: Path) -> Iterator[Process]:
    """Return an operator that looks after two objects in each of two namespaces.

    It is a process outside the cluster: no Deployment's end ends it.
    """
    deploy(bare, "cluster-wide")
    manifest = yaml.safe_load((REPOSITORY / "examples" / "01-minimal.yaml").read_text())
    for namespace in NAMESPACES:
        grant(bare, namespace)
        for name in ("one", "two"):
            manifest["metadata"].update(name=name, namespace=namespace)
            bare.kubectl("apply", "-f", "-", input=json.dumps(manifest))
    program = OperatorProgram.of(bare, "http://127.0.0.1:9", tmp_path / "operator")
    process = program.start(bare.supervisor)
    wait_until("four finalizers", lambda: held(bare), lambda names: len(names) == 4)
    cronjobs = ("cronjobs", "-A", "-l", "killick.dev/purpose=check")
    wait_until(
        "four CronJobs",
        lambda: bare.get(*cronjobs)["items"],
        lambda items: len(items) == 4,
    )
    yield process
    process.kill()


@pytest.mark.parametrize("how", [["--server-side"], []], ids=["server", "client"])
def test_overlays_applied_again_and_exchanged(
    bare: LocalCluster, how: list[str]
) -> None:
    """Any overlay applies over any other, and a second time changes no object."""
    for overlay in ("cluster-wide", "namespaces", "two-replicas", "cluster-wide"):
        apply = ("apply", *how, "-k", str(OVERLAYS / overlay))
        count = len(bare.kubectl(*apply).splitlines())
        before = installed(bare, overlay)
        assert len(before) == count
        assert len(bare.kubectl(*apply).splitlines()) == count
        assert installed(bare, overlay) == before


def test_a_dry_run_tells_all_and_does_nothing(
    bare: LocalCluster, operator: Process
) -> None:
    """DRY_RUN=1 names each thing that would go, and the API server's state stays."""
    before = {one["metadata"]["uid"] for one in objects(bare)}
    there = set(installed(bare, "cluster-wide"))
    told = make(bare, "undeploy", "DRY_RUN=1", "CRD=1")
    for word in ("deployments/killick", "clusterrolebindings/killick", f"/{CRD}"):
        assert re.search(f"would delete .*{word}", told)
    assert told.count("would take the finalizer off modeldeployments/") == 4
    assert told.count("would delete modeldeployments/") == 4
    assert {one["metadata"]["uid"] for one in objects(bare)} == before
    assert set(installed(bare, "cluster-wide")) == there
    assert len(held(bare)) == 4


def test_a_running_operator_cannot_hold_on(
    bare: LocalCluster, operator: Process
) -> None:
    """The objects stay, free of the finalizer, though an operator still runs."""
    before = {one["metadata"]["uid"]: one["spec"] for one in objects(bare)}
    told = make(bare, "undeploy")
    assert operator.alive
    assert held(bare) == []
    assert {one["metadata"]["uid"]: one["spec"] for one in objects(bare)} == before
    assert told.count("let go of modeldeployments/") >= 4
    left = list(installed(bare, "cluster-wide"))
    assert left == [f"CustomResourceDefinition//{CRD}"]
    for kind in ("rolebindings", "networkpolicies", "cronjobs"):
        assert "killick" not in bare.kubectl("get", kind, "-A")
    bare.kubectl("delete", "mdep", "one", "-n", "shop", "--timeout=20s")
    assert held(bare) == []
    assert "Killick is gone" in make(bare, "undeploy")


def test_with_a_dead_operator_all_goes(bare: LocalCluster, operator: Process) -> None:
    """CRD=1 takes the objects, too, though the operator died with them in its care."""
    operator.kill()
    deploy(bare, "two-replicas")
    make(bare, "undeploy", "CRD=1")
    assert installed(bare, "two-replicas") == {}
    assert NAMESPACE not in bare.kubectl("get", "namespaces")
    assert CRD not in bare.kubectl("get", "crds")
    assert "Killick is gone" in make(bare, "undeploy", "CRD=1")


def test_a_deletion_survives_an_api_server_that_comes_and_goes(
    bare: LocalCluster, operator: Process
) -> None:
    """Restarted twice in mid-deletion, it lets all objects go within a minute."""
    bare.kubectl("delete", "mdep", "--all", "-n", "shop", "--wait=false")
    for _ in range(2):
        bare.restart("kube-apiserver")
        bare.kubectl("delete", "mdep", "--all", "-n", "pricing", "--wait=false")
    wait_until("the deletions", lambda: objects(bare), lambda left: not left)
    assert operator.alive
