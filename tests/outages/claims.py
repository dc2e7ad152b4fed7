"""What an object's status claims, compared with what the systems really hold."""

import contextlib
import sqlite3
from dataclasses import dataclass
from typing import Any

from dev.demo.watch import Look
from killick.names import ObjectName
from tests.system.support import loop_manifests as manifests
from tests.system.support.loop_fixtures import LoopServers
from tests.system.support.loop_manifests import CLUSTER, NAME
from tests.system.support.loop_world import (
    LoopWorld,
)

DONE = "Done"


@dataclass(frozen=True)
class Registered:
    """What MLflow really holds of a model, read from its database, server or not."""

    versions: frozenset[str]
    champion: str | None

    @classmethod
    def of(cls, servers: LoopServers, model: str) -> "Registered":
        """Read it now."""
        path = servers.mlflow.directory / "mlflow.db"
        with contextlib.closing(
            sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        ) as db:
            found = db.execute(
                "SELECT version FROM model_versions WHERE name = ?", (model,)
            )
            versions = frozenset(str(row[0]) for row in found)
            alias = db.execute(
                "SELECT version FROM registered_model_aliases "
                "WHERE name = ? AND alias = 'champion'",
                (model,),
            ).fetchone()
        return cls(versions, str(alias[0]) if alias else None)


def untrue(servers: LoopServers, world: LoopWorld, look: Look) -> list[str]:
    """Return what a status claims that is not so. The world is read after the status.

    Only what cannot be undone in these stories is judged: a version, a commit, an
    alias that moved on, a Job that ended.
    """
    real = Registered.of(servers, world.model)
    name = ObjectName(CLUSTER, world.namespace, NAME)
    jobs = {one["metadata"]["name"]: one for one in _jobs(world)}
    promotion = look.at("promotion.state")
    landed = promotion in ("Landed", "Deployed", DONE)
    evaluation = look.at("evaluation.state")
    verdict = look.condition("DriftDetected").split(" ")[0]
    claims = {
        "the version of the attempt": look.at("attempt.version")
        in {None, *real.versions},
        "the candidate": look.at("versions.candidate") in {None, *real.versions},
        "the champion": look.at("versions.champion") in {None, "1", real.champion},
        "a promotion that is done": promotion != DONE
        or real.champion == look.at("promotion.version"),
        "the commit": not landed or look.at("promotion.commit") in world.promotions(),
        "the desired version": look.at("versions.desired") in {"1", *_in_git(world)},
        "a running training": look.at("attempt.state") != "Running"
        or look.at("attempt.job") in jobs,
        "an evaluation that passed": evaluation != "Passed"
        or ended(jobs.get(name.evaluation_job(look.at("evaluation.id")), {}))
        or look.at("evaluation.id") == name.derive("evaluation", "seed"),
        "drift or none": verdict == "Unknown"
        or look.at("drift.lastCheck") is None
        or ended(jobs.get(look.at("drift.lastCheck"), {})),
    }
    return [claim for claim, true in claims.items() if not true]


def ended(job: dict[str, Any]) -> bool:
    """Return whether a Job completed."""
    conditions = job.get("status", {}).get("conditions", [])
    return any(c["type"] == "Complete" and c["status"] == "True" for c in conditions)


def _jobs(world: LoopWorld) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.api.send(
        "GET", f"/apis/batch/v1/namespaces/{world.namespace}/jobs", {}
    ).body["items"]
    return found


def _in_git(world: LoopWorld) -> set[str]:
    value = world.repository.read(manifests.VALUES).decode()
    return {value.rsplit("/", 1)[-1].strip()}
