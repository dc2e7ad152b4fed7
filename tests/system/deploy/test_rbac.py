"""The operator's rights, exactly: what the repository grants and nothing besides.

A right that is added here is a right that a cluster's administrator must accept, so
the lists are literal.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.kubernetes.cluster import LocalCluster
from dev.operator_program import (
    ACCOUNT,
    NAMESPACE,
    OperatorProgram,
    grant,
    install,
)
from tests.system.support.api_server import ApiServer, Json

DEPLOY = Path(__file__).parents[3] / "deploy"
KILLICK = "killick.dev"
SETTINGS = "killick-settings"

CLUSTER_RULES = [
    (KILLICK, "modeldeployments", ["get", "list", "watch", "patch"]),
    (KILLICK, "modeldeployments/status", ["update"]),
]
SETTINGS_RULES = [("", "configmaps", ["get", "patch"])]  # of one name
TENANT_RULES = [
    ("batch", "cronjobs", ["get", "create", "patch"]),
    ("batch", "jobs", ["list", "watch", "create", "delete"]),
    ("", "pods", ["list"]),
    ("", "secrets", ["get"]),
    ("", "events", ["create"]),
]
EVERYBODY = {
    "selfsubjectaccessreviews",
    "selfsubjectrulesreviews",
    "selfsubjectreviews",
}

Right = tuple[str, str, str]  # verb, group, resource

NEVER: list[Right] = [
    ("update", KILLICK, "modeldeployments"),
    ("create", KILLICK, "modeldeployments"),
    ("delete", KILLICK, "modeldeployments"),
    ("deletecollection", KILLICK, "modeldeployments"),
    ("patch", KILLICK, "modeldeployments/status"),
    ("list", "", "secrets"),
    ("watch", "", "secrets"),
    ("create", "", "secrets"),
    ("patch", "", "secrets"),
    ("delete", "", "secrets"),
    ("get", "", "configmaps"),
    ("get", "", "pods"),
    ("create", "", "pods"),
    ("delete", "", "pods"),
    ("create", "", "pods/exec"),
    ("get", "", "pods/log"),
    ("create", "", "serviceaccounts/token"),
    ("impersonate", "", "serviceaccounts"),
    ("list", "", "events"),
    ("patch", "batch", "jobs"),
    ("get", "batch", "jobs"),
    ("list", "batch", "cronjobs"),
    ("delete", "batch", "cronjobs"),
    ("get", "apps", "deployments"),
    ("list", "", "nodes"),
    ("list", "", "namespaces"),
    ("get", "apiextensions.k8s.io", "customresourcedefinitions"),
    ("create", "rbac.authorization.k8s.io", "rolebindings"),
    ("escalate", "rbac.authorization.k8s.io", "clusterroles"),
    ("bind", "rbac.authorization.k8s.io", "clusterroles"),
    ("get", "coordination.k8s.io", "leases"),
]


@dataclass(frozen=True)
class Operator:
    """The operator's account as it asks the API server about itself."""

    api: ApiServer

    def may(self, right: Right, namespace: str) -> bool:
        """Ask whether one thing is allowed."""
        verb, group, resource = right
        resource, _, subresource = resource.partition("/")
        wanted = {
            "namespace": namespace,
            "verb": verb,
            "group": group,
            "resource": resource,
            "subresource": subresource,
        }
        answer = self._review("SelfSubjectAccessReview", resourceAttributes=wanted)
        return bool(answer["status"]["allowed"])

    def rights(self, namespace: str) -> set[Right]:
        """Ask for everything that is allowed in a namespace."""
        answer = self._review("SelfSubjectRulesReview", namespace=namespace)
        assert not answer["status"]["incomplete"]
        return {
            (verb, group, resource)
            for rule in answer["status"]["resourceRules"]
            for verb in rule["verbs"]
            for group in rule["apiGroups"]
            for resource in rule["resources"]
            if resource not in EVERYBODY
        }

    def _review(self, kind: str, **spec: Any) -> Json:
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
        path = f"/apis/authorization.k8s.io/v1/{kind.lower()}s"
        answer = self.api.send("POST", path, body)
        assert answer.accepted, answer.message
        return answer.body


