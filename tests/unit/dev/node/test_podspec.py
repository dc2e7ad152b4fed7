"""What the node reads from a pod, and what it refuses."""

from typing import Any

import pytest

from dev.kubernetes.node.pod.spec import Mount, parse_pod
from dev.kubernetes.node.pod.supported_fields import unsupported
from tests.unit.dev.node.builders import Json, make_container, make_pod

RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def test_a_pod_is_read_whole() -> None:
    """Deadline, grace, limits, mounts and message policy arrive as values."""
    raw = make_pod(
        make_container(
            args=["a"],
            resources={"limits": {"memory": "1Mi", "cpu": "1"}},
            volumeMounts=[{"name": "v", "mountPath": "/data/", "subPath": "in/"}],
            terminationMessagePolicy="FallbackToLogsOnError",
            terminationMessagePath="/dev/other",
        ),
        volumes=[{"name": "v", "emptyDir": {}}],
        activeDeadlineSeconds=7,
        terminationGracePeriodSeconds=0,
    )
    pod = parse_pod(raw)
    container = pod.containers[0]
    assert (pod.deadline, pod.grace) == (7.0, 0.0)
    assert container.memory_limit == 2**20
    assert container.mounts == (Mount("v", "/data", "in"),)
    assert container.message_path == "/dev/other"
    assert container.message_from_logs
    assert pod.volumes[0].kind == "emptyDir"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("metadata.name", "p"),
        ("metadata.namespace", "ns"),
        ("metadata.uid", "u-1"),
        ("metadata.labels['app']", "x"),
        ("metadata.labels['none']", ""),
        ("metadata.annotations['note']", "a 'b'"),
        ("metadata.labels", 'app="x"'),
        ("spec.nodeName", "node-1"),
        ("spec.serviceAccountName", "sa"),
        ("status.podIP", "127.0.0.1"),
        ("spec.unknown", None),
    ],
)
def test_downward_fields(path: str, expected: str | None) -> None:
    """Each field path has the pod's value; one the node does not know has none."""
    assert parse_pod(make_pod()).field(path) == expected


def test_a_restricted_pod_is_supported() -> None:
    """All that a Job's pod under Pod Security `restricted` carries is accepted."""
    token = {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}}
    raw = make_pod(
        make_container(
            securityContext=RESTRICTED,
            imagePullPolicy="IfNotPresent",
            terminationMessagePath="/dev/termination-log",
            terminationMessagePolicy="File",
            resources={"requests": {"cpu": "100m"}, "limits": {"memory": "1Gi"}},
            envFrom=[{"prefix": "P_", "secretRef": {"name": "s"}}],
            env=[
                {"name": "A", "value": "b"},
                {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
                {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}},
            ],
            volumeMounts=[{"name": "t", "mountPath": "/var/run/x", "readOnly": True}],
        ),
        dnsPolicy="ClusterFirst",
        enableServiceLinks=True,
        priority=0,
        preemptionPolicy="PreemptLowerPriority",
        schedulerName="default-scheduler",
        securityContext={"runAsNonRoot": True, "fsGroup": 5},
        hostNetwork=False,
        tolerations=[{"key": "node.kubernetes.io/not-ready"}],
        volumes=[
            {"name": "t", "projected": {"sources": [token], "defaultMode": 420}},
            {"name": "e", "emptyDir": {"sizeLimit": "1Gi", "medium": "Memory"}},
        ],
    )
    assert unsupported(raw) == []


CLAIM = {"name": "v", "persistentVolumeClaim": {"claimName": "c"}}


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (make_pod(hostNetwork=True), "spec.hostNetwork"),
        (make_pod(hostUsers=False), "spec.hostUsers"),
        (make_pod(os={"name": "windows"}), "spec.os.name"),
        (make_pod(runtimeClassName="kata"), "spec.runtimeClassName"),
        (make_pod(fieldOfTheFuture="x"), "spec.fieldOfTheFuture"),
        (make_pod(volumes=[CLAIM]), "spec.volumes[0].persistentVolumeClaim"),
        (
            make_pod(volumes=[{"name": "v", "hostPath": {"path": "/"}}]),
            "spec.volumes[0].hostPath",
        ),
        (
            make_pod(securityContext={"sysctls": [{"name": "a"}]}),
            "spec.securityContext.sysctls",
        ),
        (
            make_pod(make_container(livenessProbe={"exec": {"command": ["x"]}})),
            "spec.containers[0].livenessProbe",
        ),
        (
            make_pod(make_container(securityContext={"privileged": True})),
            "spec.containers[0].securityContext.privileged",
        ),
        (
            make_pod(
                make_container(securityContext={"capabilities": {"add": ["SYS_TIME"]}})
            ),
            "spec.containers[0].securityContext.capabilities.add",
        ),
        (
            make_pod(make_container(volumeMounts=[{"name": "v", "mountPath": "/"}])),
            "spec.containers[0].volumeMounts[0].mountPath",
        ),
        (
            make_pod(make_container(resources={"limits": {"example.com/gpu": "1"}})),
            "spec.containers[0].resources.limits.example.com/gpu",
        ),
        (
            make_pod(initContainers=[make_container(restartPolicy="Always")]),
            "spec.initContainers[0].restartPolicy",
        ),
        (
            make_pod(
                make_container(
                    env=[{"name": "A", "valueFrom": {"resourceFieldRef": {"x": "y"}}}]
                )
            ),
            "spec.containers[0].env[0].valueFrom.resourceFieldRef",
        ),
        (
            make_pod(
                make_container(
                    env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "no"}}}]
                )
            ),
            "main: fieldPath no",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_honoured_is_named(raw: Json, field: Any) -> None:
    """A pod that asks for more than the node can do is refused by that field."""
    assert unsupported(raw) == [field]
