"""The operator's stories in the simulator, recorded pass by pass, and wrong specs.

Each pass of the planner is a case of its own: the status found, the moment, and what
was decided. The stories are replayed, so nothing of the facts has to be stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from tests.corpus.behaviour.adapter import Recorder, spec_refused
from tests.corpus.behaviour.renames import Renames
from tests.corpus.behaviour.simulated import (
    Change,
    ending,
    number_of_call,
    play_story,
    play_with_spec,
    valid_spec,
)

FAULTS = (
    "crash before",
    "crash after",
    "time-out, applied",
    "time-out, not applied",
    "401",
    "409",
    "429",
    "503",
    "another operator's pass",
)
VERBS = ("write_status", "create_job", "push_value", "create_event")


def _set(path: str, value: Any) -> Change:
    """Return the change that sets one field of a spec, or removes it (None)."""

    def change(raw: dict[str, Any]) -> dict[str, Any]:
        *parents, name = path.split(".")
        place = raw
        for parent in parents:
            place = place.setdefault(parent, {})
        if value is None:
            place.pop(name, None)
        else:
            place[name] = value
        return raw

    return change


def _all(*changes: Change) -> Change:
    def change(raw: dict[str, Any]) -> dict[str, Any]:
        for one in changes:
            raw = one(raw)
        return raw

    return change


LABELS = _all(
    _set("inferenceLog.predictionColumn", "score"),
    _set("drift.quality", {"metric": {"name": "Accuracy"}, "minimum": "0.8"}),
)
DETAILS = _all(
    _set("drift.columns", [{"name": "a", "critical": True, "weight": "2"}]),
    _set("drift.segments", {"column": "country"}),
    _set("drift.report", "Never"),
    _set("inferenceLog.timeZone", "Europe/Berlin"),
)
SPECS: Mapping[str, Change] = {
    "mode Observe": _set("mode", "Observe"),
    "mode Recommend": _set("mode", "Recommend"),
    "suspended": _set("suspend", True),
    "no promotion": _set("promotion", None),
    "no evaluation": _all(_set("promotion", None), _set("evaluation", None)),
    "only drift": _all(
        *(_set(part, None) for part in ("promotion", "evaluation", "retraining"))
    ),
    "no retraining": _set("retraining", None),
    "one breach": _set("drift.persistence", {"breaches": 1, "windows": 1}),
    "five of ten": _set("drift.persistence", {"breaches": 5, "windows": 10}),
    "no cooldown": _set("retraining.cooldown", "0s"),
    "one attempt": _set("retraining.budget", {"attempts": 1, "per": "1h"}),
    "a short training": _set("retraining.timeout", "10s"),
    "a short evaluation": _set("evaluation.timeout", "10s"),
    "a great improvement": _set("evaluation.minimumImprovement", "0.9"),
    "a bound of the evaluation": _set("evaluation.maximum", "1.2"),
    "many rows": _set("evaluation.minimumRows", 500),
    "no template": _set("retraining.job.cronJobRef.name", "nowhere"),
    "no stages": _set("registry.stagePolicy", "Ignore"),
    "another key": _set("promotion.git.jsonPointer", "/nowhere/uri"),
    "another file": _set("promotion.git.valuesPath", "nowhere.yaml"),
    "another model": _set("model.name", "nowhere"),
    "labels": LABELS,
    "details": DETAILS,
    "two triggers": _all(LABELS, _set("retraining.triggers", ["Drift", "Performance"])),
}
WRONG: Mapping[str, Change] = {
    "no model": _set("model", None),
    "no reference": _set("reference", None),
    "no log": _set("inferenceLog", None),
    "a mode": _set("mode", "Automatic"),
    "suspend as text": _set("suspend", "yes"),
    "a window": _set("drift.window", "1 day"),
    "a long window": _set("drift.window", "99999999h"),
    "a lag": _set("inferenceLog.lag", "soon"),
    "no table": _set("inferenceLog.postgres", None),
    "a type": _set("inferenceLog.type", "Parchment"),
    "a name twice": _set("inferenceLog.features.vector.names", ["a", "a"]),
    "a column unknown": _set("drift.columns", [{"name": "x"}]),
    "a weight": _set("drift.columns", [{"name": "a", "weight": "0"}]),
    "a threshold": _set("drift.columns", [{"name": "a", "threshold": "much"}]),
    "a number as weight": _set("drift.columns", [{"name": "a", "weight": 2}]),
    "significance": _set("drift.significance", "5 %"),
    "persistence": _set("drift.persistence", {"breaches": 4, "windows": 3}),
    "much persistence": _set("drift.persistence", {"breaches": 4, "windows": 30}),
    "a cooldown": _set("retraining.cooldown", "1w"),
    "a budget": _set("retraining.budget", {"attempts": 0, "per": "1h"}),
    "a trigger": _set("retraining.triggers", ["Weather"]),
    "a trigger without a bound": _set("retraining.triggers", ["Performance"]),
    "a metric": _set("evaluation.metric.name", "Beauty"),
    "no metric": _set("evaluation.metric", None),
    "an improvement": _set("evaluation.minimumImprovement", "-1"),
    "no labels": _set("inferenceLog.labelColumn", None),
    "no evaluation": _set("evaluation", None),
    "a value": _set("promotion.git.value", "fixed"),
    "a long value": _set("promotion.git.value", "{model}" * 99 + "{version}"),
    "no address": _set("promotion.git.url", None),
    "performance without labels": _set(
        "drift.quality", {"metric": {"name": "Accuracy"}, "minimum": "0.8"}
    ),
    "performance of a wrong bound": _all(LABELS, _set("drift.quality.maximum", "1")),
    "performance of a metric": _all(LABELS, _set("drift.quality.metric.name", "F9")),
    "segments of Evidently": _all(
        _set("drift.segments", {"column": "c"}), _set("drift.engine", "Evidently")
    ),
    "segments by a feature": _set("drift.segments", {"column": "a"}),
}
STORIES = (
    "full story",
    "no drift",
    "answers turn bad",
    "answers stay good",
    "evaluation rejects",
    "budget exhausted",
    "a person edits our key@evaluating",
    "a person edits our key@landed",
    "policy changes@proposed",
    "target changes@proposed",
    "suspended a while@running",
    "deleted@running",
    "deleted@deployed",
    "status erased@evaluating",
    "status erased@landed",
    "status erased@done",
    "another version's status@proposed",
    "reverted while down",
    "training Job vanishes, search lags",
    "two objects",
    "one target",
    "owner deleted@running",
    "a commit in between@proposed",
    "values nested too deep@proposed",
    "name taken@intended",
    "a foreign version@running",
    "a person moves the alias@evaluating",
    "a person moves the alias@deployed",
    "cluster away@evaluating",
    "registry away@running",
    "registry away@deployed",
    "git away@proposed",
    "push away@proposed",
)
"""Of each kind one or two; the simulator's own tests play them all."""
Play = Callable[[], dict[str, Any]]