@pytest.fixture(scope="module")
def installed(cluster: LocalCluster) -> LocalCluster:
    """Return the cluster with what `deploy/` holds but the Deployment."""
    install(cluster)
    return cluster


@pytest.fixture(scope="module")
def operator(installed: LocalCluster) -> Iterator[Operator]:
    """Return the operator's account."""
    api = ApiServer(installed.serviceaccount_kubeconfig(NAMESPACE, ACCOUNT))
    yield Operator(api)
    api.close()


@pytest.fixture
def granted(installed: LocalCluster, namespace: str) -> str:
    """Return a namespace whose owner lets the operator work there."""
    grant(installed, namespace)
    return namespace


def documents(path: Path) -> list[Json]:
    """Return the manifests of a file."""
    return list(yaml.safe_load_all(path.read_text()))


def rules_of(file: str) -> list[tuple[str, str, list[str]]]:
    """Return the rules of the ClusterRole in a file of deploy/base, one each."""
    (role,) = [
        one for one in documents(DEPLOY / "base" / file) if one["kind"] == "ClusterRole"
    ]
    for rule in role["rules"]:
        assert set(rule) == {"apiGroups", "resources", "verbs"}
    return [
        (group, resource, rule["verbs"])
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    ]


def rights_of(rules: list[tuple[str, str, list[str]]]) -> set[Right]:
    """Return what rules allow, one verb each."""
    return {
        (verb, group, resource) for group, resource, verbs in rules for verb in verbs
    }


def test_the_roles_hold_exactly_these_rules() -> None:
    """Neither role of the repository grants more or less than is written here."""
    assert rules_of("clusterrole.yaml") == CLUSTER_RULES
    assert rules_of("clusterrole-tenant.yaml") == TENANT_RULES


def test_the_cluster_wide_binding_is_only_of_the_cluster_role() -> None:
    """The tenant role is bound in namespaces and never in the whole cluster."""
    files = (DEPLOY / "base").glob("*.yaml")
    bindings = [
        one
        for file in files
        for one in documents(file)
        if one.get("kind") in ("ClusterRoleBinding", "RoleBinding")
    ]
    bound = {(one["kind"], one["roleRef"]["name"]) for one in bindings}
    assert bound == {("ClusterRoleBinding", "killick"), ("RoleBinding", SETTINGS)}
    account = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}
    assert all(one["subjects"] == [account] for one in bindings)
    (tenant,) = documents(DEPLOY / "tenant" / "rolebinding.yaml")
    assert (tenant["kind"], tenant["subjects"]) == ("RoleBinding", [account])


def test_in_a_granted_namespace_it_may_do_that_and_nothing_else(
    operator: Operator, granted: str
) -> None:
    """The API server's own list of the account's rights is that of the two roles."""
    both = rights_of(CLUSTER_RULES) | rights_of(TENANT_RULES)
    assert operator.rights(granted) == both
    assert [right for right in sorted(both) if not operator.may(right, granted)] == []


def test_in_another_namespace_it_may_only_see_model_deployments(
    operator: Operator, granted: str
) -> None:
    """One owner's grant opens no other namespace, not even the operator's own."""
    for other in ("default", "kube-system", NAMESPACE):
        own = rights_of(SETTINGS_RULES) if other == NAMESPACE else set()
        assert operator.rights(other) == rights_of(CLUSTER_RULES) | own
        tenant = sorted(rights_of(TENANT_RULES))
        assert [right for right in tenant if operator.may(right, other)] == []


@pytest.mark.parametrize("right", NEVER, ids=" ".join)
def test_it_may_not(operator: Operator, granted: str, right: Right) -> None:
    """What a stolen token of the operator must not be good for, granted or not."""
    assert not operator.may(right, granted)
    assert not operator.may(right, "default")


