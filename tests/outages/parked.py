"""Objects parked in each phase of the story, under one operator, and let go together.

    watching     a check waits for a lock on its inference log
    retraining   the training Job waits for a file
    evaluating   the evaluation's Job waits for a lock on its inference log
    promoting    the push of the commit is kept back by the Git server

So one outage of one system meets every phase at once.
"""

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from adbc_driver_postgresql import dbapi

from dev.demo.watch import Look
from dev.waiting import wait_until
from driftcheck.contract import Verdict
from killick.names import ObjectName
from tests.system.support import loop_manifests as manifests
from tests.system.support.loop_fixtures import LoopServers
from tests.system.support.loop_manifests import CLUSTER, NAME, PROGRAM
from tests.system.support.loop_world import (
    CALM,
    CHANGED,
    LIMIT,
    FirstModel,
    LoopWorld,
)
from tests.system.support.service_fixtures import Database

DONE = "Done"
VERDICTS = frozenset(map(str, Verdict))
BACK = 30.0  # seconds after a return within which work goes on
PERIOD = 0.3
WAITING = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
GATED = """import pathlib, time
while not pathlib.Path({gate!r}).exists():
    time.sleep(0.1)
"""


class TableLock:
    """A lock on an inference log: whoever reads it waits."""

    def __init__(self, database: Database) -> None:
        self._connection = dbapi.connect(f"{database.url}?connect_timeout=5")
        cursor = self._connection.cursor()
        cursor.execute("LOCK TABLE ml.log IN ACCESS EXCLUSIVE MODE")
        cursor.close()

    def release(self) -> None:
        """End the lock; nothing if the server ended it."""
        with contextlib.suppress(dbapi.Error):
            self._connection.close()


