"""Who owns a target: the truth table of `ownership`, and what the other one may do."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from killick.observe.target_conflicts import claims_of
from killick.plan.context import Context
from killick.plan.facts import ConflictingObject
from killick.plan.planner import plan
from killick.plan.rules.ownership import claims, conflict
from killick.resource.parse import parse_spec
from killick.resource.status import Status
from tests.fakes.world import spec as raw_spec
from tests.unit.plan import builders as b
from tests.unit.plan.builders import DRIFT

BEFORE, AFTER = b.NOW - b.HOUR, b.NOW + b.HOUR
VALUE, ALIAS = "value in Git", "champion alias"


def conflicting(
    name: str, created: datetime = BEFORE, what: str = VALUE
) -> ConflictingObject:
    """Return an object `namespace/name` that wants the same."""
    namespace, _, own = name.partition("/")
    return ConflictingObject(namespace, own, created, what)


def facing(
    *conflicts: ConflictingObject, observed: Any = None, **changes: Any
) -> Context:
    """Return a pass of an object that is as old as NOW, and these others."""
    found = replace(observed or b.seen(), conflicts=conflicts)
    return b.context(observed=found, created_at=b.NOW, **changes)


TABLE = [
    ("nobody else", (), None),
    ("a younger one", (conflicting("ml/a", AFTER),), None),
    ("an older one", (conflicting("ml/z"),), "ml/z"),
    (
        "the oldest of many",
        (conflicting("ml/b", BEFORE + b.MINUTE), conflicting("x/c")),
        "x/c",
    ),
    ("as old, and earlier by name", (conflicting("ml/a", b.NOW),), "ml/a"),
    ("as old, and later by name", (conflicting("ml/z", b.NOW),), None),
    ("as old, and earlier by namespace", (conflicting("a/z", b.NOW),), "a/z"),
    ("as old, and later by namespace", (conflicting("z/a", b.NOW),), None),
]


@pytest.mark.parametrize(
    ("conflicts", "owner"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_the_older_one_owns(
    conflicts: tuple[ConflictingObject, ...], owner: str | None
) -> None:
    """The owner is the oldest; namespace and name decide between two of an age."""
    block = conflict(facing(*conflicts))
    assert (block is None) == (owner is None)
    if block:
        assert block.reason == "TargetConflict"
        assert f"{owner} is older" in block.message


def test_the_message_says_what_is_shared_and_no_more() -> None:
    """The message gives only the name of an object in another namespace."""
    block = conflict(facing(conflicting("x/c"), conflicting("x/c", what=ALIAS)))
    assert block
    assert block.message == (
        "x/c is older and has the same value in Git and champion alias; delete one of "
        "the two objects or change its target"
    )


SAME_PLACE = [
    "https://git.example/gitops.git",
    "https://git.example/gitops",
    "https://git.example/gitops/",
    "https://GIT.example:443/gitops.git",
    "http://git.example/gitops.git",
]
CHANGES = [
    ("another repository", {"url": "https://git.example/other.git"}, False),
    ("another port", {"url": "https://git.example:8443/gitops.git"}, False),
    ("another branch", {"branch": "next"}, False),
    ("another file", {"valuesPath": "b.yaml"}, False),
    ("another key", {"jsonPointer": "/other"}, False),
    ("another token", {"credentialsSecretRef": {"name": "x"}}, True),
    *((f"as {url}", {"url": url}, True) for url in SAME_PLACE),
]


def claimed(raw: dict[str, Any]) -> dict[str, str]:
    """Return the claims of a spec by what they are."""
    return dict(claims(parse_spec(raw), "http://mlflow:5000"))


@pytest.mark.parametrize(
    ("change", "same"), [row[1:] for row in CHANGES], ids=[r[0] for r in CHANGES]
)
def test_one_value_in_git(change: dict[str, Any], same: bool) -> None:
    """A value is one whatever spelling of its repository names it."""
    raw = raw_spec()
    git = {**raw["promotion"]["git"], **change}
    other = raw_spec(promotion={"git": git})
    assert (claimed(raw)[VALUE] == claimed(other)[VALUE]) == same


@pytest.mark.parametrize(
    ("registry", "model", "same"),
    [
        ({"trackingURI": "http://MLFLOW:5000/"}, "ranger", True),
        ({"trackingURI": "http://other:5000"}, "ranger", False),
        ({"aliases": {"champion": "staging"}}, "ranger", False),
        ({"aliases": {"candidate": "next"}}, "ranger", True),
        ({}, "scout", False),
    ],
)
def test_one_champion_alias(registry: dict[str, Any], model: str, same: bool) -> None:
    """An alias is one by server, model and name; the server may be the default."""
    other = raw_spec(registry=registry, model={"name": model})
    assert (claimed(raw_spec())[ALIAS] == claimed(other)[ALIAS]) == same


def test_who_only_watches_claims_nothing() -> None:
    """Any number of objects may check one model."""
    raw = {
        k: v
        for k, v in raw_spec().items()
        if k not in ("retraining", "evaluation", "promotion")
    }
    assert claimed(raw) == {}


@pytest.mark.parametrize("pause", [{"suspend": True}, {"mode": "Observe"}])
def test_a_pause_gives_up_nothing(pause: dict[str, Any]) -> None:
    """Suspended, or only observing, an object keeps its targets."""
    assert claimed(raw_spec(**pause)) == claimed(raw_spec())


def test_an_invalid_object_claims_nothing() -> None:
    """What cannot be read can be nobody's conflict."""
    metadata = {
        "namespace": "ml",
        "name": "x",
        "creationTimestamp": "2026-03-01T00:00:00Z",
    }
    manifest = {"metadata": metadata, "spec": raw_spec()}
    assert len(claims_of(manifest, "http://mlflow:5000")) == 2
    assert claims_of({**manifest, "spec": {"model": 1}}, None) == {}


