"""Who may write which ModelDeployment, asked of the real API server by its users.

The right to write ModelDeployments is not the right to every Secret and every account
of the namespace: the admission policy of `deploy/base` asks for both.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
import yaml

from dev.kubernetes.cluster import KubectlError, LocalCluster
from dev.operator_program import ACCOUNT, NAMESPACE, grant, install
from killick.names import FINALIZER

STORY = Path(__file__).parents[3] / "examples" / "story" / "modeldeployment.yaml"
POLICY = "killick-author-rights"
OWNER, GUEST, READER = "owner", "guest", "reader"
KILLICK = "killick.dev"
LOG, GIT, REGISTRY = "inference-log", "gitops", "mlflow"
ENVIRONMENT = [f"environment-{number}" for number in range(8)]
PULL = [f"pull-{number}" for number in range(8)]
EVERY_SECRET = [LOG, GIT, REGISTRY, *ENVIRONMENT, *PULL]


Right = tuple[str, str, tuple[str, ...], tuple[str, ...]]  # group, kind, verbs, names

WRITE: Right = (KILLICK, "modeldeployments", ("create", "patch", "get"), ())
PODS: Right = ("", "pods", ("create",), ())
JOBS: Right = ("batch", "jobs", ("create",), ())


def secrets(*names: str) -> Right:
    """Return the right to read these Secrets."""
    return ("", "secrets", ("get",), names)


def rights(user: str, namespace: str, *granted: Right) -> list[dict[str, Any]]:
    """Return the Role and the RoleBinding that give a user these rights."""
    group = "rbac.authorization.k8s.io"
    metadata = {"name": user, "namespace": namespace}
    rules = [
        {"apiGroups": [g], "resources": [kind], "verbs": [*verbs]}
        | ({"resourceNames": [*names]} if names else {})
        for g, kind, verbs, names in granted
    ]
    subject = {"kind": "User", "name": user, "apiGroup": group}
    reference = {"apiGroup": group, "kind": "Role", "name": metadata["name"]}
    common = {"apiVersion": f"{group}/v1", "metadata": metadata}
    return [
        {**common, "kind": "Role", "rules": rules},
        {**common, "kind": "RoleBinding", "roleRef": reference, "subjects": [subject]},
    ]


@dataclass(frozen=True)
class Users:
    """People with rights of their own in one namespace."""

    cluster: LocalCluster
    namespace: str

    def apply(self, user: str, manifest: dict[str, Any], *options: str) -> str:
        """Apply as that user; return the refusal, or nothing."""
        try:
            self.cluster.kubectl(
                *("apply", "--server-side", "--force-conflicts", "--as", user),
                *options,
                *("--namespace", self.namespace, "-f", "-"),
                input=json.dumps(manifest),
            )
        except KubectlError as error:
            return str(error)
        return ""


@pytest.fixture(scope="module")
def users(cluster: LocalCluster) -> Iterator[Users]:
    """Return a namespace's people, once the policy is enforced there."""
    install(cluster)
    namespace = cluster.create_namespace(f"test-{token_hex(4)}")
    grant(cluster, namespace)
    everything = (WRITE, secrets(*EVERY_SECRET), PODS, JOBS)
    readers = (WRITE, ("", "configmaps", ("get",), ("settings",)), secrets(LOG))
    cluster.apply(
        *rights(OWNER, namespace, *everything),
        *rights(GUEST, namespace, WRITE),
        *rights(READER, namespace, *readers),
        *(
            manifest
            for case, (granted, _) in MISSING.items()
            for manifest in rights(f"lacks-{case}", namespace, WRITE, *granted)
        ),
    )
    users = Users(cluster, namespace)
    deadline = time.monotonic() + 60
    # Nothing is stored: of an object that is there, the same spec is never refused.
    while POLICY not in (
        refusal := users.apply(GUEST, minimal("probe"), "--dry-run=server")
    ):
        assert time.monotonic() < deadline, f"the policy is not enforced: {refusal}"
    yield users
    cluster.delete_namespace(namespace)


def story() -> dict[str, Any]:
    """Return the story's object, without a namespace."""
    manifest: dict[str, Any] = yaml.safe_load(STORY.read_text())
    del manifest["metadata"]["namespace"]
    return manifest


def minimal(name: str) -> dict[str, Any]:
    """Return an object that names the log's Secret and nothing else."""
    manifest = story()
    manifest["metadata"]["name"] = name
    needed = ("model", "reference", "inferenceLog")
    manifest["spec"] = {key: manifest["spec"][key] for key in needed}
    return manifest


