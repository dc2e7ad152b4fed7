"""The twins in virtual time, with the controllers and people that react to them.

A training Job ends after `TRAINING`, an evaluation after `EVALUATION`, a check after
`CHECK`; the CronJob controller starts a check every ten minutes. What they answer is
the scenario's to say. Everything is deterministic.
"""

from __future__ import annotations

import heapq
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from driftcheck.contract import (
    decode_request,
    encode,
)
from driftcheck.contract.evaluation import (
    decode_evaluation_request,
    encode_evaluation,
)
from killick.names import (
    LABEL_OBJECT,
    LABEL_PURPOSE,
    PURPOSE_CHECK,
    PURPOSE_EVALUATION,
    PURPOSE_TRAINING,
)
from killick.observe.target_conflicts import claims_of
from killick.plan.facts import ConflictingObject
from tests.fakes.cluster import FakeCluster
from tests.fakes.git import FakeGitServer, FakeRepository
from tests.fakes.registry import FakeServer
from tests.fakes.world import MLFLOW, NAMESPACE, REPOSITORY, rows_message, template
from tests.simulation.engine.job_answers import check_answer, evaluation_answer
from tests.simulation.engine.subject import Subject, Truth

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PERIOD = timedelta(minutes=10)
CHECK, TRAINING, EVALUATION = (timedelta(seconds=s) for s in (5, 30, 20))
CANARY = "canary-7f3a91"
CUT_OFF = {"killick.dev/train-before": "2026-02-01T00:00:00Z"}
TRAILER = "Killick-"

Happening = Callable[[], None]


