"""What a status claims really happened."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from killick.resource.status import SIZE_LIMIT, Status
from tests.fakes.world import NAMESPACE
from tests.simulation.engine.driver import Violation

if TYPE_CHECKING:
    from tests.simulation.engine.run import Run

LANDED = ("Landed", "Deployed", "Done")


def require(truth: object, sentence: str) -> None:
    """Raise a Violation with the sentence unless `truth`."""
    if not truth:
        raise Violation(sentence)


def check_claims(run: Run, name: str) -> None:
    """5: what the status says was true at some moment."""
    world, status = run.world, run.driver.status(name)
    held = world.cluster.objects[NAMESPACE, name]
    generation = held["metadata"]["generation"]
    require(status.observed_generation <= generation, "observedGeneration is ahead")
    size = len(json.dumps(held["status"]))
    require(size <= SIZE_LIMIT, f"the status has {size} bytes")
    _attempt_claims(run, name, status)
    _evaluation_claims(run, status)
    _promotion_claims(run, name, status)
    _version_claims(run, name, status)
    _drift_claims(run, status)


def _attempt_claims(run: Run, name: str, status: Status) -> None:
    attempt = status.attempt
    if attempt is None:
        return
    run.ledger.attempts[attempt.id] = attempt.state
    if attempt.state == "Running":
        made = attempt.job in run.world.cluster.created_jobs
        require(made, f"{attempt.job} is claimed to run and was never created")
    if attempt.state == "Registered":
        found = run.world.truth.registered.get(attempt.id)
        require(attempt.version == found, f"version {attempt.version} is not {found}")
    episode = status.episode
    over = attempt.state in ("Intended", "Running", "Registered")
    require(
        episode is None or episode.is_open or not over, "in flight without an episode"
    )
    del name


def _evaluation_claims(run: Run, status: Status) -> None:
    evaluation = status.evaluation
    if evaluation is None or evaluation.result is None:
        return
    found = run.world.truth.evaluated.get(evaluation.id)
    claimed = (evaluation.candidate, evaluation.state == "Passed")
    require(found == claimed, f"the evaluation was {found}, not {claimed}")


def _promotion_claims(run: Run, name: str, status: Status) -> None:
    promotion = status.promotion
    if promotion is None:
        return
    run.ledger.promotions[promotion.id] = promotion
    if promotion.state in LANDED:
        shas = {commit.sha for commit in run.world.repository.history()}
        found = promotion.commit is None or promotion.commit in shas
        require(found, f"commit {promotion.commit} is claimed and not there")
    told = status.condition("Promoted")
    if told and told.status == "True":
        named = f"{promotion.to_value} ".encode()
        texts = [c.files["values.yaml"] for c in run.world.repository.history()]
        require(any(named in t for t in texts), "Promoted is claimed and not in Git")
    if promotion.state == "Done":
        model = run.world.model_of(name)
        crowned = promotion.version in run.world.truth.champions[model]
        require(crowned, f"version {promotion.version} was never the champion")


def _version_claims(run: Run, name: str, status: Status) -> None:
    model = run.world.model_of(name)
    champion, desired = status.versions.champion, status.versions.desired
    if champion is not None:
        known = run.world.truth.champions[model]
        require(champion in known, f"version {champion} was never the champion")
    values = run.ledger.values.setdefault(name, set())
    for commit in run.world.repository.history():
        text = commit.files["values.yaml"].decode()
        values.update(text.split(f"{model}:\n", 1)[1].split("\n")[0].split())
    if desired is not None:
        wanted = f"models:/{model}/{desired}"
        require(wanted in values, f"Git never named version {desired}")


def _drift_claims(run: Run, status: Status) -> None:
    drift = status.drift
    if drift.verdict in (None, "Error") or drift.last_check is None:
        return
    shown = run.world.truth.checked[drift.last_check][0]
    old = [verdict for verdict, _ in run.world.truth.checked.values()]
    require(drift.verdict in (shown, *old), f"no check ever said {drift.verdict}")
    judged = status.condition("DriftDetected")
    truth = {"Drift": "True", "NoDrift": "False"}.get(drift.verdict, "Unknown")
    require(judged and judged.status == truth, "DriftDetected is not the verdict")
