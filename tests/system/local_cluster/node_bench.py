"""A bench on which the development node's tests put Jobs and look at them."""

from typing import Any

from dev.kubernetes.cluster import LocalCluster
from dev.waiting import wait_until

Json = dict[str, Any]

IMAGE = "killick-worker:0.1.0"
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
LIMIT = 60.0  # seconds that anything in here may take


def container(*command: str, name: str = "main", **fields: Any) -> Json:
    """A container that Pod Security `restricted` admits."""
    return {
        "name": name,
        "image": IMAGE,
        "command": list(command),
        "securityContext": RESTRICTED,
        **fields,
    }


def shell(script: str, **fields: Any) -> Json:
    """A container that runs a shell script."""
    return container("sh", "-c", script, **fields)


class Bench:
    """Makes Jobs and pods in one namespace and looks at what becomes of them."""

    def __init__(self, cluster: LocalCluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace

    def create(self, *containers: Json, name: str = "job", **spec: Any) -> None:
        """A Job without retries; `spec` is the pod's."""
        pod = {"restartPolicy": "Never", "containers": list(containers), **spec}
        self.apply(
            "batch/v1", "Job", name, spec={"backoffLimit": 0, "template": {"spec": pod}}
        )

    def apply(self, version: str, kind: str, name: str, **fields: Any) -> None:
        """Any object."""
        meta = {"name": name, "namespace": self.namespace}
        self.cluster.apply(
            {"apiVersion": version, "kind": kind, "metadata": meta, **fields}
        )

    def pod(self, name: str = "job") -> Json:
        """The Job's pod as it is now; empty before it exists."""
        selector = f"--selector=job-name={name}"
        found = self.cluster.get("pods", selector, f"--namespace={self.namespace}")
        items: list[Json] = found["items"]
        return items[0] if items else {}

    def until_phase(self, *phases: str, name: str = "job") -> Json:
        """The Job's pod once it is in one of the phases."""
        return wait_until(
            f"the pod of {name} to be {' or '.join(phases)}",
            lambda: self.pod(name),
            lambda pod: pod.get("status", {}).get("phase") in phases,
        )

    def end(self, name: str = "job") -> Json:
        """The Job's pod once it has ended."""
        return self.until_phase("Succeeded", "Failed", name=name)

    def until_waiting(self, reason: str) -> Json:
        """The state of the Job's container once it waits for this reason."""
        found = wait_until(
            f"a container that waits for {reason}",
            lambda: states(self.pod(), "waiting"),
            lambda waiting: waiting and waiting[0].get("reason") == reason,
        )
        state: Json = found[0]
        return state

    def until_job(self, condition: str, name: str = "job") -> None:
        """Wait until the Job is Complete or Failed."""
        self.cluster.kubectl(
            *("wait", f"job/{name}", f"--for=condition={condition}"),
            *(f"--namespace={self.namespace}", f"--timeout={LIMIT:.0f}s"),
        )

    def delete(self, *arguments: str) -> None:
        """Delete and wait until it is gone."""
        wait = ("--wait=true", f"--timeout={LIMIT:.0f}s")
        self.cluster.kubectl(
            "delete", *arguments, f"--namespace={self.namespace}", *wait
        )


def states(pod: Json, state: str, kind: str = "containerStatuses") -> list[Json]:
    """The containers' states of one sort: waiting, running or terminated."""
    found = pod.get("status", {}).get(kind) or []
    return [c["state"][state] for c in found if state in c["state"]]


def terminated(pod: Json, kind: str = "containerStatuses") -> Json:
    """How the pod's only container ended."""
    return states(pod, "terminated", kind)[0]


def logs(bench: Bench, *arguments: str) -> str:
    """What kubectl shows of the Job's log."""
    return bench.cluster.kubectl(
        "logs", "job/job", f"--namespace={bench.namespace}", *arguments
    )


def session_of(pod: Json) -> int:
    """The session of the pod's running container."""
    identity: str = pod["status"]["containerStatuses"][0]["containerID"]
    return int(identity.removeprefix("process://"))
