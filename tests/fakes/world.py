"""The whole world in memory, and an operator in it: what the loop's tests stand on.

`World` plays the controllers and people; `settle` runs passes in virtual time until
nothing more is done. A new `Memory` per operator lifetime is all that a crash loses.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from driftcheck.contract import (
    CheckAnswer,
    CheckRequest,
    Verdict,
    WindowVerdict,
    decode_request,
    encode,
)
from driftcheck.contract.evaluation import (
    EvaluationAnswer,
    decode_evaluation_request,
    encode_evaluation,
)
from killick.loop import run_once
from killick.names import LABEL_PURPOSE, ObjectName
from killick.observe.gather import Ports
from killick.record.metrics import StatusCollector
from killick.resource.status import Status, parse_status
from killick.settings import Settings
from killick.world import Memory, PassResult, World
from tests.fakes.cluster import FakeCluster
from tests.fakes.git import FakeGit, FakeGitServer, FakeRepository
from tests.fakes.registry import FakeRegistry, FakeServer

NAMESPACE, NAME = "ml", "ranger"
MLFLOW, REPOSITORY = "http://mlflow:5000", "https://git.example/gitops.git"
VALUES = "# the model that serves\nmodel:\n  uri: models:/ranger/1  # one line\n"
SHA = "ab" * 32


def spec(**changes: Any) -> dict[str, Any]:
    """Return a spec of the whole loop; `changes` replace top-level parts."""
    base: dict[str, Any] = {
        "mode": "Act",
        "model": {"name": "ranger"},
        "reference": {"uri": "s3://models/ranger.parquet"},
        "inferenceLog": {
            "type": "Postgres",
            "postgres": {
                "secretKeyRef": {"name": "log", "key": "DATABASE_URL"},
                "schema": "ml",
                "table": "ranger_inference_log",
            },
            "lag": "0s",
            "labelColumn": "label",
            "features": {"type": "Vector", "vector": {"names": ["a", "b"]}},
        },
        "drift": {"schedule": "* * * * *", "window": "60s"},
        "retraining": {"job": {"cronJobRef": {"name": "train"}}},
        "evaluation": {"metric": {"name": "MeanAbsoluteError"}},
        "promotion": {
            "git": {
                "url": REPOSITORY,
                "valuesPath": "values.yaml",
                "jsonPointer": "/model/uri",
            }
        },
    }
    return {**base, **changes}


class FakeWorld:
    """Cluster, registry and repository in memory, with version 1 in production."""

    def __init__(self, raw: dict[str, Any] | None = None) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
        self.name = ObjectName("test", NAMESPACE, NAME)
        self.cluster = FakeCluster(lambda: self.now)
        self.mlflow = FakeServer(lambda: self.now.timestamp())  # noqa: PLW0108  now moves
        self.repository = FakeRepository()
        self.repository.commit({"values.yaml": VALUES.encode()})
        self.gits = FakeGitServer({REPOSITORY: self.repository})
        cut_off = {"killick.dev/train-before": "2026-02-01T00:00:00Z"}
        self.mlflow.register("ranger", version_tags=cut_off)
        self.mlflow.models["ranger"].aliases["champion"] = "1"
        self.cluster.put_object(NAMESPACE, NAME, raw or spec())
        self.cluster.put_cronjob(template())
        self.memory = Memory()
        self.world = self._operator()

    def _operator(self) -> World:
        registry = FakeRegistry({MLFLOW: self.mlflow})
        ports = Ports(self.cluster, registry, FakeGit(self.gits))
        settings = Settings(
            cluster="test", tracking_uri=MLFLOW, work_directory=Path("/nonexistent")
        )
        return World(ports, settings, StatusCollector())

    def restart(self) -> None:
        """Lose everything that the operator kept in memory."""
        self.memory, self.world = Memory(), self._operator()

    async def look(self) -> PassResult:
        """Run one pass."""
        return await run_once(self.world, self.name, self.memory, self.now)

    async def settle(self, limit: int = 40) -> Status:
        """Run passes until one neither moves nor wants anything."""
        for _ in range(limit):
            result = await self.look()
            if result.wake_at > self.now:
                return self.status
        raise AssertionError(f"not quiet after {limit} passes: {self.status}")

    async def wait(self, **spell: float) -> Status:
        """Let time pass, then settle."""
        self.now += timedelta(**spell)
        return await self.settle()

    @property
    def status(self) -> Status:
        """The status as the API server holds it."""
        raw = self.cluster.objects[NAMESPACE, NAME]["status"]
        return parse_status(raw) or Status()

    @property
    def value(self) -> str:
        """The text of the values file at the head."""
        return self.repository.branches["main"].files["values.yaml"].decode()

    def condition(self, kind: str) -> tuple[str, str]:
        """Return status and reason of a condition."""
        found = self.status.condition(kind)
        return (found.status, found.reason) if found else ("", "")

    def request(self) -> CheckRequest:
        """Return what the check's CronJob asks at this moment."""
        cronjob = self.cluster.cronjobs[NAMESPACE, f"{NAME}-check"]
        pod = cronjob["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        return decode_request(pod["containers"][0]["env"][0]["value"])

    def running(self, purpose: str) -> list[str]:
        """Return the names of unfinished Jobs of a purpose."""
        return [
            name
            for (_, name), job in self.cluster.jobs.items()
            if job["metadata"]["labels"][LABEL_PURPOSE] == purpose and not job["status"]
        ]

    async def check(self, *verdicts: Verdict) -> Status:
        """Let a check answer these counting windows, then the loop settle."""
        request = self.request()
        start = request.windows.judged_through or request.windows.anchor
        length = timedelta(seconds=request.window_seconds)
        windows = []
        for verdict in verdicts:
            windows.append(window(start, length, verdict, counting=True))
            start += length
        self.now = max(self.now + timedelta(seconds=5), start)
        last = verdicts[-1]
        windows.append(window(self.now - length, length, last, counting=False))
        answer = CheckAnswer(request.request_fingerprint, SHA, self.now, tuple(windows))
        await self.finish_check(encode(answer).decode())
        return await self.settle()

    async def finish_check(self, message: str, *, failed: bool = False) -> None:
        """End one run of the check's CronJob with this termination message."""
        name = f"{NAME}-check-{len(self.cluster.jobs) + 1000}"
        cronjob = self.cluster.cronjobs[NAMESPACE, f"{NAME}-check"]
        owner = {"uid": cronjob["metadata"]["uid"], "controller": True}
        labels = cronjob["spec"]["jobTemplate"]["metadata"]["labels"]
        metadata = {"name": name, "namespace": NAMESPACE, "labels": labels}
        metadata["ownerReferences"] = [owner]
        await self.cluster.create_job({"metadata": metadata, "spec": {}})
        self.cluster.finish_job(NAMESPACE, name, message=message, failed=failed)

    def train(self, *, status: str = "FINISHED", version: bool = True) -> str:
        """Let the running training Job register a version and end."""
        (job,) = self.running("training")
        env = self._env(job)
        found = ""
        if version:
            tags = json.loads(env["MLFLOW_RUN_CONTEXT"])
            found = self.mlflow.register("ranger", tags, status)
        self.cluster.finish_job(NAMESPACE, job, container="train")
        return found

    def evaluate(self, **facts: Any) -> None:
        """Let the running evaluation Job answer; `facts` replace a clear win."""
        (job,) = self.running("evaluation")
        request = decode_evaluation_request(self._env(job, "DRIFTCHECK_EVALUATION"))
        known: dict[str, Any] = {
            "rows": 120,
            "metric": request.metric,
            "champion_score": 2.0,
            "candidate_score": 1.5,
            "improvement": 0.5,
            "lower": 0.2,
            "upper": 0.8,
        }
        answer = EvaluationAnswer(request.id, **{**known, **facts})
        self.cluster.finish_job(
            NAMESPACE,
            job,
            container="rows" if answer.error else "compare",
            message=encode_evaluation(answer).decode(),
            failed=answer.error is not None,
            rows="" if answer.error else rows_message(answer),
        )

    def _env(self, job: str, key: str | None = None) -> Any:
        pod = self.cluster.jobs[NAMESPACE, job]["spec"]["template"]["spec"]
        env = {e["name"]: e.get("value") for e in pod["containers"][0]["env"]}
        return env[key] if key else env


def rows_message(answer: EvaluationAnswer) -> str:
    """Return what the container `rows` says where `compare` answers this."""
    facts = EvaluationAnswer(
        answer.id, answer.rows, answer.digest, answer.after, answer.until
    )
    return encode_evaluation(facts).decode()


def window(
    start: datetime, length: timedelta, verdict: Verdict, *, counting: bool
) -> WindowVerdict:
    """Return a window's verdict with plausible figures."""
    drifted = 2 if verdict == Verdict.DRIFT else 0
    judged = verdict in (Verdict.DRIFT, Verdict.NO_DRIFT)
    return WindowVerdict(
        start=start,
        end=start + length,
        counting=counting,
        verdict=verdict,
        reason={"Drift": "ColumnsDrifted"}.get(verdict, str(verdict)),
        message="2 of 2 columns drifted" if drifted else "",
        rows=200,
        drifted=drifted if judged else None,
        checked=2 if judged else None,
        percent=50 * drifted if judged else None,
    )


def template() -> dict[str, Any]:
    """Return the suspended CronJob that training Jobs are made from."""
    container = {"name": "train", "image": "training:1", "env": []}
    pod = {"spec": {"containers": [container], "restartPolicy": "Never"}}
    return {
        "metadata": {"name": "train", "namespace": NAMESPACE},
        "spec": {"suspend": True, "jobTemplate": {"spec": {"template": pod}}},
    }
