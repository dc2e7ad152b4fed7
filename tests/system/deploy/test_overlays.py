"""The overlays of `deploy/`, applied as a person does, and the operator under them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.kubernetes.cluster import KubectlError, LocalCluster
from dev.operator_program import ACCOUNT, NAMESPACE, OperatorProgram
from dev.waiting import LIMIT, wait_until
from killick.names import FINALIZER
from tests.system.support.api_server import ApiServer, Json

REPOSITORY = Path(__file__).parents[3]
OVERLAYS = REPOSITORY / "deploy" / "overlays"
SERVED = ("shop", "pricing")


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
    wait_until("one pod", lambda: few.get(*pods)["items"], lambda all_: len(all_) == 1)


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
    process = program.start(few.supervisor).wait_ready(few.progress)
    for namespace in ("other", *SERVED):
        manifest["metadata"]["namespace"] = namespace
        few.kubectl("apply", "-f", "-", input=json.dumps(manifest))

    def conditions(namespace: str) -> list[Any]:
        found = few.get("modeldeployment", name, "--namespace", namespace)
        return list(found.get("status", {}).get("conditions", ()))

    def checked(namespace: str) -> str:
        check = ("cronjob", f"{name}-check", "--namespace", namespace)
        return few.kubectl("get", *check, check=False)

    wait_until("conditions", lambda: [conditions(each) for each in SERVED], all)
    wait_until("check CronJobs", lambda: [checked(each) for each in SERVED], all)
    assert not conditions("other")
    process.kill()


MINIMAL = REPOSITORY / "examples" / "01-minimal.yaml"
OBJECTS = "/apis/killick.dev/v1alpha1/namespaces/{}/modeldeployments"
FREE: Json = {"metadata": {"finalizers": None}}
WRITES: dict[str, Json] = {
    "a spec": {"spec": {"suspend": True}},
    "a label": {"metadata": {"labels": {"team": "x"}}},
    "a request": {"metadata": {"annotations": {"killick.dev/check": "now"}}},
    "another's finalizer": {"metadata": {"finalizers": [FINALIZER]}},
}


@pytest.fixture(scope="module")
def account(few: LocalCluster) -> Iterator[ApiServer]:
    """Return what the operator's account says to the API server."""
    api = ApiServer(few.serviceaccount_kubeconfig(NAMESPACE, ACCOUNT))
    yield api
    api.close()


def create(cluster: LocalCluster, namespace: str, name: str) -> str:
    """Create an object that somebody else's finalizer holds; return its path."""
    manifest = yaml.safe_load(MINIMAL.read_text())
    held = {"name": name, "namespace": namespace, "finalizers": ["example.com/held"]}
    manifest["metadata"] = held
    cluster.kubectl("apply", "-f", "-", input=json.dumps(manifest))
    return f"{OBJECTS.format(namespace)}/{name}"


def edit(cluster: LocalCluster, namespace: str, change: Json) -> None:
    """Change the guarded object as its administrator."""
    what = ("mdep", "guarded", "--namespace", namespace)
    cluster.kubectl("patch", *what, "--type=merge", f"--patch={json.dumps(change)}")


def patch(api: ApiServer, path: str, change: Json) -> int:
    """Merge a change into the object; return the status of the answer."""
    kind = "application/merge-patch+json"
    return api.send("PATCH", path, change, kind=kind).status


@pytest.mark.parametrize("what", WRITES)
def test_the_operator_writes_nothing_of_anybody_else(
    few: LocalCluster, account: ApiServer, what: str
) -> None:
    """Its right to patch an object does not reach beyond its own finalizer."""
    path = create(few, SERVED[0], "guarded")
    assert patch(account, path, WRITES[what]) == 403


