"""The simulator, as the corpus drives it: stories by name, faults, changed specs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from tests.corpus.behaviour.adapter import Wrap
from tests.corpus.behaviour.canonical import plain
from tests.fakes.world import NAMESPACE
from tests.simulation.engine.run import Run, play
from tests.simulation.engine.wire import Fault
from tests.simulation.engine.world import START, SimWorld, Subject
from tests.simulation.stories.catalog import SCENARIOS
from tests.simulation.stories.scenario import Scenario

Change = Callable[[dict[str, Any]], dict[str, Any]]
MINUTES = 45
"""How long a story of a changed spec goes on: four checks."""


def named(name: str) -> Scenario:
    """Return the story of that name."""
    return next(story for story in SCENARIOS if str(story) == name)


def play_story(name: str, faults: Mapping[int, str], wrap: Wrap) -> Run:
    """Play a story; `faults` strike the calls of these numbers."""
    plan = {number: Fault(fault) for number, fault in faults.items()}
    return play(named(name), plan, wrap=wrap)


@cache
def _calls() -> tuple[tuple[int, str], ...]:
    return tuple((c.number, c.verb) for c in play(named("full story")).wire.calls)


def number_of_call(verb: str) -> int | None:
    """Return the number of the full story's middle call of that verb."""
    numbers = [number for number, called in _calls() if called == verb]
    return numbers[len(numbers) // 2] if numbers else None


def valid_spec() -> dict[str, Any]:
    """Return a spec of the whole loop."""
    return copy.deepcopy(Subject("ranger").spec())


class Specified(Scenario):
    """A world that drifts, and an object of a changed spec."""

    name = "specified"

    def __init__(self, change: Change) -> None:
        super().__init__()
        self.change = change

    def arrange(self, world: SimWorld) -> None:
        """Create the object."""
        super().arrange(world)
        world.bad_answers = world.drifts
        world.cluster.put_object(NAMESPACE, "ranger", self.change(valid_spec()))

    def over(self, run: Run) -> bool:
        """Return whether it went on long enough."""
        return run.world.now >= START + timedelta(minutes=MINUTES)

    def verify(self, run: Run) -> None:
        """Claim nothing: what came of it is compared with what was recorded."""


def play_with_spec(change: Change, wrap: Wrap) -> Run:
    """Play the world in which version 1 drifts, for an object of a changed spec."""
    return play(Specified(change), wrap=wrap)


def _lasting(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return metadata without what only counts the writes."""
    counted = ("resourceVersion", "uid")
    return {key: item for key, item in metadata.items() if key not in counted}


def ending(run: Run) -> dict[str, Any]:
    """Return what is left of a story: Events, commits, manifests, and the outcome."""
    cluster = run.world.cluster
    events = [
        {key: event.get(key) for key in ("type", "reason", "message", "note")}
        for event in cluster.events.values()
    ]
    made = {
        f"{kind}/{key[1]}": {
            "metadata": _lasting(manifest["metadata"]),
            "spec": manifest["spec"],
        }
        for kind, held in (("job", cluster.jobs), ("cronjob", cluster.cronjobs))
        for key, manifest in held.items()
    }
    statuses = {
        key[1]: manifest.get("status") for key, manifest in cluster.objects.items()
    }
    commits = [
        {"message": commit.message, "files": commit.files}
        for commit in run.world.repository.history()
    ]
    found: dict[str, Any] = plain(
        {
            "outcome": run.outcome() if run.world.cluster.objects else None,
            "events": events,
            "commits": commits,
            "made": list(made.values()),
            "statuses": statuses,
        }
    )
    return found
