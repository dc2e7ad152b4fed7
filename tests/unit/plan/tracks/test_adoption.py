"""The adoption track's truth table: one row per line of its docstring."""

from dataclasses import replace
from typing import Any

import pytest

from killick.plan.context import Context
from killick.plan.facts import Observation, Unknown
from killick.plan.report.conditions import conditions
from killick.plan.rules.versions import desired_version
from killick.plan.tracks import adoption as track
from killick.resource.status import ReferencePin, Status, Versions
from tests.unit.plan import builders as b

AWAY = Unknown("Unreachable", "no answer")
ALONE = b.a_spec(retraining=None, evaluation=None, promotion=None)
NEW = Status()


def look(value: str | None = b.ONE, **facts: Any) -> Context:
    """Return a pass with this value in Git and this registry."""
    return b.context(observed=b.seen(reg=b.registry(**facts), repo=b.git(value)))


TABLE = [
    ("nothing declared", b.context(ALONE, Observation(b.children(), None, None)),
     "True", "NothingToAdopt"),
    ("registry away", b.context(observed=b.seen(reg=AWAY)), "Unknown", "Unreachable"),
    ("registry refuses us", b.context(observed=b.seen(
        reg=Unknown("RegistryUnauthorized", "no"))), "Unknown", "RegistryUnauthorized"),
    ("Git away", b.context(observed=b.seen(repo=Unknown("GitUnreachable", "no"))),
     "Unknown", "GitUnreachable"),
    ("namespace away", b.context(observed=Observation(AWAY, b.registry(), b.git())),
     "Unknown", "Unreachable"),
    ("secret missing", b.context(observed=b.seen(repo=Unknown("SecretMissing", "no"))),
     "Unknown", "SecretMissing"),
    ("file refused", look(None), "False", "KeyMissing"),
    ("not our form", look("latest"), "False", "ValueNotOurs"),
    ("no version in it", look("models:/ranger/x"), "False", "ValueNotOurs"),
    ("another model", look("models:/other/1"), "False", "ValueNotOurs"),
    ("no such model", look(model_exists=False, champion=None), "False", "ModelMissing"),
    ("they agree", look(), "True", "Adopted"),
    ("no champion yet", look(champion=None), "True", "NoChampion"),
    ("they differ", look(b.TWO), "False", "ValueAliasDisagree"),
    ("registry only", b.context(ALONE, Observation(b.children(), b.registry(), None)),
     "True", "Adopted"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("ctx", "truth", "reason"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_table(ctx: Context, truth: str, reason: str) -> None:
    """What the world says gives the condition Adopted and its reason."""
    step = b.run(track.step, ctx, NEW)
    blocked_tracks = {"adoption": step.blocked} if step.blocked else {}
    found = {c.type: c for c in conditions(ctx, step.status, blocked_tracks)}["Adopted"]
    assert (found.status, found.reason) == (truth, reason)
    assert (step.status.adopted_at is not None) == (truth == "True")
    assert step.effect is None


def test_once_adopted_stays() -> None:
    """An adopted object is not looked at again, whatever the world says."""
    before = b.adopted()
    assert b.run(track.step, look(b.TWO), before).status == before


def test_a_repository_that_comes_later() -> None:
    """Declaring a repository after the adoption without one adopts afresh."""
    before = b.adopted(versions=Versions())
    assert b.run(track.step, look(), before).status.versions.desired == "1"
    assert b.run(track.step, look(b.TWO), before).status.adopted_at is None


OWNED = ReferencePin("s3://two", b.SHA, "2")
DECLARED = ReferencePin("s3://models/ranger.parquet", b.SHA)
REFERENCES = [
    ("owns none", DECLARED, {}, DECLARED, False),
    ("owns one", DECLARED, {"reference_uri": "s3://one", "reference_sha256": b.SHA},
     ReferencePin("s3://one", b.SHA, "1"), True),
    ("owns one, digest in capitals", DECLARED,
     {"reference_uri": "s3://one", "reference_sha256": b.SHA.upper()},
     ReferencePin("s3://one", b.SHA, "1"), True),
    ("owns one, no digest", DECLARED, {"reference_uri": "s3://one"},
     ReferencePin("s3://one", None, "1"), True),
    ("owns one, nonsense as digest", DECLARED,
     {"reference_uri": "s3://one", "reference_sha256": "x" * 4000},
     ReferencePin("s3://one", None, "1"), True),
    ("owns the declared one", DECLARED,
     {"reference_uri": DECLARED.uri, "reference_sha256": b.SHA},
     ReferencePin(DECLARED.uri, b.SHA, "1"), False),
    ("owns the address, other data perhaps", DECLARED, {"reference_uri": DECLARED.uri},
     ReferencePin(DECLARED.uri, None, "1"), True),
    ("another version owned it", OWNED, {}, ReferencePin(DECLARED.uri), True),
    ("an address beyond all bounds", DECLARED, {"reference_uri": "x" * 4000},
     DECLARED, False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("pin", "facts", "wanted", "anew"),
    [row[1:] for row in REFERENCES],
    ids=[row[0] for row in REFERENCES],
)
def test_the_reference(
    pin: ReferencePin, facts: Any, wanted: ReferencePin, anew: bool
) -> None:
    """Monitoring uses the champion's own reference, else the declared one."""
    ctx = look(versions={"1": b.version("1", **facts)})
    before = b.adopted(reference=pin, adopted_at=None)
    after = b.run(track.step, ctx, before).status
    assert after.reference == wanted
    assert (after.drift.anchor == b.NOW) == anew


def test_desired_without_a_repository() -> None:
    """Without a repository the champion is what is desired."""
    ctx = replace(look(), spec=ALONE)
    assert desired_version(ctx) == "1"