def test_the_operator_writes_its_own(few: LocalCluster, account: ApiServer) -> None:
    """Its finalizer beside another's, and kopf's annotations."""
    path = create(few, SERVED[0], "guarded")
    both = {"finalizers": ["example.com/held", FINALIZER]}
    notes = {"annotations": {"kopf.killick.dev/touch-dummy": "1"}}
    assert patch(account, path, {"metadata": {**both, **notes}}) == 200
    assert patch(account, path, {"metadata": {"annotations": None}}) == 403
    clean = {"kopf.killick.dev/touch-dummy": None}
    own = {"finalizers": ["example.com/held"], "annotations": clean}
    assert patch(account, path, {"metadata": own}) == 200


def test_elsewhere_it_only_lets_go(few: LocalCluster, account: ApiServer) -> None:
    """In a namespace that it does not serve, only what is being deleted is patched."""
    path = create(few, "other", "guarded")
    both = {"metadata": {"finalizers": ["example.com/held", FINALIZER]}}
    assert patch(account, path, both) == 403
    edit(few, "other", both)
    few.kubectl("delete", "mdep", "guarded", "-n", "other", "--wait=false")
    alone = {"metadata": {"finalizers": ["example.com/held"]}}
    assert patch(account, path, alone) == 200
    edit(few, "other", FREE)


def test_a_served_namespace_can_be_deleted(few: LocalCluster, tmp_path: Path) -> None:
    """Its RoleBindings go with it and maybe first; its objects are let go all the same.

    The operator goes on with the other namespaces.
    """
    program = OperatorProgram.of(
        few,
        "http://127.0.0.1:9",
        tmp_path / "work",
        KILLICK_NAMESPACES=",".join(SERVED),
    )
    process = program.start(few.supervisor)
    manifest = yaml.safe_load(MINIMAL.read_text())
    for number in range(5):
        manifest["metadata"].update(name=f"object-{number}", namespace=SERVED[0])
        few.kubectl("apply", "-f", "-", input=json.dumps(manifest))

    def held() -> int:
        found = few.get("mdep", "-n", SERVED[0])["items"]
        return sum(FINALIZER in one["metadata"].get("finalizers", ()) for one in found)

    wait_until("five finalizers", held, lambda count: count >= 5)
    edit(few, SERVED[0], FREE)
    few.delete_namespace(SERVED[0])
    wait_until(
        f"the end of the namespace {SERVED[0]}",
        lambda: few.kubectl("get", "namespaces"),
        lambda listed: SERVED[0] not in listed,
    )
    manifest["metadata"].update(name="still-served", namespace=SERVED[1])
    few.kubectl("apply", "-f", "-", input=json.dumps(manifest))
    check = ("cronjob", "still-served-check", "-n", SERVED[1])
    wait_until("a check CronJob", lambda: few.kubectl("get", *check, check=False))
    assert process.alive
    process.kill()


def test_a_namespace_that_refuses_stops_no_other(
    few: LocalCluster, tmp_path: Path
) -> None:
    """It is left out at first; once it lets the operator in, a new one serves it."""
    names = f"refusing,{SERVED[1]}"
    program = OperatorProgram.of(
        *(few, "http://127.0.0.1:9", tmp_path / "work"),
        KILLICK_NAMESPACES=names,
        KILLICK_RESYNC_SECONDS="5",
    )
    process = program.start(few.supervisor).wait_ready(few.progress)
    few.create_namespace("refusing")
    manifest = yaml.safe_load(MINIMAL.read_text())
    manifest["metadata"]["name"] = "patient"

    def checked(namespace: str) -> str:
        check = ("cronjob", "patient-check", "--namespace", namespace)
        return few.kubectl("get", *check, check=False)

    for namespace in (SERVED[1], "refusing"):
        manifest["metadata"]["namespace"] = namespace
        few.kubectl("apply", "-f", "-", input=json.dumps(manifest))
    wait_until("a check CronJob", lambda: checked(SERVED[1]))
    assert not checked("refusing")
    for folder in ("tenant", "overlays/namespaces/served"):
        path = str(REPOSITORY / "deploy" / folder)
        few.kubectl("apply", "--namespace", "refusing", "-k", path)
    assert process.wait(timeout=LIMIT) == 0
    process = program.start(few.supervisor).wait_ready(few.progress)
    wait_until("a check CronJob", lambda: checked("refusing"))
    process.kill()


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
