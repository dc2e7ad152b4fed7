"""One test's world: an object, its log, its model, its repository and its operator.

The servers are the session's; everything in here is the test's own.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from mlflow import MlflowClient

from dev.demo.watch import Look
from dev.git.repository import BareRepository
from dev.git.server import GitServer
from dev.kubernetes.cluster import LocalCluster
from killick.names import TAG_TRAIN_BEFORE, ObjectName
from tests.system.support import loop_manifests as manifests
from tests.system.support.api_server import ApiServer
from tests.system.support.canaries import canaries, leaks
from tests.system.support.loop_manifests import CLUSTER, NAME, VALUES, Json
from tests.system.support.loop_operators import LoopOperators
from tests.system.support.service_fixtures import Database

T = TypeVar("T")
CALM, CHANGED = 0.0, 3.0
"""By how much feature `a` is shifted; in the changed world `b` also counts thrice."""
INSERT = """
INSERT INTO ml.log (predicted_at, feature_vector, prediction, label)
SELECT $1::timestamptz + i * $2::interval,
       ARRAY[a + $3, b], a + $3 + b, a + $3 + CASE WHEN $3 > 0 THEN 3 ELSE 1 END * b
FROM (SELECT i, (i * 37 % 101) / 101.0::float8 AS a, (i * 61 % 103) / 103.0::float8 AS b
      FROM generate_series(0, $4::int - 1) AS i) AS rows
"""


@dataclass(frozen=True)
class FirstModel:
    """A champion's run and artifact, logged once, registered by each test."""

    run: str
    source: str
    model: str


