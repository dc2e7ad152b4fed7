"""The operator as a local process with exactly the rights that the repository ships.

For the demo and the system tests: what `deploy/` holds is applied by the
administrator, and the process is its ServiceAccount and nothing more.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import yaml

from dev.environments.images import ensure_environment
from dev.kubernetes.cluster import LocalCluster
from dev.processes.ports import free_port
from dev.processes.supervisor import Process, Program, Supervisor
from dev.services.service import answers
from dev.waiting import wait_until

REPOSITORY = Path(__file__).resolve().parent.parent
NAMESPACE = "killick-system"
ACCOUNT = "killick"


def install(cluster: LocalCluster) -> None:
    """Apply the CRD, and of `deploy/base` all but the Deployment: that is us."""
    crds = str(REPOSITORY / "crds")
    cluster.kubectl("apply", "--server-side", "-f", crds)
    _wait_established(cluster, crds)
    rendered = cluster.kubectl("kustomize", str(REPOSITORY / "deploy" / "base"))
    manifests = list(yaml.safe_load_all(rendered))
    # Namespaces first; an apply of a list does not wait for the order.
    cluster.apply(*(one for one in manifests if one["kind"] == "Namespace"))
    cluster.apply(*(one for one in manifests if one["kind"] != "Deployment"))


def _wait_established(cluster: LocalCluster, crds: str) -> None:
    """Wait for the CRD; `kubectl wait` fails on one that has no conditions yet."""

    def conditions() -> list[dict[str, str]]:
        found = cluster.get("--filename", crds)
        return [
            {
                c["type"]: c["status"]
                for c in one.get("status", {}).get("conditions") or ()
            }
            for one in found.get("items", [found])
        ]

    wait_until(
        f"the API server to establish {crds}",
        conditions,
        lambda each: all(one.get("Established") == "True" for one in each),
    )


def grant(cluster: LocalCluster, namespace: str) -> None:
    """Let the operator work in a namespace, as its owner does it."""
    tenant = str(REPOSITORY / "deploy" / "tenant")
    cluster.kubectl("apply", "--namespace", namespace, "-k", tenant)


@dataclass(frozen=True)
class OperatorProgram:
    """How the operator is run; `start` it under a supervisor."""

    cluster: LocalCluster
    tracking_uri: str
    directory: Path
    port: int
    settings: dict[str, str]

    @classmethod
    def of(
        cls, cluster: LocalCluster, tracking_uri: str, directory: Path, **settings: str
    ) -> "OperatorProgram":
        """Choose a free port; further settings are KILLICK_… variables."""
        directory.mkdir(parents=True, exist_ok=True)
        return cls(cluster, tracking_uri, directory, free_port(), settings)

    @property
    def url(self) -> str:
        """Where /metrics and /healthz are served."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, supervisor: Supervisor) -> Process:
        """Start it without waiting (again after a kill, on the same port)."""
        environment = ensure_environment("operator", supervisor.progress)
        return supervisor.start(self.program(environment))

    def program(self, environment: Path) -> Program:
        """`python -m killick` in the operator image's environment."""
        kubeconfig = self.cluster.serviceaccount_kubeconfig(NAMESPACE, ACCOUNT)
        sources = (REPOSITORY / "operator", REPOSITORY / "drift")
        return Program(
            name="operator",
            command=[environment / "bin" / "python", "-m", "killick"],
            environment={
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(self.directory),
                "PYTHONPATH": ":".join(map(str, sources)),
                "PYTHONUNBUFFERED": "1",
                "KUBECONFIG": str(kubeconfig),
                "KILLICK_CLUSTER": "local",
                "KILLICK_TRACKING_URI": self.tracking_uri,
                "KILLICK_WORK_DIRECTORY": str(self.directory),
                "KILLICK_HTTP_HOST": "127.0.0.1",
                "KILLICK_HTTP_PORT": str(self.port),
                **self.settings,
            },
            inherit=False,
            cwd=self.directory,
            ready=lambda: answers(f"{self.url}/healthz"),
            waiting_for=f"the operator to answer at {self.url}/healthz",
        )
