"""The local cluster is a real one, and it can be broken, ended and started again."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.kubernetes.cluster import (
    FOREIGN_ALLOWED,
    MARKER_NAME,
    ForeignClusterError,
    KubectlError,
    LocalCluster,
    refuse_foreign,
)
from dev.waiting import wait_until

REPOSITORY = Path(__file__).parents[3]


def config_map(name: str, namespace: str, **metadata: Any) -> dict[str, Any]:
    """A small object to own, to change and to find again."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "data": {"key": "value"},
    }


def job(name: str, namespace: str, *command: str) -> dict[str, Any]:
    """A Job on the worker's image that Pod Security `restricted` admits."""
    container = {
        "name": "main",
        "image": "killick-worker:0.1.0",
        "command": command,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    pod = {
        "restartPolicy": "Never",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}},
    }


def grant(cluster: LocalCluster, namespace: str, account: str) -> Path:
    """Let a new service account write config maps, and nothing else."""
    inside = ("--namespace", namespace)
    cluster.kubectl("create", "serviceaccount", account, *inside)
    rights = ("--verb=get,create,patch", "--resource=configmaps")
    cluster.kubectl("create", "role", account, *rights, *inside)
    subject = f"--serviceaccount={namespace}:{account}"
    cluster.kubectl(
        "create", "rolebinding", account, f"--role={account}", subject, *inside
    )
    return cluster.serviceaccount_kubeconfig(namespace, account)


def test_a_service_account_may_only_what_its_roles_say(
    cluster: LocalCluster, namespace: str
) -> None:
    """Rights are enforced: config maps as granted, secrets not at all."""
    kubeconfig = grant(cluster, namespace, "limited")
    who = cluster.kubectl("auth", "whoami", "-o", "json", kubeconfig=kubeconfig)
    user = json.loads(who)["status"]["userInfo"]["username"]
    assert user == f"system:serviceaccount:{namespace}:limited"
    manifest = json.dumps(config_map("allowed", namespace))
    cluster.kubectl("create", "-f", "-", input=manifest, kubeconfig=kubeconfig)
    with pytest.raises(KubectlError, match="forbidden"):
        cluster.kubectl("get", "secrets", kubeconfig=kubeconfig)


def test_owning_another_object_needs_the_right_to_its_finalizers(
    cluster: LocalCluster, namespace: str
) -> None:
    """A blocking owner reference is refused without rights, as in strict clusters."""
    kubeconfig = grant(cluster, namespace, "child-maker")
    cluster.apply(config_map("owner", namespace))
    owner = cluster.get("configmap", "owner", "--namespace", namespace)
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "owner",
        "uid": owner["metadata"]["uid"],
        "blockOwnerDeletion": True,
    }
    child = json.dumps(config_map("child", namespace, ownerReferences=[reference]))
    with pytest.raises(KubectlError, match="cannot set blockOwnerDeletion"):
        cluster.kubectl("create", "-f", "-", input=child, kubeconfig=kubeconfig)


def test_children_go_with_their_owner(cluster: LocalCluster, namespace: str) -> None:
    """The garbage collector removes what a deleted object owned."""
    cluster.apply(config_map("owner", namespace))
    owner = cluster.get("configmap", "owner", "--namespace", namespace)
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "owner",
        "uid": owner["metadata"]["uid"],
    }
    cluster.apply(config_map("child", namespace, ownerReferences=[reference]))
    cluster.kubectl("delete", "configmap", "owner", "--namespace", namespace)
    find = ("get", "configmap", "child", "--ignore-not-found", "--namespace", namespace)
    wait_until("its end", lambda: cluster.kubectl(*find), lambda found: not found)


def test_pods_must_be_restricted(cluster: LocalCluster, namespace: str) -> None:
    """A pod that could run as root is refused in the namespaces that tests get."""
    arguments = ("--image=any", "--namespace", namespace)
    with pytest.raises(KubectlError, match='violates PodSecurity "restricted'):
        cluster.kubectl("run", "free", *arguments)


def test_a_job_runs_through_the_real_controllers(
    node: LocalCluster, namespace: str
) -> None:
    """The Job controller makes the pod, the scheduler places it, the node runs it."""
    node.apply(job("hello", namespace, "python", "-c", "print('hello')"))
    inside = ("--namespace", namespace)
    node.kubectl("wait", "--for=condition=complete", "job/hello", *inside)
    pods = node.get("pods", *inside, "--selector", "job-name=hello")["items"]
    assert [pod["status"]["phase"] for pod in pods] == ["Succeeded"]
    reasons = {event["reason"] for event in node.get("events", *inside)["items"]}
    assert {"SuccessfulCreate", "Scheduled", "Completed"} <= reasons