STATES = [
    ("drifted", b.adopted(drift=b.windows(DRIFT, DRIFT)), None),
    ("intended", b.trying("Intended"), None),
    ("registered", b.comparing("Intended"), None),
    ("passed", b.comparing("Passed"), None),
    ("proposed", b.promoting("Proposed"), b.seen(reg=b.marked())),
    ("deployed", b.promoting("Deployed"), b.seen(reg=b.marked(), repo=b.git(b.TWO))),
    ("held", b.adopted(hold=b.held()), None),
    ("new", Status(), None),
]


@pytest.mark.parametrize(
    ("before", "observed"), [row[1:] for row in STATES], ids=[r[0] for r in STATES]
)
def test_the_newer_one_is_only_checked(before: Status, observed: Any) -> None:
    """Whatever was under way stays as it is; the check's CronJob is kept in step."""
    ctx = facing(conflicting("ml/a"), observed=observed)
    made = plan(ctx, before)
    assert type(made.effect).__name__ == "ApplyCheck"
    made = plan(b.applied(ctx, made.status), made.status)
    assert made.effect is None
    kept = ("attempt", "attempts", "evaluation", "promotion", "hold", "episode")
    assert all(getattr(made.status, k) == getattr(before, k) for k in kept)
    assert b.NOW < made.wake_at <= b.NOW + b.MINUTE
    assert plan(b.applied(ctx, made.status), made.status).status == made.status


def test_it_is_told_and_taken_back() -> None:
    """An Event tells of the conflict once, and of the adoption when it is over."""
    first = plan(facing(conflicting("ml/a")), b.adopted())
    assert [d.reason for d in first.decisions] == ["TargetConflict"]
    second = plan(facing(conflicting("ml/a")), first.status)
    assert second.decisions == ()
    over = plan(facing(), second.status)
    assert [d.reason for d in over.decisions] == ["Adopted"]
    assert over.status.condition("Stalled") is None


def test_windows_of_the_owners_old_version_are_no_evidence() -> None:
    """When the owner promotes, the watching object's windows start anew."""
    before = plan(facing(conflicting("ml/a")), b.adopted(drift=b.drifted())).status
    assert len(before.drift.windows) == 2
    promoted = b.seen(reg=b.registry(champion="2"), repo=b.git(b.TWO))
    after = plan(facing(conflicting("ml/a"), observed=promoted), before).status
    assert after.versions.champion == "2"
    assert after.drift.windows == ()
