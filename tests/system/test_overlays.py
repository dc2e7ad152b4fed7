"""The overlays of `deploy/`, applied as a person does, and the operator under them."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.cluster import KubectlError, LocalCluster
from dev.operator_program import ACCOUNT, NAMESPACE, OperatorProgram

REPOSITORY = Path(__file__).parents[2]
OVERLAYS = REPOSITORY / "deploy" / "overlays"
SERVED = ("shop", "pricing")


def eventually(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Wait until the condition holds; False if it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def apply(cluster: LocalCluster, overlay: str) -> None:
    """Apply it as a person does."""
    arguments = ("apply", "--server-side", "-k", str(OVERLAYS / overlay))
    cluster.kubectl(*arguments)


def rendered(cluster: LocalCluster, overlay: str) -> list[dict[str, Any]]:
    """Every manifest of an overlay."""
    return list(
        yaml.safe_load_all(cluster.kubectl("kustomize", str(OVERLAYS / overlay)))
    )


def variable(cluster: LocalCluster, overlay: str, name: str) -> str:
    """A variable of the operator's container."""
    (deployment,) = [m for m in rendered(cluster, overlay) if m["kind"] == "Deployment"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    (value,) = [e["value"] for e in container["env"] if e["name"] == name]
    return str(value)


def may(cluster: LocalCluster, verb: str, resource: str, namespace: str) -> bool:
    """Whether the operator's account is allowed that."""
    account = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
    asked = ("auth", "can-i", verb, resource, "--namespace", namespace)
    answer = cluster.kubectl(*asked, "--as", account, check=False)
    return answer.strip() == "yes"


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Return a cluster of its own where a few namespaces are served."""
    with LocalCluster(tmp_path_factory.mktemp("overlays")) as cluster:
        for namespace in (*SERVED, "other"):
            cluster.create_namespace(namespace)
        apply(cluster, "namespaces")
        crds = str(REPOSITORY / "crds")
        cluster.kubectl("wait", "--for=condition=Established", "-f", crds)
        yield cluster


def test_the_pod_is_created_under_pod_security(few: LocalCluster) -> None:
    """The Deployment's pod is admitted to the namespace that the base makes."""
    pods = ("pods", "--namespace", NAMESPACE, "-l", "app.kubernetes.io/name=killick")
    assert eventually(lambda: len(few.get(*pods)["items"]) == 1)


def test_rights_end_at_the_served_namespaces(few: LocalCluster) -> None:
    """Everything in the served namespaces, nothing in another, nothing cluster-wide."""
    needed = [("list", "modeldeployments"), ("create", "jobs"), ("get", "secrets/x")]
    for verb, resource in needed:
        for namespace in SERVED:
            assert may(few, verb, resource, namespace)
        assert not may(few, verb, resource, "other")
    with pytest.raises(KubectlError, match="not found"):
        few.kubectl("get", "clusterrolebinding", "killick")


def test_work_is_fenced_in_each_served_namespace(few: LocalCluster) -> None:
    """The network policy of the grant is in every served namespace."""
    for namespace in SERVED:
        found = few.get("networkpolicy", "killick-work", "--namespace", namespace)
        assert found["spec"]["policyTypes"] == ["Ingress", "Egress"]


def test_the_operator_serves_them_with_these_rights(
    few: LocalCluster, tmp_path: Path
) -> None:
    """With the overlay's rights and namespaces it works there, and only there."""
    namespaces = variable(few, "namespaces", "KILLICK_NAMESPACES")
    assert namespaces == ",".join(SERVED)
    manifest = yaml.safe_load((REPOSITORY / "examples" / "01-minimal.yaml").read_text())
    name = manifest["metadata"]["name"]
    program = OperatorProgram.of(
        few, "http://127.0.0.1:9", tmp_path / "work", KILLICK_NAMESPACES=namespaces
    )
    program.start(few.supervisor).wait_ready(few.progress)
    for namespace in ("other", *SERVED):
        manifest["metadata"]["namespace"] = namespace
        few.kubectl("apply", "-f", "-", input=json.dumps(manifest))

    def conditions(namespace: str) -> list[Any]:
        found = few.get("modeldeployment", name, "--namespace", namespace)
        return list(found.get("status", {}).get("conditions", ()))

    def checked(namespace: str) -> bool:
        check = ("cronjob", f"{name}-check", "--namespace", namespace)
        return bool(few.kubectl("get", *check, check=False))

    assert eventually(lambda: all(map(conditions, SERVED)))
    assert eventually(lambda: all(map(checked, SERVED)))
    assert not conditions("other")


def test_the_whole_cluster_is_the_base_and_the_crd(few: LocalCluster) -> None:
    """The other overlay names no namespace and applies as it is."""
    assert variable(few, "cluster-wide", "KILLICK_NAMESPACES") == ""
    kinds = {manifest["kind"] for manifest in rendered(few, "cluster-wide")}
    assert {"CustomResourceDefinition", "ClusterRoleBinding", "Deployment"} <= kinds
    overlay = str(OVERLAYS / "cluster-wide")
    few.kubectl("apply", "--server-side", "--dry-run=server", "-k", overlay)


def test_two_replicas_are_the_whole_cluster_with_a_lease(few: LocalCluster) -> None:
    """The overlay applies as it is, with two replicas that take turns."""
    assert variable(few, "two-replicas", "KILLICK_LEADER_ELECTION") == "true"
    found = rendered(few, "two-replicas")
    (deployment,) = [one for one in found if one["kind"] == "Deployment"]
    assert deployment["spec"]["replicas"] == 2
    lease = variable(few, "two-replicas", "KILLICK_LEASE")
    names = [one["metadata"] for one in found if one["kind"] == "Lease"]
    assert [f"{one['namespace']}/{one['name']}" for one in names] == [lease]
    overlay = str(OVERLAYS / "two-replicas")
    few.kubectl("apply", "--server-side", "--dry-run=server", "-k", overlay)