def full(name: str) -> dict[str, Any]:
    """Return an object that names everything that can be named, as often as can be."""
    manifest = story()
    manifest["metadata"]["name"] = name
    spec = manifest["spec"]
    spec["registry"] = {"credentialsSecretRef": {"name": REGISTRY}}
    spec["drift"]["podTemplate"] = {
        "serviceAccountName": "strong",
        "envFrom": [{"secretRef": {"name": name}} for name in ENVIRONMENT],
        "imagePullSecrets": [{"name": name} for name in PULL],
    }
    return manifest


def but(name: str) -> tuple[Right, ...]:
    """Return all rights of the owner but the one to that Secret."""
    return (secrets(*(each for each in EVERY_SECRET if each != name)), PODS, JOBS)


POD = "spec.drift.podTemplate"
MISSING: dict[str, tuple[tuple[Right, ...], str]] = {
    "log": (but(LOG), "spec.inferenceLog.postgres.secretKeyRef"),
    "git": (but(GIT), "spec.promotion.git.credentialsSecretRef"),
    "registry": (but(REGISTRY), "spec.registry.credentialsSecretRef"),
    **{name: (but(name), f"{POD}.envFrom[") for name in ENVIRONMENT},
    **{name: (but(name), f"{POD}.imagePullSecrets[") for name in PULL},
    "account": ((secrets(*EVERY_SECRET), JOBS), f"{POD}.serviceAccountName"),
    "training": ((secrets(*EVERY_SECRET), PODS), "spec.retraining"),
}


def test_the_policy_is_well_typed(users: Users) -> None:
    """The API server finds nothing to warn of in the policy's expressions."""
    deadline = time.monotonic() + 30
    get = ("validatingadmissionpolicy", POLICY)
    while "status" not in (found := users.cluster.get(*get)):
        assert time.monotonic() < deadline
    assert found["status"]["typeChecking"] == {}
    assert found["spec"]["failurePolicy"] == "Fail"


def test_one_object_two_authors(users: Users) -> None:
    """The same object is taken from who may read its Secret and refused from others."""
    refusal = users.apply(GUEST, minimal("model"))
    assert "may not read the Secret 'inference-log'" in refusal
    assert "spec.inferenceLog.postgres.secretKeyRef" in refusal
    assert not users.apply(OWNER, minimal("model"))


def test_an_object_that_names_all_it_can_is_within_the_budget(users: Users) -> None:
    """With 19 Secrets, an account and a training, every check is still made."""
    assert not users.apply(OWNER, full("budget"))


@pytest.mark.parametrize("case", MISSING)
def test_each_right_is_asked_for(users: Users, case: str) -> None:
    """An author who lacks one right of all that an object asks for is refused."""
    _, field = MISSING[case]
    refusal = users.apply(f"lacks-{case}", full("refused"))
    assert "(Forbidden)" in refusal
    assert f"denied request: {field}" in refusal


def test_a_config_map_is_asked_for_too(users: Users) -> None:
    """Environment from a ConfigMap that the author may not read is refused."""
    manifest = minimal("settings")
    source = {"configMapRef": {"name": "settings"}}
    manifest["spec"]["drift"] = {"podTemplate": {"envFrom": [source]}}
    assert "spec.drift.podTemplate.envFrom[0]" in users.apply(OWNER, manifest)
    assert not users.apply(READER, manifest)


def test_a_secret_of_someone_else_cannot_be_sent_elsewhere(users: Users) -> None:
    """Who may not read an object's Secrets cannot change where they are sent."""
    assert not users.apply(OWNER, full("moved"))
    moved = full("moved")
    moved["spec"]["promotion"]["git"]["url"] = "https://elsewhere.example/x.git"
    assert "(Forbidden)" in users.apply(GUEST, moved)
    assert not users.apply(OWNER, moved)


def test_a_request_needs_no_rights_to_secrets(users: Users) -> None:
    """Anyone who may patch the object may set an annotation, which names nothing."""
    assert not users.apply(OWNER, minimal("asked"))
    users.cluster.kubectl(
        *("annotate", "modeldeployment", "asked", "killick.dev/check=1"),
        *("--namespace", users.namespace, "--as", GUEST),
    )


def test_the_operator_can_take_its_finalizer_off(users: Users) -> None:
    """The operator, which may create no pods, patches metadata under the policies."""
    assert not users.apply(OWNER, full("held"))
    for finalizers in ([FINALIZER], None):
        patch = json.dumps({"metadata": {"finalizers": finalizers}})
        users.cluster.kubectl(
            *("patch", "modeldeployment", "held", "--type=merge", "-p", patch),
            *("--namespace", users.namespace),
            kubeconfig=users.cluster.serviceaccount_kubeconfig(NAMESPACE, ACCOUNT),
        )
