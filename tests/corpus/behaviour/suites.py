"""The corpus as suites: what is recorded in one file and replayed in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from tests.corpus.behaviour.canonical import dump, load, plain
from tests.corpus.behaviour.cases.catalog import Case, played
from tests.corpus.behaviour.cases.columns import column_cases
from tests.corpus.behaviour.cases.logs import log_cases
from tests.corpus.behaviour.cases.requests import refused_requests
from tests.corpus.behaviour.cases.rules import rule_cases
from tests.corpus.behaviour.commands import commands, evaluations, pods, run
from tests.corpus.behaviour.difference import compared
from tests.corpus.behaviour.documents import as_recorded
from tests.corpus.behaviour.postgres import postgres_cases
from tests.corpus.behaviour.renames import Renames
from tests.corpus.behaviour.stories import refusals, stories

RECORDED = Path(__file__).with_name("recorded")
Play = Callable[[], dict[str, Any]]
Named = Iterable[tuple[str, Play]]


def _checks(cases: Iterable[Case]) -> Iterator[tuple[str, Play]]:
    for case in cases:
        yield case.name, partial(played, case)


def _commands() -> Iterator[tuple[str, Play]]:
    for command in commands():
        yield command.name, partial(run, command)
    yield from chain(pods(), evaluations(), refused_requests())


SUITES: dict[str, Callable[[], Named]] = {
    "columns": lambda: _checks(column_cases()),
    "rules": lambda: _checks(rule_cases()),
    "logs": lambda: _checks(log_cases()),
    "commands": _commands,
    "stories": lambda: chain(stories(), refusals()),
}

SERVED: dict[str, Callable[[], Named]] = {"postgres": postgres_cases}
"""Suites that start a server: no unit tests."""


def replay(suite: str) -> dict[str, Any]:
    """Return the results of all cases of a suite, by name."""
    found: dict[str, Any] = {}
    for name, play in {**SUITES, **SERVED}[suite]():
        if name in found:
            raise ValueError(f"two cases are called {name!r}")
        found[name] = as_recorded(plain(play()))
    return found


def recording(suite: str) -> Path:
    """Return the file that holds what was recorded."""
    return RECORDED / f"{suite}.json.xz"


def record(suite: str) -> int:
    """Record a suite anew; return how many cases it has."""
    found = replay(suite)
    RECORDED.mkdir(exist_ok=True)
    dump(found, recording(suite))
    return len(found)


def compare(suite: str) -> dict[str, list[str]]:
    """Return the cases whose replay differs from what was recorded, with how."""
    return compared(load(recording(suite)), replay(suite), Renames.read())
