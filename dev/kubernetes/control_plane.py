"""A control plane on loopback: etcd, API server, controllers and scheduler.

The real programs with the settings that matter to the operator: RBAC, admission with
Pod Security and owner-reference permissions, bound service account tokens. Nothing
listens without TLS and a client certificate but the health checks.
"""

import json
import ssl
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dev.kubernetes.audit import AuditLog
from dev.kubernetes.certificates import Authority, KeyPair, write_signing_key
from dev.kubernetes.controlplane import ControlPlane
from dev.kubernetes.kubeconfig import Endpoint
from dev.processes.ports import free_port
from dev.processes.supervisor import Program, Supervisor

ISSUER = "https://kubernetes.default.svc.cluster.local"
_SERVICES = "10.96.0.0/16"


@dataclass(frozen=True)
class Credentials:
    """Every key and certificate of one control plane."""

    authority: KeyPair
    etcd: KeyPair
    apiserver: KeyPair
    kubelet_client: KeyPair
    """What the API server shows a node when it asks for a pod's log."""
    controller_manager: KeyPair
    scheduler: KeyPair
    admin: KeyPair
    signing_key: Path
    """Signs service account tokens."""


def make_credentials(directory: Path) -> Credentials:
    """Generate all of them below the directory, for this cluster alone."""
    authority = Authority(directory)
    return Credentials(
        authority=authority.files,
        etcd=authority.issue("etcd", "etcd"),
        apiserver=authority.issue("apiserver", "kube-apiserver"),
        kubelet_client=authority.issue("kubelet-client", "kube-apiserver-kubelet"),
        controller_manager=authority.issue(
            "controller-manager", "system:kube-controller-manager"
        ),
        scheduler=authority.issue("scheduler", "system:kube-scheduler"),
        admin=authority.issue("admin", "killick-dev-admin", "system:masters"),
        signing_key=write_signing_key(directory),
    )