def test_the_api_server_can_be_restarted(cluster: LocalCluster, namespace: str) -> None:
    """After a restart it answers at the same address and has lost nothing."""
    server = cluster.server
    cluster.apply(config_map("kept", namespace))
    cluster.restart("kube-apiserver")
    assert cluster.server == server
    kept = cluster.get("configmap", "kept", "--namespace", namespace)
    assert kept["data"] == {"key": "value"}


def test_the_api_server_can_hang(cluster: LocalCluster) -> None:
    """Paused, it takes requests and answers none; resumed, it answers again."""
    cluster.pause("kube-apiserver")
    try:
        with pytest.raises(KubectlError):
            cluster.kubectl("get", "namespaces", "--request-timeout=500ms")
    finally:
        cluster.resume("kube-apiserver")
    assert "kube-system" in cluster.kubectl("get", "namespaces")


def test_another_cluster_is_refused(
    cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without LocalCluster's mark a cluster is refused, unless one says otherwise."""
    refuse_foreign(cluster.kubeconfig)
    inside = ("--namespace", "kube-system")
    mark = cluster.get("configmap", MARKER_NAME, *inside)
    cluster.kubectl("delete", "configmap", MARKER_NAME, *inside)
    try:
        with pytest.raises(ForeignClusterError, match=FOREIGN_ALLOWED):
            refuse_foreign(cluster.kubeconfig)
        monkeypatch.setenv(FOREIGN_ALLOWED, "1")
        refuse_foreign(cluster.kubeconfig)
    finally:
        for field in ("uid", "resourceVersion", "creationTimestamp", "managedFields"):
            mark["metadata"].pop(field, None)
        cluster.apply(mark)


class Person:
    """Somebody who types `python -m dev cluster` and later ends it somehow."""

    def __init__(self, temporary: Path) -> None:
        self.temporary = temporary
        self._process = subprocess.Popen(
            [sys.executable, "-c", _AS_IN_A_TERMINAL, "cluster", "--no-node"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
            env={**os.environ, "TMPDIR": str(temporary)},
        )

    def read_until(self, text: str) -> str:
        """Return the first line of output that holds the text."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if text in line:
                return line
        raise AssertionError(f"it ended before it printed {text!r}")

    def send(self, number: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        self._process.send_signal(number)
        code = self._process.wait(timeout=30)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code

    def end(self) -> None:
        """Clean up, whatever the test did."""
        self.send(signal.SIGKILL)

    def left(self) -> list[str]:
        """Return the command lines of processes that belong to the cluster."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environment = (folder / "environ").read_bytes()
                command = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            ours = f"TMPDIR={self.temporary}".encode() in environment.split(b"\0")
            if ours and command:
                found.append(command.replace(b"\0", b" ").decode())
        return found


_AS_IN_A_TERMINAL = """
import runpy, signal
# Even if these tests run in the background, where INT and HUP may be ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
runpy.run_module("dev", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def person(cluster: LocalCluster, tmp_path: Path) -> Iterator[Person]:
    """A person at a second cluster, while the tests' own cluster runs on."""
    person = Person(tmp_path)
    yield person
    person.end()
    wait_until("the processes' end", person.left, lambda left: not left)
    assert cluster.kubectl("get", "--raw", "/readyz") == "ok"


def test_nothing_remains_of_a_killed_cluster(person: Person) -> None:
    """After SIGKILL of the owner no process and no data is left."""
    person.read_until("To stop it")
    assert len(person.left()) >= 6  # the owner, its watchdog and four servers
    assert person.send(signal.SIGKILL) == -signal.SIGKILL
    wait_until("the processes' end", person.left, lambda left: not left)
    wait_until(
        "the end of its data",
        lambda: list(person.temporary.iterdir()),
        lambda left: not left,
    )


@pytest.mark.parametrize(
    ("number", "moment"),
    [
        (signal.SIGINT, "etcd: waiting"),
        (signal.SIGTERM, "apiserver: waiting"),
        (signal.SIGHUP, "To stop it"),
    ],
)
def test_nothing_remains_of_an_ended_cluster(
    person: Person, number: signal.Signals, moment: str
) -> None:
    """INT, TERM and HUP end it at any moment, also in the middle of its start."""
    person.read_until(moment)
    assert person.send(number) == 128 + number
    assert person.left() == []
    assert list(person.temporary.iterdir()) == []