@dataclass(kw_only=True)
class LoopWorld(LoopOperators):
    """The parts of one test; `apply` and `start` bring them to life."""

    cluster: LocalCluster
    database: Database
    git: GitServer
    repository: BareRepository
    registry: MlflowClient
    model: str
    reference: Path
    api: ApiServer = field(init=False)
    _token: int = 0

    def __post_init__(self) -> None:
        self.api = ApiServer(self.cluster.kubeconfig)

    # The object

    def manifest(self, **edits: Any) -> Json:
        """Return the ModelDeployment, with these fields of the spec replaced."""
        return manifests.model_deployment(
            self.namespace, self.model, self.reference, self.repository.url, **edits
        )

    def apply(self, **edits: Any) -> Json:
        """Apply the ModelDeployment as a person does, with kubectl."""
        manifest = self.manifest(**edits)
        self.cluster.kubectl("apply", "-f", "-", input=json.dumps(manifest))
        return manifest

    def leave(self, status: Json) -> None:
        """Write a status, as an operator that is gone has left it."""
        manifest = {**self.look().manifest, "status": status}
        answer = self.api.send("PUT", f"{self._path}/status", manifest)
        assert answer.accepted, answer.message

    def look(self) -> Look:
        """Return the object now."""
        answer = self.api.send("GET", self._path, {})
        assert answer.accepted, answer.message
        return Look(answer.body)

    def until(self, what: str, true: Callable[[Look], Any]) -> Look:
        """Return the object once it is as `true` wants it."""
        return self.wait(what, self.look, true)

    def until_condition(self, kind: str, *words: str) -> str:
        """Return a condition once it says all these words."""

        def there(look: Look) -> bool:
            return all(word in look.condition(kind) for word in words)

        return self.until(f"{kind}: {words}", there).condition(kind)

    def wait_listed(self, resource: str, name: str) -> None:
        """Wait until `kubectl get` shows the name."""
        self.wait(
            f"{name} in {resource}",
            lambda: self.kubectl("get", resource),
            lambda listed: name in listed,
        )

    def wait_gone(self, resource: str, name: str) -> None:
        """Wait until `kubectl get` no longer shows the name."""
        self.wait(
            f"the end of {name} in {resource}",
            lambda: self.kubectl("get", resource),
            lambda listed: name not in listed,
        )

    def annotate(self, key: str, value: str) -> None:
        """Put an annotation of ours on the object."""
        self.kubectl(
            *("annotate", "mdep", NAME, f"killick.dev/{key}={value}", "--overwrite")
        )

    def request_check(self) -> str:
        """Ask for a check; return the name of the Job that will answer."""
        self._token += 1
        token = f"token-{self._token}"
        self.annotate("check", token)
        return ObjectName(CLUSTER, self.namespace, NAME).requested_check(token)

    def check(self) -> Look:
        """Ask for a check and wait until its answer is in the status."""
        job = self.request_check()
        return self.until(
            "the check's answer", lambda look: look.at("drift.lastCheck") == job
        )

    def after_windows(self, count: int) -> None:
        """Wait until that many counting windows are complete."""
        look = self.until("an anchor", lambda look: look.at("drift.anchor"))
        anchor = datetime.fromisoformat(look.at("drift.anchor"))
        complete = anchor + count * manifests.WINDOW
        self.wait(f"{complete}", lambda: datetime.now(UTC) > complete)

    def kubectl(self, *arguments: str) -> str:
        """Run kubectl in the test's namespace."""
        return self.cluster.kubectl(*arguments, "--namespace", self.namespace)

    def events(self) -> list[str]:
        """Return the reasons of the object's events, oldest first."""
        found = self.cluster.get("events", "--namespace", self.namespace)["items"]
        ours = [e for e in found if e["involvedObject"]["name"] == NAME]
        ours.sort(
            key=lambda e: (e["firstTimestamp"], e["metadata"]["creationTimestamp"])
        )
        return [e["reason"] for e in ours]

    def jobs(self, purpose: str) -> list[Json]:
        """Return the Jobs of one purpose."""
        selector = f"--selector=killick.dev/purpose={purpose}"
        found = self.cluster.get("jobs", selector, "--namespace", self.namespace)
        items: list[Json] = found["items"]
        return items

    # The log, the model, the repository

    def feed(
        self,
        shift: float,
        rows: int = 4000,
        start: datetime | None = None,
        step: timedelta = timedelta(milliseconds=50),
    ) -> None:
        """Put labeled rows into the log; by default from 20 s ago on, 20 a second.

        Rows of the future are there already: whichever window is judged is full.
        """
        start = start or datetime.now(UTC) - timedelta(seconds=20)
        interval = f"{step / timedelta(milliseconds=1)} milliseconds"
        self.database.execute(INSERT, start.isoformat(), interval, shift, rows)

    def register(self, model: FirstModel | None = None) -> str:
        """Register a version trained before all this; without a model, an empty one."""
        before = datetime.now(UTC).replace(microsecond=0).isoformat()
        tags = {TAG_TRAIN_BEFORE: before}
        if model:
            made = self.registry.create_model_version(
                self.model, model.source, model.run, tags, model_id=model.model
            )
            return str(made.version)
        run = self.registry.create_run("0").info.run_id
        self.registry.set_terminated(run)
        source = f"mlflow-artifacts:/0/{run}/artifacts/model"
        made = self.registry.create_model_version(self.model, source, run, tags)
        return str(made.version)

    def alias(self, name: str) -> str | None:
        """Return the version that an alias of the model points at."""
        aliases = self.registry.get_registered_model(self.model).aliases
        found = aliases.get(name)
        return None if found is None else str(found)

    def versions(self) -> list[str]:
        """Return all versions of the model."""
        found = self.registry.search_model_versions(f"name='{self.model}'")
        return sorted(str(version.version) for version in found)

    def stage(self, version: str) -> str:
        """Return the stage of a version."""
        return str(self.registry.get_model_version(self.model, version).current_stage)

    def value(self, version: str) -> bytes:
        """Return the values file when it names this version of our model."""
        return manifests.values(f"models:/{self.model}/{version}")

    def promotions(self) -> list[str]:
        """Return the commits in the repository that carry a promotion."""
        trailer = re.compile("^Killick-Promotion:", re.MULTILINE)
        return [c.sha for c in self.repository.log() if trailer.search(c.message)]

    def commit(self, content: bytes, author: str = "Ada", path: str = VALUES) -> str:
        """Commit a file as a person."""
        return self.repository.commit(path, content, author=author)

    # Around it

    def secrets(self) -> dict[str, str]:
        """Return every secret that anybody has in this world, and what each is."""
        where = ("--namespace", self.namespace)
        hidden = canaries(self.cluster.get("secrets", *where)["items"])
        tokens = dict.fromkeys(self.cluster.tokens, "a service account's token")
        return {**hidden, **tokens}

    def leaks(self) -> list[str]:
        """Return which secret is in which object, log, metric, commit or tag."""
        kinds = "modeldeployments,events,jobs,pods,cronjobs,leases"
        pods = self.kubectl("get", "pods", "-o", "name").split()
        logs = [self._pod_log(pod) for pod in pods]
        filter_string = f"name='{self.model}'"
        versions = self.registry.search_model_versions(filter_string)
        runs = [self.registry.get_run(v.run_id) for v in versions if v.run_id]
        alive = self.started and self.process.alive
        return leaks(
            self.secrets(),
            {
                "the objects": self.kubectl("get", kinds, "-o", "yaml"),
                "the pods' logs": "\n".join(logs),
                "the operator's log": self.log if self.started else "",
                "the metrics": self.metrics() if alive else "",
                "the commits": self.repository.history(),
                "the registry": repr([*versions, *(run.data for run in runs)]),
            },
        )

    def _pod_log(self, pod: str) -> str:
        arguments = ("logs", pod, "--all-containers", "--namespace", self.namespace)
        return self.cluster.kubectl(*arguments, check=False)

    @property
    def _path(self) -> str:
        group = "/apis/killick.dev/v1alpha1"
        return f"{group}/namespaces/{self.namespace}/modeldeployments/{NAME}"

    def standing(self) -> str:
        """Return the object's conditions, its pods, and the operator's last lines."""
        look = self.look()
        said = "\n".join(
            f"  {one['type']}: {look.condition(one['type'])}"
            for one in look.at("conditions", [])
        )
        pods = self.kubectl("get", "pods")
        return f"{said}\n{pods}\n{self.last_lines()}"

    def close(self) -> None:
        """End the operators and let the object go."""
        self.kill_operators()
        # No operator is left to remove the finalizer.
        patch = '{"metadata": {"finalizers": null}}'
        path = ("patch", "mdep", NAME, "--type=merge", f"--patch={patch}")
        self.cluster.kubectl(*path, "--namespace", self.namespace, check=False)
        self.api.close()
