"""One test's world: an object, its log, its model, its repository and its operator.

The servers are the session's; everything in here is the test's own.
"""

import json
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import urlopen

from mlflow import MlflowClient

from dev.demo.watch import Look
from dev.environments.images import ensure_environment
from dev.git.repository import BareRepository
from dev.git.server import GitServer
from dev.kubernetes.cluster import LocalCluster
from dev.operator_program import REPOSITORY, OperatorProgram
from dev.processes.ports import free_port
from dev.processes.supervisor import Process, Program, Supervisor
from dev.waiting import wait_until
from killick.names import TAG_TRAIN_BEFORE, ObjectName
from tests.system.support import loop_manifests as manifests
from tests.system.support.api_server import ApiServer
from tests.system.support.canaries import canaries, leaks
from tests.system.support.loop_manifests import CLUSTER, NAME, VALUES, Json
from tests.system.support.service_fixtures import Database

T = TypeVar("T")
LIMIT = 90.0  # seconds that anything in here may take
CALM, CHANGED = 0.0, 3.0
"""By how much feature `a` is shifted; in the changed world `b` also counts thrice."""
INSERT = """
INSERT INTO ml.log (predicted_at, feature_vector, prediction, label)
SELECT $1::timestamptz + i * $2::interval,
       ARRAY[a + $3, b], a + $3 + b, a + $3 + CASE WHEN $3 > 0 THEN 3 ELSE 1 END * b
FROM (SELECT i, (i * 37 % 101) / 101.0::float8 AS a, (i * 61 % 103) / 103.0::float8 AS b
      FROM generate_series(0, $4::int - 1) AS i) AS rows
"""


def _struck(program: Program, point: str, blow: signal.Signals) -> Program:
    """Return the operator's program as one that sends itself the signal there."""
    environment = dict(program.environment)
    environment["PYTHONPATH"] += f":{REPOSITORY}"
    module = "tests.system.support.killable_operator"
    command = [program.command[0], "-m", module, point, blow.name]
    return replace(program, command=command, environment=environment)


@dataclass(frozen=True)
class FirstModel:
    """A champion's run and artifact, logged once, registered by each test."""

    run: str
    source: str
    model: str