def stories() -> Iterator[tuple[str, Play]]:
    """Every story with what plays it."""
    for name in STORIES:
        yield f"story: {name}", partial(_told, name, {})
    for place, fault in enumerate(FAULTS):
        verb = VERBS[place % len(VERBS)]
        yield f"fault: {fault} at {verb}", partial(_struck, fault, verb)
    for name, change in SPECS.items():
        yield f"spec: {name}", partial(_specified, change)


def _told(name: str, plan: Mapping[int, str]) -> dict[str, Any]:
    recorder = Recorder()
    run = play_story(name, plan, recorder.wrap)
    return {"passes": recorder.passes, "violation": run.violation, "end": ending(run)}


def _struck(fault: str, verb: str) -> dict[str, Any]:
    number = number_of_call(verb)
    return _told("full story", {number: fault} if number else {})


def _specified(change: Change) -> dict[str, Any]:
    recorder = Recorder()
    # What the simulator's invariants say of such a spec is not the product's.
    run = play_with_spec(lambda raw: today(change(raw)), recorder.wrap)
    return {"passes": recorder.passes, "end": ending(run)}


def refusals() -> Iterator[tuple[str, Play]]:
    """Every wrong spec, with what is said of it."""
    for name, change in WRONG.items():
        yield f"wrong spec: {name}", partial(_refused, change)


def _refused(change: Change) -> dict[str, Any]:
    return {"refused": spec_refused(today(change(valid_spec())))}


def today(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a spec, written in the words of the recording, in today's words."""
    renamed: dict[str, Any] = Renames(keys=Renames.read().keys).old(raw)
    return renamed
