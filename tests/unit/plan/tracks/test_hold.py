"""The hold track's truth table: one row per line of its docstring."""

from dataclasses import replace
from typing import Any

import pytest

from killick.names import ANNOTATION_RELEASE
from killick.plan.context import Context
from killick.plan.facts import Unknown
from killick.plan.tracks import hold as track
from killick.resource.status import Status, Versions
from tests.unit.plan import builders as b

AWAY = Unknown("Unreachable", "no answer")


def look(value: str | None = b.ONE, **facts: Any) -> Context:
    """Return a pass with this value in Git and this registry."""
    repo = b.git(value, last_change=b.ADA)
    return b.context(observed=b.seen(reg=b.registry(**facts), repo=repo))


def told(token: str) -> Context:
    """Return a pass in which a person names a hold."""
    return b.context(annotations={ANNOTATION_RELEASE: token})


ADOPTED = b.adopted()
HELD = b.adopted(hold=b.held())
NOBODY = b.adopted(versions=Versions("1", "1"))
TABLE = [
    ("all in order", ADOPTED, look(), None),
    ("a foreign value", ADOPTED, look(b.THREE), "ValueChanged"),
    ("a value that is not ours", ADOPTED, look("latest"), "ValueChanged"),
    ("a refused file", ADOPTED, look(None), None),
    ("Git away", ADOPTED, b.context(observed=b.seen(repo=AWAY)), None),
    ("a foreign alias", ADOPTED, look(champion="3"), "AliasMoved"),
    ("the alias removed", ADOPTED, look(champion=None), "AliasMoved"),
    ("the first champion", NOBODY, look(champion="3"), None),
    ("registry away", ADOPTED, b.context(observed=b.seen(reg=AWAY)), None),
    ("both foreign", ADOPTED, look(b.THREE, champion="3"), "ValueChanged"),
    ("not adopted yet", replace(ADOPTED, adopted_at=None), look(b.THREE), None),
    *((f"promotion {state}", b.promoting(state), look(b.THREE, champion="3"), None)
      for state in ("Proposed", "Landed", "Deployed")),
    ("promotion done", b.promoting("Done"), look(b.THREE), "ValueChanged"),
    ("held already", HELD, look(b.THREE), "h1"),
    ("another text", HELD, told("h2"), "h1"),
    ("released by its name", HELD, told("h1"), None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "ctx", "wanted"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_table(before: Status, ctx: Context, wanted: str | None) -> None:
    """Each foreign write is a hold with its reason, each release ends one."""
    step = b.run(track.step, ctx, before)
    hold = step.status.hold
    found = None if hold is None else ("h1" if hold.id == "h1" else hold.reason)
    assert (found, step.effect) == (wanted, None)


def test_a_release_adopts_afresh() -> None:
    """After a release the token is remembered and the world is looked at anew."""
    after = b.run(track.step, told("h1"), HELD).status
    assert after.requests.release == "h1"
    assert after.adopted_at is None


def test_one_token_releases_one_hold() -> None:
    """The annotation of an earlier release does not release the same cause later."""
    first = b.run(track.step, look(champion="3"), ADOPTED).status.hold
    assert first is not None
    again = replace(look(champion="3"), now=b.NOW + b.HOUR)
    facts = replace(again.facts, annotations={ANNOTATION_RELEASE: first.id})
    second = b.run(track.step, replace(again, facts=facts), ADOPTED).status
    assert second.hold is not None
    assert second.hold.id != first.id
    assert (
        b.run(track.step, replace(again, facts=facts), second).status.hold
        == second.hold
    )


def test_a_hold_says_who_and_what() -> None:
    """The message names the value found, the expected one and the commit's author."""
    hold = b.run(track.step, look(b.THREE), ADOPTED).status.hold
    assert hold is not None
    for part in (b.THREE, b.ONE, "Ada <ada@example.org>", "values.yaml", "/model/uri"):
        assert part in hold.message


def test_what_git_says_is_desired() -> None:
    """A foreign value is what is desired and serving from then on."""
    versions = b.run(track.step, look(b.THREE), ADOPTED).status.versions
    assert (versions.desired, versions.serving, versions.champion) == ("3", "3", "1")