@dataclass
class LoopWorld:
    """The parts of one test; `apply` and `start` bring them to life."""

    cluster: LocalCluster
    supervisor: Supervisor
    namespace: str
    database: Database
    git: GitServer
    repository: BareRepository
    registry: MlflowClient
    model: str
    reference: Path
    operator: OperatorProgram
    api: ApiServer = field(init=False)
    others: list[Process] = field(default_factory=list)
    """Further operators that serve the same namespace."""
    _token: int = 0

    def __post_init__(self) -> None:
        self.api = ApiServer(self.cluster.kubeconfig)

    # The operator

    @property
    def process(self) -> Process:
        """The operator's process, also when it has ended."""
        return self.supervisor.processes[f"operator-{self.namespace}"]

    @property
    def log(self) -> str:
        """What the operator has printed in all its lives."""
        return self.process.log.read_text()

    def start(self, kill: str = "") -> Process:
        """Start the operator without waiting; `kill` is where it will die."""
        venv = ensure_environment("operator", self.supervisor.progress)
        program = self.operator.program(venv)
        named = replace(program, name=f"operator-{self.namespace}")
        if kill:
            named = _struck(named, kill, signal.SIGKILL)
        return self.supervisor.start(named)

    def another(self, freeze: str = "") -> Process:
        """Start one more operator beside the first; port and files are its own.

        `freeze` is where it will stop as by SIGSTOP, once.
        """
        number = len(self.others) + 2
        directory = self.operator.directory / f"operator-{number}"
        directory.mkdir()
        operator = replace(self.operator, directory=directory, port=free_port())
        venv = ensure_environment("operator", self.supervisor.progress)
        program = replace(
            operator.program(venv), name=f"operator-{self.namespace}-{number}"
        )
        if freeze:
            program = _struck(program, freeze, signal.SIGSTOP)
        self.others.append(self.supervisor.start(program))
        return self.others[-1]

    def freezes(self, point: str) -> Process:
        """Start one more operator and wait until it is frozen at this point."""
        process = self.another(point)
        state = Path(f"/proc/{process.pid}/stat")
        self.wait(
            f"the operator to freeze at {point}",
            lambda: state.read_text().rpartition(")")[2].split()[0],
            lambda letter: letter == "T",
        )
        return process

    def dies(self, kill: str) -> None:
        """Start the operator and wait until it has killed itself at this point."""
        process = self.start(kill)
        self.wait(f"the operator to die at {kill}", lambda: not process.alive)
        assert process.returncode == -9, process.tail()

    def metrics(self) -> str:
        """What the operator serves on /metrics."""
        return self._http("/metrics")

    def healthy(self) -> bool:
        """Whether /healthz answers 200."""
        return bool(self._http("/healthz"))

    def _http(self, path: str) -> str:
        with urlopen(f"{self.operator.url}{path}", timeout=10) as answer:
            text: str = answer.read().decode()
            return text

    # The object

    def manifest(self, **edits: Any) -> Json:
        """The ModelDeployment, with these fields of the spec replaced."""
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
        """The object now."""
        answer = self.api.send("GET", self._path, {})
        assert answer.accepted, answer.message
        return Look(answer.body)

    def until(self, what: str, true: Callable[[Look], Any]) -> Look:
        """The object once it is as `true` wants it."""
        return self.wait(what, self.look, true)

    def until_condition(self, kind: str, *words: str) -> str:
        """A condition once it says all these words."""

        def there(look: Look) -> bool:
            return all(word in look.condition(kind) for word in words)

        return self.until(f"{kind}: {words}", there).condition(kind)

    def wait(
        self,
        what: str,
        observe: Callable[[], T],
        accept: Callable[[T], Any] = bool,
    ) -> T:
        """Wait for a value; say how things stand if it does not come."""
        return wait_until(what, observe, accept, seconds=LIMIT, context=self.standing)

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

    def wait_logged(
        self, text: str, count: int = 1, process: Process | None = None
    ) -> None:
        """Wait until an operator, or else the first, has logged the text that often."""
        self.wait(
            f"{text} {count} times in the log",
            lambda: process.log.read_text() if process else self.log,
            lambda log: log.count(text) >= count,
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
        """The reasons of the object's events, oldest first."""
        found = self.cluster.get("events", "--namespace", self.namespace)["items"]
        ours = [e for e in found if e["involvedObject"]["name"] == NAME]
        ours.sort(
            key=lambda e: (e["firstTimestamp"], e["metadata"]["creationTimestamp"])
        )
        return [e["reason"] for e in ours]

    def jobs(self, purpose: str) -> list[Json]:
        """The Jobs of one purpose."""
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
        """Put labelled rows into the log; by default from 20 s ago on, 20 a second.

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
        """The version that an alias of the model points at."""
        aliases = self.registry.get_registered_model(self.model).aliases
        found = aliases.get(name)
        return None if found is None else str(found)

    def versions(self) -> list[str]:
        """All versions of the model."""
        found = self.registry.search_model_versions(f"name='{self.model}'")
        return sorted(str(version.version) for version in found)

    def stage(self, version: str) -> str:
        """The stage of a version."""
        return str(self.registry.get_model_version(self.model, version).current_stage)

    def value(self, version: str) -> bytes:
        """The values file when it names this version of our model."""
        return manifests.values(f"models:/{self.model}/{version}")

    def promotions(self) -> list[str]:
        """The commits in the repository that carry a promotion."""
        trailer = re.compile("^Killick-Promotion:", re.MULTILINE)
        return [c.sha for c in self.repository.log() if trailer.search(c.message)]

    def commit(self, content: bytes, author: str = "Ada", path: str = VALUES) -> str:
        """Commit a file as a person."""
        return self.repository.commit(path, content, author=author)

    # Around it

    def secrets(self) -> dict[str, str]:
        """Every secret that anybody has in this world, and what each is."""
        where = ("--namespace", self.namespace)
        hidden = canaries(self.cluster.get("secrets", *where)["items"])
        tokens = dict.fromkeys(self.cluster.tokens, "a service account's token")
        return {**hidden, **tokens}

    def leaks(self) -> list[str]:
        """Which secret is in which object, log, metric, commit or tag."""
        kinds = "modeldeployments,events,jobs,pods,cronjobs,leases"
        pods = self.kubectl("get", "pods", "-o", "name").split()
        logs = [self._pod_log(pod) for pod in pods]
        filter_string = f"name='{self.model}'"
        versions = self.registry.search_model_versions(filter_string)
        runs = [self.registry.get_run(v.run_id) for v in versions if v.run_id]
        alive = f"operator-{self.namespace}" in self.supervisor.processes
        return leaks(
            self.secrets(),
            {
                "the objects": self.kubectl("get", kinds, "-o", "yaml"),
                "the pods' logs": "\n".join(logs),
                "the operator's log": self.log if alive else "",
                "the metrics": self.metrics() if alive and self.process.alive else "",
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
        running = f"operator-{self.namespace}" in self.supervisor.processes
        tail = self.process.tail(15) if running else "(never started)"
        return f"{said}\n{pods}\n{tail}"

    def close(self) -> None:
        """End the operators and let the object go."""
        for other in self.others:
            other.kill()
        if f"operator-{self.namespace}" in self.supervisor.processes:
            self.process.kill()
        # Nobody is left who would take the finalizer away.
        patch = '{"metadata": {"finalizers": null}}'
        path = ("patch", "mdep", NAME, "--type=merge", f"--patch={patch}")
        self.cluster.kubectl(*path, "--namespace", self.namespace, check=False)
        self.api.close()