class KubernetesPrograms:
    """How each part is started; ports and keys are fixed, so each can be restarted."""

    def __init__(self, control_plane: ControlPlane, directory: Path) -> None:
        self._binaries = control_plane
        self._directory = directory
        self.credentials = make_credentials(directory / "pki")
        self.audit = AuditLog(directory)
        self._etcd_port = free_port()
        self._etcd_peer_port = free_port()
        self._apiserver_port = free_port()
        self.endpoint = Endpoint(
            server=f"https://127.0.0.1:{self._apiserver_port}",
            authority=self.credentials.authority.certificate,
        )

    def etcd(self) -> Program:
        """Return the store; it does not wait for the disk, as its data may be lost."""
        pair, ca = self.credentials.etcd, self.credentials.authority.certificate
        client = f"https://127.0.0.1:{self._etcd_port}"
        peer = f"https://127.0.0.1:{self._etcd_peer_port}"
        return self._program(
            "etcd",
            {
                "name": "default",
                "data-dir": self._directory / "etcd",
                "unsafe-no-fsync": "true",
                "log-level": "warn",
                "listen-client-urls": client,
                "advertise-client-urls": client,
                "listen-peer-urls": peer,
                "initial-advertise-peer-urls": peer,
                "initial-cluster": f"default={peer}",
                "cert-file": pair.certificate,
                "key-file": pair.key,
                "trusted-ca-file": ca,
                "client-cert-auth": "true",
                "peer-cert-file": pair.certificate,
                "peer-key-file": pair.key,
                "peer-trusted-ca-file": ca,
                "peer-client-cert-auth": "true",
            },
            self._healthy(self._etcd_port, "/health", pair),
        )

    def apiserver(self) -> Program:
        """Return the API server."""
        made = self.credentials
        ca = made.authority.certificate
        return self._program(
            "kube-apiserver",
            {
                "etcd-servers": f"https://127.0.0.1:{self._etcd_port}",
                "etcd-cafile": ca,
                "etcd-certfile": made.etcd.certificate,
                "etcd-keyfile": made.etcd.key,
                "bind-address": "127.0.0.1",
                "secure-port": self._apiserver_port,
                # Without it, a machine that has no network could not start.
                "advertise-address": "127.0.0.1",
                "endpoint-reconciler-type": "none",
                "service-cluster-ip-range": _SERVICES,
                "tls-cert-file": made.apiserver.certificate,
                "tls-private-key-file": made.apiserver.key,
                "client-ca-file": ca,
                "kubelet-client-certificate": made.kubelet_client.certificate,
                "kubelet-client-key": made.kubelet_client.key,
                "kubelet-preferred-address-types": "InternalIP",
                "authorization-mode": "RBAC",
                "enable-admission-plugins": "OwnerReferencesPermissionEnforcement",
                "service-account-issuer": ISSUER,
                "service-account-key-file": made.signing_key,
                "service-account-signing-key-file": made.signing_key,
                "profiling": "false",
                **self.audit.flags(),
            },
            self._healthy(self._apiserver_port, "/readyz", made.admin),
        )

    def controller_manager(self) -> Program:
        """Return the controllers: Jobs, CronJobs, garbage, namespaces, tokens, …"""
        made = self.credentials
        port = free_port()
        return self._program(
            "kube-controller-manager",
            {
                **self._client("controller-manager", made.controller_manager, port),
                "use-service-account-credentials": "true",
                "service-account-private-key-file": made.signing_key,
                "root-ca-file": made.authority.certificate,
            },
            self._healthy(port, "/healthz", made.admin, trusted=False),
        )

    def scheduler(self) -> Program:
        """Return the scheduler."""
        port = free_port()
        return self._program(
            "kube-scheduler",
            self._client("scheduler", self.credentials.scheduler, port),
            self._healthy(port, "/healthz", self.credentials.admin, trusted=False),
        )

    def _client(self, name: str, pair: KeyPair, port: int) -> dict[str, object]:
        """Return the settings of a program that is a client of the API server."""
        path = self._directory / "pki" / f"{name}.kubeconfig"
        kubeconfig = self.endpoint.with_certificate(path, pair)
        return {
            "kubeconfig": kubeconfig,
            "authentication-kubeconfig": kubeconfig,
            "authorization-kubeconfig": kubeconfig,
            "bind-address": "127.0.0.1",
            "secure-port": port,
            "leader-elect": "false",
            # The controllers' start alone would take three seconds at their default.
            "kube-api-qps": 200,
            "kube-api-burst": 400,
            "profiling": "false",
        }

    def _program(
        self, name: str, settings: dict[str, object], ready: Callable[[], bool]
    ) -> Program:
        flags = [f"--{key}={value}" for key, value in settings.items()]
        return Program(
            name=name,
            command=[self._binaries.program(name), *flags],
            cwd=self._directory,
            ready=ready,
            waiting_for="it to be healthy",
            # A temporary cluster needs no long grace period for its clients.
            stop_timeout=1.0,
        )

    def _healthy(
        self, port: int, path: str, pair: KeyPair, *, trusted: bool = True
    ) -> Callable[[], bool]:
        """Return a check that the address answers 200.

        Not `trusted`: the program makes its own certificate, so it is not verified.
        """
        if trusted:
            context = ssl.create_default_context(
                cafile=str(self.credentials.authority.certificate)
            )
        else:
            context = ssl._create_unverified_context()  # noqa: SLF001
        context.load_cert_chain(pair.certificate, pair.key)
        url = f"https://127.0.0.1:{port}{path}"

        # No proxy of the machine's environment stands between us and loopback.
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=context),
        )

        def check() -> bool:
            with opener.open(url, timeout=5) as answer:
                text = answer.read()
            return not text.startswith(b"{") or json.loads(text)["health"] == "true"

        return check


def start_kubernetes(programs: KubernetesPrograms, supervisor: Supervisor) -> None:
    """Start all four and wait for each; those that can start beside each other do."""
    progress = supervisor.progress
    # The API server retries until etcd answers, so both may start at once.
    etcd = supervisor.start(programs.etcd())
    apiserver = supervisor.start(programs.apiserver())
    etcd.wait_ready(progress)
    apiserver.wait_ready(progress)
    others = [programs.controller_manager(), programs.scheduler()]
    for process in [supervisor.start(program) for program in others]:
        process.wait_ready(progress)
