"""What must hold after every write, whatever was injected; numbers: reliability.md §3.

Each function looks at the worlds and at what really happened (`Truth`), never at how
the operator came to its decision, and raises `Violation` with one sentence.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from killick.names import LABEL_OBJECT, LABEL_PURPOSE, PURPOSE_TRAINING
from killick.resource.parse import duration, parse_spec
from killick.resource.spec import Spec
from killick.resource.status import Promotion
from tests.fakes.git import FakeCommit
from tests.fakes.world import NAMESPACE
from tests.simulation.engine.wire import Call
from tests.simulation.engine.world import CANARY

if TYPE_CHECKING:
    from tests.simulation.engine.run import Run
from tests.simulation.engine.claims import check_claims, require

OPEN = ("Proposed", "Landed", "Deployed")
ALLOWED_NAMES = ("train", "mlflow", "gitops")


@dataclass
class Ledger:
    """What the invariants remember of a run."""

    trainings: list[tuple[str, datetime]] = field(default_factory=list)
    promotions: dict[str, Promotion] = field(default_factory=dict)
    attempts: dict[str, str] = field(default_factory=dict)
    values: dict[str, set[str]] = field(default_factory=dict)


def after_write(run: Run, call: Call) -> None:
    """Check what this write may have broken."""
    check_isolation(run, call)
    if call.verb == "write_status":
        check_claims(run, call.key[1])
    elif call.verb == "create_job":
        check_jobs(run, call.key[1])
    elif call.verb == "push_value":
        check_commits(run)
    elif call.verb in ("set_alias", "set_stage"):
        check_registry(run, call)


def check_jobs(run: Run, name: str) -> None:
    """1 and 8: each Job once; one training at a time, within cooldown and budget."""
    cluster = run.world.cluster
    made = cluster.created_jobs
    require(made.count(name) == 1, f"Job {name} was created {made.count(name)} times")
    labels = cluster.jobs[NAMESPACE, name]["metadata"]["labels"]
    if labels[LABEL_PURPOSE] != PURPOSE_TRAINING:
        return
    owner = labels[LABEL_OBJECT]
    running = [
        key[1]
        for key, job in cluster.jobs.items()
        if job["metadata"]["labels"].get(LABEL_PURPOSE) == PURPOSE_TRAINING
        and job["metadata"]["labels"][LABEL_OBJECT] == owner
        and not job["status"]
    ]
    require(len(running) == 1, f"these trainings run at once: {running}")
    check_pace(
        run, owner, datetime.fromisoformat(run.world.env(name)["KILLICK_TRAIN_BEFORE"])
    )


def check_pace(run: Run, owner: str, started: datetime) -> None:
    """8: cooldown and budget hold, by the operator's own clock."""
    policy = spec_of(run, owner).retraining
    before = [when for who, when in run.ledger.trainings if who == owner]
    run.ledger.trainings.append((owner, started))
    if policy is None:
        return
    for when in before:
        rested = abs((started - when).total_seconds())
        needed = duration(policy.cooldown).total_seconds()
        require(rested >= needed, f"a training began {rested:.0f} s after another")
    period = duration(policy.budget.per)
    recent = [when for when in before if when > started - period]
    require(len(recent) < policy.budget.attempts, "more trainings than the budget")


def check_commits(run: Run) -> None:
    """2, 3, 4: only proven versions, only our key, only over what was expected."""
    history = run.world.repository.history()
    shas = {commit.sha for commit in history}
    lost = [sha for sha in run.world.truth.people if sha not in shas]
    require(not lost, f"commits of people are gone: {lost}")
    seen: set[str] = set()
    for commit in history:
        if commit.sha in run.world.truth.people:
            continue
        trailers = trailers_of(commit)
        identity = trailers["Killick-Promotion"]
        require(identity not in seen, f"promotion {identity} landed twice")
        seen.add(identity)
        check_commit(run, commit, trailers)


def check_commit(run: Run, commit: FakeCommit, trailers: dict[str, str]) -> None:
    """2, 3, 4 for one commit of ours."""
    model, version = trailers["Killick-Model"], trailers["Killick-Version"]
    proof = run.world.truth.evaluated.get(trailers["Killick-Evaluation"])
    require(
        proof == (version, True), f"version {version} was promoted unproven: {proof}"
    )
    parent = commit.parent
    require(parent is not None, "our commit has no parent")
    old = parent.files["values.yaml"].decode() if parent else ""
    new = commit.files["values.yaml"].decode()
    previous = f"models:/{model}/{trailers['Killick-Previous-Version']}"
    before, _, after = old.partition(f"{model}:\n")
    expected = after.replace(previous, f"models:/{model}/{version}", 1)
    require(
        previous in after.split("\n")[0],
        f"a value other than {previous} was overwritten",
    )
    require(new == f"{before}{model}:\n{expected}", "more than our key changed")


