"""All that the corpus knows of the product: a refactoring mends its imports here.

Cases are described in words of their own (`Case.asked`); this module says them in the
product's, calls it as its users do, and returns what came of it as canonical JSON.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from driftcheck.__main__ import main
from driftcheck.check.run import run_check
from driftcheck.contract import ContractError, camel, decode_request, encode
from driftcheck.contract.evaluation import CANDIDATE_FILE, CHAMPION_FILE
from driftcheck.judge.result import Check
from driftcheck.report.text import text_report
from killick.errors import InvalidSpec
from killick.plan.context import Context
from killick.plan.planner import Plan, plan
from killick.plan.report.invalid import invalid
from killick.resource.parse import parse_spec
from killick.resource.status import Status, status_dict
from killick.world import World
from tests.corpus.behaviour.canonical import plain

Asked = Mapping[str, Any]
Wrap = Callable[[World], World]
EVALUATION_FILES = (CHAMPION_FILE, CANDIDATE_FILE)


def request_json(asked: Asked) -> dict[str, Any]:
    """Return the request of a check as it travels to the worker."""
    names = asked["features"]
    features = {"kind": asked.get("shape", "Columns"), "names": names}
    rules = [{"name": name, **rule} for name, rule in asked.get("rules", {}).items()]
    log = {
        "type": asked["log"],
        "uri": asked.get("uri"),
        "schema": asked.get("schema", "main"),
        "table": asked.get("table", "log"),
        "timestampColumn": asked.get("time", "at"),
        "timeZone": asked.get("zone", "UTC"),
        "lagSeconds": asked.get("lag", 0),
        "features": {**features, "column": asked.get("holder")},
        "predictionColumn": asked.get("prediction"),
        "labelColumn": asked.get("label"),
        "filters": [
            {"column": column, "equals": value}
            for column, value in asked.get("filters", {}).items()
        ],
    }
    value = {
        "contract": asked.get("contract", "driftcheck.killick.dev/v1"),
        "name": "ranger",
        "namespace": "ml",
        "requestFingerprint": "behaviour",
        "reference": {"uri": asked["reference"], "sha256": asked.get("sha256")},
        "log": log,
        "windowSeconds": asked.get("window", 86400),
        "windows": {
            "anchor": asked["anchor"],
            "count": asked.get("count", 3),
            "judgedThrough": asked.get("through"),
        },
        "minimumRows": asked.get("minimum", 100),
        "significance": asked.get("significance", 0.05),
        "driftedColumnsPercent": asked.get("percent", 30),
        "columns": rules,
        "defaultThreshold": asked.get("threshold", 0.1),
        "interim": asked.get("interim", False),
        "engine": asked.get("engine"),
        "profiles": asked.get("profiles"),
        "performance": _keys(asked.get("performance")),
        "segments": _keys(asked.get("segments")),
    }
    return _merged(value, asked.get("raw", {}))


def _keys(rule: Asked | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    return {camel(name): value for name, value in rule.items()}


def _merged(value: dict[str, Any], raw: Asked) -> dict[str, Any]:
    """Return the request with parts replaced, by dotted path: for wrong requests."""
    for path, item in raw.items():
        *parents, name = path.split(".")
        place = value
        for parent in parents:
            place = place[parent]
        if item == "<gone>":
            place.pop(name, None)
        else:
            place[name] = item
    return value


def checked(
    asked: Asked, now: datetime, environment: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return all that a check says: answer, pod's message, scores, segments, text."""
    environment = environment or {}
    try:
        request = decode_request(json.dumps(request_json(asked)))
    except ContractError as error:
        return {"refused": str(error)}
    with quiet():
        check = run_check(request, environment.get("DATABASE_URL"), now, environment)
    found: dict[str, Any] = plain(
        {
            "answer": check.answer.to_json(),
            "pod": encode(check.answer).decode(),
            "windows": _windows(check),
            "text": text_report(check, request.performance).splitlines(),
        }
    )
    return found


def _windows(check: Check) -> list[dict[str, Any]]:
    return [
        {
            "verdict": one.judgement.verdict,
            "scores": one.judgement.scores,
            "segments": [
                {"name": name, "verdict": part.verdict, "scores": part.scores}
                for name, part in one.judgement.segments
            ],
        }
        for one in check.windows
    ]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Say nothing that depends on how fast the machine is, or on what ran before."""
    logging.disable(logging.INFO)  # the progress of what takes longer than a second
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries, each once in a process
            yield
    finally:
        logging.disable(logging.NOTSET)


def ran(arguments: list[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what the worker's command line prints and ends with."""
    output, errors = io.StringIO(), io.StringIO()
    with (
        quiet(),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        try:
            code: Any = main(arguments, environment)
        except SystemExit as leaving:
            code = leaving.code
    return {
        "code": code,
        "output": output.getvalue().splitlines(),
        "errors": errors.getvalue().splitlines(),
    }


def spec_refused(raw: Any) -> dict[str, Any] | None:
    """Return why a spec is refused, and the status that says so; None if it is not."""
    try:
        parse_spec(raw)
    except InvalidSpec as error:
        moment = datetime(2026, 3, 1, tzinfo=UTC)
        status = status_dict(invalid(Status(), error, 1, moment))
        found: dict[str, Any] = plain({"message": error.message, "status": status})
        return found
    return None


def status_json(status: Any) -> dict[str, Any]:
    """Return a status as the CRD has it."""
    found: dict[str, Any] = plain(status_dict(status))
    return found


class Recorder:
    """Stands where the planner stands, and keeps what it decides, pass by pass."""

    def __init__(self) -> None:
        self.passes: list[dict[str, Any]] = []
        self._last: dict[str, tuple[Status, dict[str, Any]]] = {}

    def wrap(self, world: World) -> World:
        """Return the operator with this in the planner's place."""
        return replace(world, decide=self.decide)

    def decide(self, context: Context, before: Status) -> Plan:
        """Decide as the planner does."""
        decided = plan(context, before)
        name = str(context.name)
        kept, last = self._last.get(name, (None, {}))
        held = last if kept == before else status_json(before)
        now = status_json(decided.status)
        self._last[name] = (decided.status, now)
        told = {
            "object": name,
            "now": context.now,
            "effect": effect_json(decided.effect),
            "decisions": decided.decisions,
            "notes": decided.blocked_tracks,
            "wake": decided.wake_at,
        }
        parts = {"found": changed(last, held), "status": changed(held, now)}
        found = {**plain(told), **parts}
        self.passes.append({k: v for k, v in found.items() if v not in ({}, [], None)})
        return decided


def effect_json(effect: Any) -> dict[str, Any] | None:
    """Return an effect by its type's name, its key and its fields."""
    if effect is None:
        return None
    return {"type": type(effect).__name__, "key": effect.key, "of": plain(effect)}


def changed(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Return the parts that differ, those that are gone as None."""
    return {
        key: new.get(key)
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    }


def evaluation_json(
    asked: Asked, metric: str, minimum: int, directory: str
) -> dict[str, Any]:
    """Return the request of an evaluation as it travels to the worker."""
    return {
        "contract": "evaluation.killick.dev/v1",
        "id": "e1",
        "log": request_json(asked)["log"],
        "after": asked["anchor"],
        "metric": metric,
        "champion": True,
        "minimumRows": minimum,
        "directories": dict.fromkeys(
            ("rows", "labels", "champion", "candidate"), directory
        ),
    }
