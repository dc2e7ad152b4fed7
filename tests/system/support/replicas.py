"""Two replicas of the operator with one Lease."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import yaml

from dev.environments.images import ensure_environment
from dev.kubernetes.cluster import LocalCluster
from dev.operator_program import REPOSITORY, OperatorProgram
from dev.processes.supervisor import Process
from dev.waiting import wait_until

EXAMPLE = REPOSITORY / "examples" / "01-minimal.yaml"

_numbers = itertools.count(1)


@dataclass
class Replica:
    """One operator process and what it serves."""

    program: OperatorProgram
    process: Process

    @property
    def leads(self) -> bool:
        """Return whether it says that it may act."""
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
        """Return how many passes it has told of."""
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
        """Return the object's name."""
        return str(yaml.safe_load(EXAMPLE.read_text())["metadata"]["name"])

    @property
    def object(self) -> dict[str, Any]:
        """Return the object now."""
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