@dataclass
class Parked:
    """Four objects, each in another phase; `let_go` sets them all in motion."""

    servers: LoopServers
    watching: LoopWorld
    retraining: LoopWorld
    evaluating: LoopWorld
    promoting: LoopWorld
    gate: Path
    locks: list[TableLock] = field(default_factory=list)
    named: dict[str, set[str]] = field(default_factory=dict)
    """By namespace, the reasons that a condition has given since `let_go`."""

    @property
    def worlds(self) -> tuple[LoopWorld, ...]:
        """All four."""
        return (self.watching, self.retraining, self.evaluating, self.promoting)

    def start(self, **settings: str) -> None:
        """Start the one operator and wait until each object is where it shall be."""
        served = ",".join(world.namespace for world in self.worlds)
        operator = self.watching.operator
        given = {**operator.settings, "KILLICK_NAMESPACES": served, **settings}
        self.watching.operator = replace(operator, settings=given)
        self.locks.append(TableLock(self.evaluating.database))
        self.watching.start()
        self.watching.check()
        self.locks.append(TableLock(self.watching.database))
        self.watching.request_check()
        self.retraining.until(
            "training", lambda at: at.at("attempt.state") == "Running"
        )
        self.evaluating.until(
            "the evaluation", lambda at: at.at("evaluation.state") == "Running"
        )
        for world in (self.watching, self.evaluating):
            world.wait("a reader of the log", partial(_waits, world))
        self.retraining.wait("its pod", lambda: _runs(self.retraining))
        self.servers.git.faults(hold="push")
        self.promoting.kubectl(
            *("patch", "mdep", NAME, "--type=merge"),
            *("--patch", json.dumps({"spec": {"suspend": False}})),
        )
        faults = self.servers.git.faults
        self.promoting.wait("the push", lambda: faults()["held"] > 0)

    def let_go(self, *, push: bool = True) -> None:
        """Open the gate and end the locks; let the push go if Git can be told so."""
        self.gate.touch()
        if push:
            self.servers.git.clear_faults()
        for lock in self.locks:
            lock.release()
        self.locks.clear()

    def concerned_by(self, reason: str) -> tuple[LoopWorld, ...]:
        """The objects that can know of the outage: all, those that check, or none."""
        known = {"LogUnreachable": (self.watching,), "": ()}
        return known.get(reason, self.worlds)

    def follow(self, seconds: float) -> None:
        """Look at all objects for that long; nothing that they say may be untrue."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._look()
            time.sleep(PERIOD)

    def notices_the_return(self) -> None:
        """Every object stops naming an outage within `BACK` seconds."""
        wait_until(
            "the end of what they say of the outage",
            lambda: [c for look in self._look() for c in _outages(look)],
            lambda away: not away,
            seconds=BACK,
        )

    def passes_again(self) -> None:
        """Every object has a pass that succeeds within `BACK` seconds."""
        returned = datetime.now(UTC)
        for world in self.worlds:
            world.api.close()  # the next request opens a new connection

        def idle() -> list[str]:
            self._look()
            worlds = self.worlds
            return [w.namespace for w in worlds if not self._passed(w, returned)]

        wait_until(
            "a pass of each object",
            idle,
            lambda namespaces: not namespaces,
            seconds=BACK,
            context=self.watching.process.tail,
        )

    def end(self) -> None:
        """Wait for the end of all stories; every effect has happened once."""
        wait_until(
            "the end of all stories",
            self._look,
            lambda looks: all(map(_is_over, self.worlds, looks)),
            seconds=LIMIT,
            context=lambda: "\n".join(world.standing() for world in self.worlds),
        )
        trained = [len(world.jobs("training")) for world in self.worlds]
        assert trained == [0, 1, 0, 0]
        for world in self.worlds:
            # A verdict comes again after an outage; whatever else is told, once.
            events = [e for e in world.events() if e not in VERDICTS]
            assert len(set(events)) == len(events), events
        for world in self.worlds[1:]:
            assert world.versions() == ["1", "2"]
            assert world.promotions() == [world.look().at("promotion.commit")]
            assert world.alias("champion") == "2"
            assert world.repository.read(manifests.VALUES) == world.value("2")

    def _look(self) -> list[Look]:
        looks = []
        for world in self.worlds:
            look = world.look()
            lies = untrue(self.servers, world, look)
            assert not lies, f"{world.namespace}: {lies}\n{look.manifest}"
            reasons = {c["reason"] for c in look.at("conditions", [])}
            if not self.locks:
                self.named.setdefault(world.namespace, set()).update(reasons)
            looks.append(look)
        return looks

    def _passed(self, world: LoopWorld, since: datetime) -> bool:
        for line in reversed(self.watching.log.splitlines()):
            found = json.loads(line) if line.startswith("{") else {}
            if found and datetime.fromisoformat(found["time"]) < since:
                return False
            if found.get("object") == f"{world.namespace}/{NAME}":
                return bool(found["message"] == "Pass completed")
        return False


def _waits(world: LoopWorld) -> bool:
    return world.database.execute(WAITING) != [(0,)]


def _runs(world: LoopWorld) -> bool:
    pods = world.cluster.get("pods", "--namespace", world.namespace)["items"]
    return any(pod["status"].get("phase") == "Running" for pod in pods)


def _is_over(world: LoopWorld, look: Look) -> bool:
    if look.at("attempt.id"):
        return bool(look.at("promotion.state") == DONE)
    return bool(look.at("drift.verdict") == "NoDrift")


def _outages(look: Look) -> list[str]:
    said = look.condition("InputsHealthy")
    return [said] if "Unreachable" in said else []


@contextlib.contextmanager
def parked(
    servers: LoopServers, first_model: FirstModel, directory: Path
) -> Iterator[Parked]:
    """The four objects with the statuses they start from; no operator runs yet."""
    with contextlib.ExitStack() as stack:
        worlds = [
            stack.enter_context(servers.granted(model))
            for model in (None, first_model, None, None)
        ]
        watching, retraining, evaluating, promoting = worlds
        watching.feed(CALM)
        watching.leave(manifests.adopted(watching.apply()))
        gate = directory / "gate"
        _gate(retraining, gate)
        retraining.feed(CHANGED)
        retraining.leave(manifests.drifted(retraining.apply()))
        evaluating.feed(CALM)
        evaluating.registry.delete_registered_model_alias(evaluating.model, "champion")
        evaluating.register(first_model)
        evaluating.leave(manifests.registered(evaluating.apply()))
        promoting.register()
        promoting.leave(manifests.proven(promoting.apply(suspend=True)))
        found = Parked(servers, watching, retraining, evaluating, promoting, gate)
        try:
            yield found
        finally:
            found.let_go()


def _gate(world: LoopWorld, gate: Path) -> None:
    """Make the training wait for the file, and its Job try twice more if it fails."""
    template = manifests.training_cronjob(world.namespace)
    job = template["spec"]["jobTemplate"]["spec"]
    job["backoffLimit"] = 2
    (container,) = job["template"]["spec"]["containers"]
    program = GATED.format(gate=str(gate)) + PROGRAM.read_text()
    container["command"] = ["python", "-c", program]
    world.cluster.apply(template)


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
    """What a status claims that is not so. The world is read after the status.

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
    """Whether a Job completed."""
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