def check_registry(run: Run, call: Call) -> None:
    """2, for the registry: an alias moves only to a version that was proven."""
    version = call.key[2] if call.verb == "set_alias" else call.key[1]
    stage = call.key[2] if call.verb == "set_stage" else ""
    if stage == "Archived":
        return
    proven = {v for v, won in run.world.truth.evaluated.values() if won}
    require(version in proven, f"{call} names a version that was never proven")
    model = run.world.model_of(call.subject)
    if call.key[:2] == (model, "champion"):
        landed = f"models:/{model}/{version}"
        texts = [c.files["values.yaml"] for c in run.world.repository.history()]
        named = any(f"{landed} ".encode() in text for text in texts)
        require(named, f"version {version} is crowned before Git names it")


def check_isolation(run: Run, call: Call) -> None:
    """10: an object's pass touches only its own things."""
    name, model = call.subject, run.world.model_of(call.subject)
    if call.system == "git":
        require(call.key[1] == f"/{model}/uri", f"{call} is not {name}'s key")
    elif call.system == "registry" and call.verb != "run":
        require(call.key[0] == model, f"{call} is not {name}'s model")
    elif call.system == "cluster":
        require(call.key[0] == NAMESPACE, f"{call} is in another namespace")
        own = call.key[1] in (name, *ALLOWED_NAMES)
        own = own or call.key[1].startswith((f"{name}-", f"{name}."))
        require(own, f"{call} is not {name}'s")


def at_rest(run: Run) -> None:
    """5, 7, 9, 11, 12: what must hold when nothing more happens."""
    for subject in run.world.subjects:
        if (NAMESPACE, subject.name) in run.world.cluster.objects:
            check_agreement(run, subject.name)
    for call in run.wire.calls:
        check_isolation(run, call)
    early = [str(call) for call in run.wire.impatient]
    require(not early, f"asked before the time that Retry-After said: {early[:3]}")
    check_ledger(run)
    check_canary(run)


def check_agreement(run: Run, name: str) -> None:
    """7: Git, alias and status agree, or a condition names what differs."""
    status, world = run.driver.status(name), run.world
    generation = world.cluster.objects[NAMESPACE, name]["metadata"]["generation"]
    require(status.observed_generation == generation, "the spec was not observed")
    told = {(c.type, c.status) for c in status.conditions}
    wrong = told & {("InputsHealthy", "False"), ("Stalled", "True")}
    ready = ("Ready", "True") in told
    fair = not run.driver.offset  # by a wrong clock a check is stale
    require(
        ready or wrong or not fair,
        "Ready is not True, and no condition says what is wrong",
    )
    if told & {("Adopted", "False"), ("Held", "True"), ("InputsHealthy", "False")}:
        return
    model = world.model_of(name)
    champion = world.mlflow.models[model].aliases.get("champion")
    value = world.value(model)
    found = (value, status.versions.desired, status.versions.champion)
    wanted = (f"models:/{model}/{champion}", champion, champion)
    promotion = status.promotion
    if promotion and promotion.state in OPEN:
        return
    require(found == wanted, f"at rest {found} is not {wanted}, and nothing says so")


def check_ledger(run: Run) -> None:
    """9 and 11: every effect is told somewhere by its ID; nothing is forgotten."""
    cluster = run.world.cluster
    told = json.dumps([e["message"] for e in cluster.events.values()])
    told += json.dumps([o["status"] for o in cluster.objects.values()])
    for name in cluster.created_jobs:
        identity = name.rsplit("-", 1)[1]
        known = identity in told or "-eval-" in name or run.erased
        require(known, f"nothing tells of Job {name}")
    for identity, promotion in run.ledger.promotions.items():
        over = promotion.state not in OPEN or run.erased
        current = identity in told or not cluster.objects
        require(
            over or current, f"promotion {identity} was forgotten in {promotion.state}"
        )


def check_canary(run: Run) -> None:
    """12: no secret is anywhere outside its Secret."""
    world = run.world
    places = {
        "objects": world.cluster.objects,
        "events": world.cluster.events,
        "jobs": world.cluster.jobs,
        "cronjobs": world.cluster.cronjobs,
        "registry": world.mlflow.models,
        "commits": [(c.message, c.author) for c in world.repository.history()],
        "log": run.log,
    }
    for place, content in places.items():
        require(CANARY not in repr(content), f"a secret is in the {place}")


def trailers_of(commit: FakeCommit) -> dict[str, str]:
    """Return the trailers of a commit."""
    lines = commit.message.strip().split("\n\n")[-1].split("\n")
    return dict(line.split(": ", 1) for line in lines)


def spec_of(run: Run, name: str) -> Spec:
    """Return the spec that is in force."""
    return parse_spec(run.world.cluster.objects[NAMESPACE, name]["spec"])