class SimWorld:
    """Cluster, registry and repository, and everybody but the operator."""

    def __init__(self, subjects: tuple[Subject, ...]) -> None:
        self.now = START
        self.subjects = subjects
        self.cluster = FakeCluster(self.clock)
        self.mlflow = FakeServer(self.seconds)
        self.repository = FakeRepository()
        self.gits = FakeGitServer({REPOSITORY: self.repository})
        self.truth = Truth()
        self.cron = True
        self._happenings: list[tuple[datetime, int, Happening]] = []
        self._order = itertools.count()
        self._expected: set[str] = set()
        self._claims: dict[tuple[str, int], dict[str, ConflictingObject]] = {}
        for where in ("mlflow", "gitops"):
            values = {"username": "killick", "password": CANARY}
            self.cluster.secrets[NAMESPACE, where] = values
        self.cluster.put_cronjob(template())
        models = list(dict.fromkeys(s.model for s in subjects))
        lines = [f"{model}:\n  uri: models:/{model}/1  # live" for model in models]
        self.commit("\n".join(lines) + "\nother: 1\n", "First")
        for model in models:
            self.mlflow.register(model, version_tags=CUT_OFF)
            self.mlflow.point(model, "champion", "1")
        self.at(START + PERIOD, self._tick)
        self.noted()

    # What a scenario may replace.

    drifts: Callable[[str, datetime], bool] = staticmethod(lambda _model, _end: False)
    bad_answers: Callable[[str, datetime], bool] = staticmethod(lambda _m, _end: False)
    wins: Callable[[str], bool] = staticmethod(lambda _version: True)
    training: Callable[[SimWorld, str, dict[str, str]], None] | None = None

    def model_of(self, name: str) -> str:
        """Return the model of an object."""
        return next(s.model for s in self.subjects if s.name == name)

    def index(self, claim: str) -> list[ConflictingObject]:
        """Return who claims a target, as kopf's index of all objects tells it."""
        found = []
        for manifest in self.cluster.objects.values():
            metadata = manifest["metadata"]
            key = (metadata["uid"], metadata["generation"])
            if key not in self._claims:
                self._claims[key] = claims_of(manifest, MLFLOW)
            found += [r for c, r in self._claims[key].items() if c == claim]
        return found

    # Time.

    def clock(self) -> datetime:
        """Return the world's time."""
        return self.now

    def seconds(self) -> float:
        """Return the world's time in epoch seconds."""
        return self.now.timestamp()

    def at(self, moment: datetime, happening: Happening) -> None:
        """Let something happen."""
        heapq.heappush(self._happenings, (moment, next(self._order), happening))

    def after(self, pause: timedelta, happening: Happening) -> None:
        """Let something happen later."""
        self.at(self.now + pause, happening)

    @property
    def next_happening(self) -> datetime | None:
        """Return when something happens by itself."""
        return self._happenings[0][0] if self._happenings else None

    def advance(self, moment: datetime) -> bool:
        """Go on to `moment`; return whether anything happened by then."""
        happened = False
        while self._happenings and self._happenings[0][0] <= moment:
            due, _, happening = heapq.heappop(self._happenings)
            self.now = max(self.now, due)
            happening()
            happened = True
        self.now = max(self.now, moment)
        return happened

    # Controllers.

    def noted(self) -> None:
        """React to whatever was just written."""
        for (_, name), job in list(self.cluster.jobs.items()):
            if name not in self._expected:
                self._expected.add(name)
                self._start(name, job["metadata"]["labels"][LABEL_PURPOSE])
        for model, kept in self.mlflow.models.items():
            seen = self.truth.champions.setdefault(model, [])
            champion = kept.aliases.get("champion")
            if not seen or seen[-1] != champion:
                seen.append(champion)

    def _start(self, name: str, purpose: str) -> None:
        pauses = {
            PURPOSE_CHECK: (CHECK, self._end_check),
            PURPOSE_TRAINING: (TRAINING, self._end_training),
            PURPOSE_EVALUATION: (EVALUATION, self._end_evaluation),
        }
        pause, end = pauses[purpose]
        uid = self.cluster.jobs[NAMESPACE, name]["metadata"]["uid"]

        def finish() -> None:
            job = self.cluster.jobs.get((NAMESPACE, name))
            if job and job["metadata"]["uid"] == uid and not job["status"]:
                end(name)
                self.noted()

        self.after(pause, finish)

    def _tick(self) -> None:
        """Start the checks that are due, as the CronJob controller does."""
        self.at(self.now + PERIOD, self._tick)
        for (_, name), cronjob in list(self.cluster.cronjobs.items()):
            if name.endswith("-check") and not cronjob["spec"]["suspend"] and self.cron:
                self._run_check(name, cronjob)
        self.noted()

    def _run_check(self, name: str, cronjob: dict[str, Any]) -> None:
        made = f"{name}-{int(self.seconds()) // 60}"
        owner = {"uid": cronjob["metadata"]["uid"], "controller": True}
        inner = cronjob["spec"]["jobTemplate"]
        labels = inner["metadata"]["labels"]
        metadata = {"name": made, "namespace": NAMESPACE, "labels": labels}
        metadata["ownerReferences"] = [owner]
        held = self.cluster.jobs
        held[NAMESPACE, made] = {
            "metadata": {**self.cluster._metadata(NAMESPACE, made), **metadata},
            "spec": inner["spec"],
            "status": {},
        }
        old = [key for key in held if key[1].startswith(f"{name}-")][:-3]
        for key in old:
            del held[key]
            self.cluster.pods.pop((NAMESPACE, f"{key[1]}-pod"), None)

    # What Jobs answer.

    def env(self, job: str) -> dict[str, str]:
        """Return the environment of a Job's first container."""
        pod = self.cluster.jobs[NAMESPACE, job]["spec"]["template"]["spec"]
        return {e["name"]: e.get("value", "") for e in pod["containers"][0]["env"]}

    def _end_check(self, job: str) -> None:
        request = decode_request(self.env(job)["DRIFTCHECK_REQUEST"])
        model = self.model_of(request.name)
        answer = check_answer(
            request,
            self.now,
            drifts=lambda end: self.drifts(model, end),
            bad_answers=lambda end: self.bad_answers(model, end),
        )
        counted = tuple(str(w.verdict) for w in answer.windows if w.counting)
        self.truth.checked[job] = (str(answer.windows[-1].verdict), counted)
        self.cluster.finish_job(NAMESPACE, job, message=encode(answer).decode())

    def _end_training(self, job: str) -> None:
        env = self.env(job)
        if self.training:
            self.training(self, job, env)
            return
        self.register(env)
        self.cluster.finish_job(NAMESPACE, job, container="train")

    def register(self, env: dict[str, str]) -> None:
        """Log the run and register its version, as training does."""
        tags = json.loads(env["MLFLOW_RUN_CONTEXT"])
        version = self.mlflow.register(env["KILLICK_MODEL"], tags)
        self.truth.registered[env["KILLICK_ATTEMPT"]] = version

    def _end_evaluation(self, job: str) -> None:
        request = decode_evaluation_request(self.env(job)["DRIFTCHECK_EVALUATION"])
        pod = self.cluster.jobs[NAMESPACE, job]["spec"]["template"]["spec"]
        command = pod["initContainers"][-1]["command"]
        version = command[command.index("--model-uri") + 1].rsplit("/", 1)[1]
        won = self.wins(version)
        self.truth.evaluated[request.id] = (version, won)
        answer = evaluation_answer(request, won=won)
        message = encode_evaluation(answer).decode()
        self.cluster.finish_job(
            *(NAMESPACE, job),
            container="compare",
            message=message,
            rows=rows_message(answer),
        )

    # People.

    def text(self) -> str:
        """Return the values file at the head."""
        return self.repository.branches["main"].files["values.yaml"].decode()

    def value(self, model: str) -> str:
        """Return what the values file says of a model."""
        after = self.text().split(f"{model}:\n", 1)[1]
        return after.split("uri: ", 1)[1].split(" ", 1)[0].strip()

    def commit(self, text: str, message: str) -> None:
        """Commit the values file as a person."""
        moment = int(self.seconds())
        sha = self.repository.commit(
            {"values.yaml": text.encode()}, message=message, timestamp=moment
        )
        self.truth.people.append(sha)

    def change_spec(self, subject: Subject, **changes: Any) -> None:
        """Change a spec as a person."""
        raw = {**subject.spec(), **changes}
        self.cluster.put_object(NAMESPACE, subject.name, raw)

    def touch(self, name: str) -> dict[str, Any]:
        """Return an object, with a new resourceVersion, for a person to change."""
        held = self.cluster.objects[NAMESPACE, name]
        held["metadata"]["resourceVersion"] = f"t{next(self._order)}"
        return held

    def erase_status(self, name: str) -> None:
        """Lose a status, as a restore from a backup does."""
        self.touch(name)["status"] = {"observedGeneration": -1}

    def delete(self, name: str) -> None:
        """Delete an object; a while later it and its children are gone."""
        held = self.touch(name)
        held["metadata"]["deletionTimestamp"] = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        self.after(timedelta(seconds=10), lambda: self._gone(name))

    def _gone(self, name: str) -> None:
        self.cluster.objects.pop((NAMESPACE, name), None)
        for kind in (self.cluster.cronjobs, self.cluster.jobs, self.cluster.pods):
            for key, child in list(kind.items()):
                labels = child["metadata"].get("labels") or {}
                if labels.get(LABEL_OBJECT) == name:
                    del kind[key]
