"""`with LocalCluster() as cluster:`, the real Kubernetes of the demo and the tests."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dev.environments.cache import Progress
from dev.environments.images import ImageSpec
from dev.kubernetes.audit import Request
from dev.kubernetes.control_plane import KubernetesPrograms, start_kubernetes
from dev.kubernetes.controlplane import ControlPlane, ensure_control_plane
from dev.kubernetes.node_program import node_program
from dev.processes.supervisor import Process, Supervisor

MARKER_NAME = "killick-local-cluster"
"""ConfigMap in kube-system that marks a cluster of LocalCluster, safe to break."""

FOREIGN_ALLOWED = "KILLICK_TEST_FOREIGN_CLUSTER"


class KubectlError(RuntimeError):
    """kubectl failed; the message is its standard error."""


class ForeignClusterError(RuntimeError):
    """The cluster was not made by LocalCluster, so tests must not touch it."""


class LocalCluster:
    """A control plane on loopback that is gone when the `with` ends.

    Without `directory` its data is temporary. `start_node` adds the node that runs
    pods; `supervisor` runs other servers beside it, ended together with it.
    """

    directory: Path
    supervisor: Supervisor

    def __init__(
        self, directory: Path | None = None, progress: Progress = print
    ) -> None:
        self.progress = progress
        self.tokens: list[str] = []
        """Every token of a service account that was handed out: secrets."""
        self._wanted = directory
        self._stack = ExitStack()
        self._control_plane: ControlPlane
        self._programs: KubernetesPrograms

    @property
    def kubeconfig(self) -> Path:
        """Return the administrator's kubeconfig."""
        return self.directory / "admin.kubeconfig"

    @property
    def server(self) -> str:
        """Return the API server's address, `https://127.0.0.1:PORT`."""
        return self._programs.endpoint.server

    def requests(self) -> list[Request]:
        """Return what service accounts have asked the API server for, in order."""
        return list(self._programs.audit.requests())

    @property
    def kubectl_program(self) -> Path:
        """Return the kubectl of the server's version."""
        return self._control_plane.program("kubectl")

    def __enter__(self) -> Self:
        """Start the control plane; the first time on a machine, build it."""
        temporary = self._wanted is None
        chosen = self._wanted or Path(tempfile.mkdtemp(prefix="killick-"))
        self.directory = chosen.resolve()
        self.supervisor = Supervisor(self.directory, self.progress, temporary=temporary)
        with ExitStack() as stack:
            stack.enter_context(self.supervisor)
            self._control_plane = ensure_control_plane(self.progress)
            self._programs = KubernetesPrograms(self._control_plane, self.directory)
            admin = self._programs.credentials.admin
            self._programs.endpoint.with_certificate(self.kubeconfig, admin)
            start_kubernetes(self._programs, self.supervisor)
            self._mark_as_ours()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End everything that runs in the cluster and beside it."""
        self._stack.__exit__(kind, error, trace)

    def start_node(self, images: Mapping[str, ImageSpec]) -> None:
        """Add the node that runs pods as local processes; nothing if it is there."""
        if "node" in self.supervisor.processes:
            return
        program = node_program(
            self.kubeconfig,
            self.directory / "node",
            images,
            self.kubectl_program,
        )
        self.supervisor.start(program).wait_ready(self.progress)

    def kubectl(
        self,
        *arguments: str,
        input: str | None = None,  # noqa: A002 (as subprocess.run calls it)
        check: bool = True,
        kubeconfig: Path | None = None,
    ) -> str:
        """Run kubectl, as the administrator by default; return its output.

        KubectlError if it fails and `check` is set.
        """
        # A home of its own: another cluster's cached discovery would mislead it.
        home = self.directory / "kubectl-home"
        home.mkdir(exist_ok=True)
        answer = subprocess.run(
            [self.kubectl_program, *arguments],
            input=input,
            capture_output=True,
            text=True,
            check=False,
            env={
                "HOME": str(home),
                "KUBECONFIG": str(kubeconfig or self.kubeconfig),
                "PATH": os.environ.get("PATH", os.defpath),
            },
        )
        if check and answer.returncode != 0:
            raise KubectlError(answer.stderr.strip())
        return answer.stdout

    def get(self, *arguments: str) -> Any:
        """Return what `kubectl get … -o json` prints, parsed."""
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def apply(self, *manifests: Mapping[str, Any]) -> None:
        """Apply manifests server-side, as the administrator."""
        listed = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
        self.kubectl("apply", "--server-side", "-f", "-", input=json.dumps(listed))

    def create_namespace(self, name: str) -> str:
        """Create a namespace under Pod Security `restricted`, ready for pods."""
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        metadata = {"name": name, "labels": labels}
        manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        self.kubectl("create", "-f", "-", input=json.dumps(manifest))
        # Admission refuses pods until the controllers made this one.
        self.kubectl(
            *("wait", "--for=create", "serviceaccount/default"),
            *("--namespace", name, "--timeout=30s"),
        )
        return name

    def delete_namespace(self, name: str) -> None:
        """Ask for a namespace's deletion without waiting for it."""
        self.kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")

    def serviceaccount_kubeconfig(self, namespace: str, name: str) -> Path:
        """Return a kubeconfig with a 24 h token of an existing service account."""
        token = self.kubectl(
            *("create", "token", name, "--namespace", namespace, "--duration=24h")
        )
        self.tokens.append(token.strip())
        path = self.directory / f"{namespace}-{name}.kubeconfig"
        return self._programs.endpoint.with_token(path, token.strip(), namespace)

    def process(self, name: str) -> Process:
        """Return a part by name (`kube-apiserver`, `node`, …) to pause or kill it."""
        return self.supervisor.processes[name]

    def stop(self, name: str) -> None:
        """Stop a part; `start` starts it as it was."""
        self.supervisor.stop(name)

    def start(self, name: str) -> None:
        """Start a stopped part and wait until it is ready."""
        self.supervisor.start_again(name)

    def restart(self, name: str) -> None:
        """Stop a part and start it again."""
        self.supervisor.restart(name)

    def pause(self, name: str) -> None:
        """Freeze a part: it holds its connections and answers nothing."""
        self.process(name).pause()

    def resume(self, name: str) -> None:
        """Undo `pause`."""
        self.process(name).resume()

    def _mark_as_ours(self) -> None:
        metadata = {"name": MARKER_NAME, "namespace": "kube-system"}
        data = {"run": self.supervisor.run}
        manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
        self.apply({**manifest, "data": data})


def refuse_foreign(kubeconfig: Path) -> None:
    """Raise ForeignClusterError unless LocalCluster made the cluster.

    `KILLICK_TEST_FOREIGN_CLUSTER=1` allows any.
    """
    if os.environ.get(FOREIGN_ALLOWED) == "1":
        return
    kubectl = ensure_control_plane().program("kubectl")
    answer = subprocess.run(
        [
            *(kubectl, "--kubeconfig", kubeconfig, "--request-timeout=10s"),
            *("get", "configmap", MARKER_NAME, "--namespace=kube-system"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        message = (
            f"{kubeconfig}: tests change and break what they find, and this cluster "
            f"was not made by LocalCluster ({answer.stderr.strip()}). "
            f"If that is what you want, set {FOREIGN_ALLOWED}=1."
        )
        raise ForeignClusterError(message)
