"""Statuses that were ever written are read for ever, field by field."""

import json
from pathlib import Path
from typing import Any

import pytest

from killick.errors import UnknownSchema
from killick.plan.planner import plan
from killick.resource.status import (
    SCHEMA_VERSION,
    Status,
    parse_status,
    require_known,
    status_dict,
)
from tests.simulation.engine.corpus import CORPUS, every_field
from tests.unit.plan import builders as b
from tests.unit.plan.schema import accepted

FILES = sorted(CORPUS.glob("v*/*.json"))


def read(path: Path) -> dict[str, Any]:
    """Return a status as it was stored."""
    raw: dict[str, Any] = json.loads(path.read_text())
    return raw


def fields(raw: Any, path: str = "") -> set[str]:
    """Return the path of every field that has a value."""
    if isinstance(raw, list):
        return {found for item in raw for found in fields(item, path)}
    if not isinstance(raw, dict):
        return {path}
    return {
        found for key, item in raw.items() for found in fields(item, f"{path}.{key}")
    }


def test_the_corpus_holds_every_state() -> None:
    """Each phase and each state that a track can be left in was recorded."""
    recorded = {path.stem.split("_")[0] for path in FILES}
    assert recorded >= {
        *("pending", "watching", "drifted", "retraining", "evaluating"),
        *("promoting", "held", "suspended"),
    }
    assert len(FILES) > 50


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_stored_status_is_read_whole(path: Path) -> None:
    """Nothing of it is lost, and the CRD of today still takes it."""
    raw = read(path)
    require_known(raw)
    status = parse_status(raw)
    assert status is not None
    assert status_dict(status) == raw
    accepted(status)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_stored_status_goes_on(path: Path) -> None:
    """A pass over it keeps what was recorded: no attempt is forgotten or repeated."""
    before = parse_status(read(path)) or Status()
    decided = plan(b.context(b.a_spec()), before).status
    accepted(decided)
    assert [p.id for p in decided.attempts][: len(before.attempts)] == [
        p.id for p in before.attempts
    ]
    assert (decided.requests, decided.reference) == (before.requests, before.reference)


def test_every_field_is_in_the_corpus() -> None:
    """A field that is new is recorded: `python -m tests.simulation.engine.corpus`."""
    stored = {found for path in FILES for found in fields(read(path))}
    assert fields(status_dict(every_field())) <= stored


@pytest.mark.parametrize("version", [SCHEMA_VERSION + 1, 0, -1, 2**31 - 1])
def test_another_layout_is_refused_by_its_number(version: int) -> None:
    """A status of another version of Killick is not read as one of ours."""
    with pytest.raises(UnknownSchema) as caught:
        require_known({**status_dict(Status()), "schemaVersion": version})
    assert f"schemaVersion is {version}" in caught.value.message


@pytest.mark.parametrize("raw", [None, {}, {"observedGeneration": -1}, [], "x"])
def test_no_layout_is_no_other_layout(raw: object) -> None:
    """An object without a status, or with an erased one, is adopted."""
    require_known(raw)
