"""`python -m tests.simulation.engine.corpus`: statuses as this version writes them.

One file for each state that the stories pass through, the first that was met, and one
in which every field has a value. The files of a layout that was released are never
made anew: every later version has to read them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from killick.plan.context import Context
from killick.plan.planner import Plan, plan
from killick.resource.status import (
    SCHEMA_VERSION,
    Condition,
    Status,
    status_dict,
)
from killick.world import World
from tests.simulation.engine.run import play
from tests.simulation.engine.world import START
from tests.simulation.stories.catalog import SCENARIOS

CORPUS = Path(__file__).parents[2] / "corpus" / "status"


def label(status: Status) -> str:
    """Return what tells statuses apart: the phase and the state of every track."""
    states = {
        "verdict": status.drift.verdict,
        "episode": status.episode and (status.episode.outcome or "Open"),
        "attempt": status.attempt and status.attempt.state,
        "evaluation": status.evaluation and status.evaluation.state,
        "promotion": status.promotion and status.promotion.state,
        "hold": status.hold and status.hold.reason,
    }
    known = [f"{track}-{state}" for track, state in states.items() if state]
    return "_".join([status.phase or "None", *known]).lower()


def recorded() -> Mapping[str, dict[str, Any]]:
    """Return the raw status of each state in which some story was."""
    found: dict[str, dict[str, Any]] = {}

    def decide(context: Context, before: Status) -> Plan:
        decided = plan(context, before)
        found.setdefault(label(decided.status), status_dict(decided.status))
        return decided

    def recording(world: World) -> World:
        return replace(world, decide=decide)

    for scenario in SCENARIOS:
        play(scenario, wrap=recording)
    return found


def filled(kind: Any) -> Any:
    """Return a value of a type in which no field is left out."""
    inner = [each for each in get_args(kind) if each not in (type(None), Ellipsis)]
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{field.name: filled(hints[field.name]) for field in fields(kind)})
    if get_origin(kind) is tuple:
        return (filled(inner[0]),)
    if inner:
        return filled(inner[0])
    return {str: "a1", int: SCHEMA_VERSION, datetime: START, bool: True}[kind]


def every_field() -> Status:
    """Return a status in which every field has a value that the CRD takes."""
    status: Status = filled(Status)
    condition: Condition = filled(Condition)
    return replace(status, conditions=(replace(condition, status="True"),))


def main() -> None:
    """Write the corpus of the present layout."""
    folder = CORPUS / f"v{SCHEMA_VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    found = {**recorded(), "every-field": status_dict(every_field())}
    for name, raw in found.items():
        text = json.dumps(raw, indent=1, ensure_ascii=False)
        (folder / f"{name}.json").write_text(f"{text}\n")
    print(f"{len(found)} statuses in {folder}")  # noqa: T201


if __name__ == "__main__":
    main()