def test_of_config_maps_it_may_write_only_its_settings(operator: Operator) -> None:
    """Of all ConfigMaps it may get and patch the one it publishes its settings in."""
    (_, role, _, viewer) = documents(DEPLOY / "base" / "settings.yaml")
    (rule,) = role["rules"]
    assert (rule["resourceNames"], rule["verbs"]) == ([SETTINGS], ["get", "patch"])
    assert viewer["rules"] == [{**rule, "verbs": ["get"]}]
    config_maps = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
    assert operator.api.send("GET", f"{config_maps}/{SETTINGS}", {}).status == 200
    other = f"{config_maps}/kube-root-ca.crt"
    assert operator.api.send("GET", other, {}).status == 403
    assert operator.api.send("GET", config_maps, {}).status == 403
    assert operator.api.send("DELETE", f"{config_maps}/{SETTINGS}", {}).status == 403


def test_the_rights_are_enough_for_the_calls(
    operator: Operator, installed: LocalCluster, granted: str
) -> None:
    """A named Secret can be read, a list of them cannot; likewise with pods."""
    create = ("create", "secret", "generic", "log", "--namespace", granted)
    installed.kubectl(*create, "--from-literal=key=value")
    secrets = f"/api/v1/namespaces/{granted}/secrets"
    assert operator.api.send("GET", f"{secrets}/log", {}).status == 200
    assert operator.api.send("GET", secrets, {}).status == 403
    pods = f"/api/v1/namespaces/{granted}/pods"
    assert operator.api.send("GET", pods, {}).status == 200
    assert operator.api.send("GET", "/api/v1/pods", {}).status == 403
    qualified_name = f"/apis/{KILLICK}/v1alpha1/modeldeployments"
    assert operator.api.send("GET", qualified_name, {}).status == 200


def test_everything_applies_with_kustomize(installed: LocalCluster) -> None:
    """`kubectl apply -k` takes base, the whole and the grant, and warns of nothing."""
    for target in (DEPLOY, DEPLOY / "base"):
        told = installed.kubectl("apply", "--dry-run=server", "-k", str(target))
        for kind in ("deployment.apps/killick", "serviceaccount/killick"):
            assert kind in told
    namespaced = ("apply", "--dry-run=server", "--namespace", "default")
    told = installed.kubectl(*namespaced, "-k", str(DEPLOY / "tenant"))
    assert "rolebinding.rbac.authorization.k8s.io/killick-tenant" in told


def test_tests_and_demo_install_what_is_shipped(installed: LocalCluster) -> None:
    """After `install` an apply of `deploy/` would add the Deployment, nothing else."""
    shipped = ("--server-side", "--dry-run=server", "-k", str(DEPLOY), "-o", "json")
    wanted = json.loads(installed.kubectl("apply", *shipped))["items"]
    there = ("get", "-k", str(DEPLOY), "--ignore-not-found", "-o", "json")
    found = {key(one): one for one in json.loads(installed.kubectl(*there))["items"]}
    assert len(found) == len(wanted) - 1 > 8
    for one in wanted:
        if one["kind"] == "Deployment":
            (container,) = one["spec"]["template"]["spec"]["containers"]
            continue
        assert described(one) == described(found[key(one)])
    program = OperatorProgram.of(installed, "http://127.0.0.1:9", installed.directory)
    started = program.program(Path("environment"))
    assert list(started.command[1:]) == container["command"][1:]


def key(manifest: Json) -> tuple[str, str]:
    """Return what tells an object of `deploy/` from the others."""
    return manifest["kind"], manifest["metadata"]["name"]


def described(manifest: Json) -> Json:
    """Return an object without the API server's own bookkeeping."""
    metadata = {
        name: value
        for name, value in manifest["metadata"].items()
        if name not in ("resourceVersion", "generation", "managedFields")
    }
    return {**manifest, "metadata": metadata}
