"""Two operators that take turns by a Lease, on the real API server.

They are installed by `deploy/overlays/two-replicas`, and have its rights.
"""

import itertools
import json
import secrets
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import yaml

from dev.environments.images import ensure_environment
from dev.kubernetes.cluster import LocalCluster
from dev.operator_program import (
    ACCOUNT,
    NAMESPACE,
    REPOSITORY,
    OperatorProgram,
    grant,
    install,
)
from dev.processes.supervisor import Process
from dev.waiting import LIMIT, wait_until
from killick.cluster.kube import KubeCluster
from killick.cluster.lease import KubeLease, LeasePort
from tests.contract.cluster.lease_contract import LeaseContract
from tests.system.deploy.test_cluster_port import port_of

OVERLAY = REPOSITORY / "deploy" / "overlays" / "two-replicas"
EXAMPLE = REPOSITORY / "examples" / "01-minimal.yaml"
LEASE = ("lease", "killick", "--namespace", NAMESPACE)
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def installed(cluster: LocalCluster) -> LocalCluster:
    """Return the cluster with what the overlay adds to the base, but the pods."""
    install(cluster)
    manifests = yaml.safe_load_all(cluster.kubectl("kustomize", str(OVERLAY)))
    added = ("Lease", "Role", "RoleBinding", "PodDisruptionBudget")
    cluster.apply(*(one for one in manifests if one["kind"] in added))
    return cluster


@pytest.fixture
def lease_object(installed: LocalCluster) -> Iterator[LocalCluster]:
    """Return the cluster with the Lease as the manifests make it, held by nobody."""
    yield installed
    installed.kubectl("delete", *LEASE)
    (manifest,) = [
        one
        for one in yaml.safe_load_all(installed.kubectl("kustomize", str(OVERLAY)))
        if one["kind"] == "Lease"
    ]
    installed.apply(manifest)


class TestRealLease(LeaseContract):
    """The contract on the API server, with the rights of the overlay."""

    @pytest.fixture
    async def port(self, lease_object: LocalCluster) -> AsyncIterator[KubeCluster]:
        """The API server as the operator's account."""
        port = await port_of(lease_object)
        yield port
        await port.close()

    @pytest.fixture
    def lease(self, port: KubeCluster) -> LeasePort:
        """The Lease of the manifests."""
        return KubeLease(port, NAMESPACE, "killick")

    @pytest.fixture
    async def missing(
        self, installed: LocalCluster, port: KubeCluster
    ) -> AsyncIterator[LeasePort]:
        """The same, deleted."""
        installed.kubectl("delete", *LEASE)
        yield KubeLease(port, NAMESPACE, "killick")
        installed.kubectl("create", "-f", "-", input=json.dumps(_lease()))


def _lease() -> dict[str, Any]:
    metadata = {"name": "killick", "namespace": NAMESPACE}
    kind = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
    return {**kind, "metadata": metadata}


@dataclass
class Replica:
    """One operator process and what it serves."""

    program: OperatorProgram
    process: Process

    @property
    def leads(self) -> bool:
        """Whether it says that it may act."""
        return "killick_leader 1.0" in self._page("/metrics")

    def until_leader(self, value: str) -> None:
        """Wait until it is healthy and `killick_leader` has this value."""
        wait_until("it to be healthy", lambda: self._page("/healthz") == "ok")
        wait_until(
            f"killick_leader {value}",
            lambda: self._page("/metrics"),
            lambda metrics: f"killick_leader {value}" in metrics,
            context=self.process.tail,
        )

    @property
    def passes(self) -> int:
        """How many passes it has told of."""
        return self.process.log.read_text().count('"killick.loop"')

    def _page(self, path: str) -> str:
        try:
            with urlopen(f"{self.program.url}{path}", timeout=5) as answer:
                text: str = answer.read().decode()
                return text
        except (URLError, TimeoutError, ConnectionError):
            return ""


@dataclass
class Pair:
    """A namespace with one object, and the replicas that serve it."""

    cluster: LocalCluster
    namespace: str
    directory: Path

    def start(self, lease_seconds: int) -> Replica:
        """Start one more replica."""
        number = next(_numbers)
        program = OperatorProgram.of(
            self.cluster,
            "http://127.0.0.1:9",
            self.directory / str(number),
            KILLICK_NAMESPACES=self.namespace,
            KILLICK_RESYNC_SECONDS="5",
            KILLICK_LEADER_ELECTION="true",
            KILLICK_LEASE_SECONDS=str(lease_seconds),
        )
        supervisor = self.cluster.supervisor
        venv = ensure_environment("operator", supervisor.progress)
        named = replace(program.program(venv), name=f"replica-{number}")
        return Replica(program, supervisor.start(named))

    def change(self) -> int:
        """Change the spec as a person; return its generation."""
        patch = json.dumps({"spec": {"drift": {"minimumRows": 100 + next(_numbers)}}})
        self.cluster.kubectl(
            *("patch", "mdep", self.name, "--type=merge", "-p", patch),
            *("--namespace", self.namespace),
        )
        return int(self.object["metadata"]["generation"])

    def until_handled(self, generation: int) -> None:
        """Wait until an operator has looked at that spec and said so."""
        wait_until(
            f"observedGeneration {generation}",
            lambda: self.object.get("status", {}),
            lambda status: status.get("observedGeneration") == generation,
        )

    @property
    def name(self) -> str:
        """The object's name."""
        return str(yaml.safe_load(EXAMPLE.read_text())["metadata"]["name"])

    @property
    def object(self) -> dict[str, Any]:
        """The object now."""
        found: dict[str, Any] = self.cluster.get(
            "mdep", self.name, "--namespace", self.namespace
        )
        return found

    @contextmanager
    def running(self, lease_seconds: int) -> Iterator[tuple[Replica, Replica]]:
        """Start two replicas, the first of which leads and the second waits."""
        replicas = []
        try:
            replicas.append(self.start(lease_seconds))
            replicas[0].until_leader("1.0")
            replicas.append(self.start(lease_seconds))
            replicas[1].until_leader("0.0")
            yield replicas[0], replicas[1]
        finally:
            for replica in replicas:
                replica.process.kill()


@pytest.fixture
def pair(lease_object: LocalCluster, tmp_path: Path) -> Iterator[Pair]:
    """Return a namespace with an object that nobody serves yet."""
    namespace = lease_object.create_namespace(f"turns-{secrets.token_hex(4)}")
    grant(lease_object, namespace)
    manifest = yaml.safe_load(EXAMPLE.read_text())
    manifest["metadata"]["namespace"] = namespace
    lease_object.kubectl("apply", "-f", "-", input=json.dumps(manifest))
    found = Pair(lease_object, namespace, tmp_path)
    yield found
    patch = '-p={"metadata": {"finalizers": null}}'
    lease_object.kubectl(
        *("patch", "mdep", found.name, "--type=merge", patch, "-n", namespace),
        check=False,
    )
    lease_object.delete_namespace(namespace)


def test_one_acts_and_hands_over(pair: Pair) -> None:
    """The one in waiting is healthy and does nothing until the other is ended."""
    with pair.running(lease_seconds=3600) as (first, second):
        first_change = pair.change()
        pair.until_handled(first_change)
        assert second.passes == 0
        holder = pair.cluster.get(*LEASE)["spec"]["holderIdentity"]
        first.process.send(signal.SIGTERM)
        # The Lease would last an hour: it was let go.
        second.until_leader("1.0")
        assert first.process.wait(LIMIT) == 0
        generation = pair.change()
        pair.until_handled(generation)
        spec = pair.cluster.get(*LEASE)["spec"]
        assert spec["holderIdentity"] != holder
        assert spec["leaseTransitions"] >= 2


def test_one_in_waiting_can_be_ended(pair: Pair) -> None:
    """It stops at once, and takes nothing from the one that leads."""
    with pair.running(lease_seconds=3600) as (first, second):
        second.process.send(signal.SIGTERM)
        second.process.wait(LIMIT)
        assert first.leads


def test_after_a_kill_the_lease_expires(pair: Pair) -> None:
    """A leader that vanished is replaced once its Lease has run out."""
    with pair.running(lease_seconds=3) as (first, second):
        first.process.kill()
        second.until_leader("1.0")
        generation = pair.change()
        pair.until_handled(generation)


def test_a_leader_that_was_frozen_does_not_act_again(pair: Pair) -> None:
    """It finds its Lease taken, runs no pass over what came meanwhile, and ends."""
    with pair.running(lease_seconds=3) as (first, second):
        first_change = pair.change()
        pair.until_handled(first_change)
        first.process.pause()
        second.until_leader("1.0")
        passes = first.passes
        generation = pair.change()
        pair.until_handled(generation)
        first.process.resume()
        first.process.wait(LIMIT)
        assert first.passes == passes
        assert "the Lease is lost" in first.process.log.read_text()
        assert second.leads


def test_without_a_lease_it_says_what_to_apply(pair: Pair) -> None:
    """Where the Lease was forgotten the operator waits and names the overlay."""
    pair.cluster.kubectl("delete", *LEASE)
    replica = pair.start(lease_seconds=3)
    try:
        said = "apply deploy/overlays/two-replicas"
        wait_until("the hint", replica.process.log.read_text, lambda log: said in log)
        pair.cluster.kubectl("create", "-f", "-", input=json.dumps(_lease()))
        replica.until_leader("1.0")
    finally:
        replica.process.kill()


def test_the_rights_are_to_this_one_lease(installed: LocalCluster) -> None:
    """Not another Lease, no list, no creation, no deletion."""
    account = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"

    def may(verb: str, what: str) -> bool:
        asked = ("auth", "can-i", verb, what, "--namespace", NAMESPACE, "--as", account)
        return installed.kubectl(*asked, check=False).strip() == "yes"

    assert may("get", "leases/killick")
    assert may("update", "leases/killick")
    assert not any(may(verb, "leases/killick") for verb in ("patch", "delete"))
    assert not any(may(verb, "leases") for verb in ("list", "watch", "create", "get"))
    assert not may("update", "leases/kube-scheduler")
