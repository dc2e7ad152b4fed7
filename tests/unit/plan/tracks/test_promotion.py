"""The promotion track's truth table: one row per line of its docstring."""
# ruff: noqa: E501  a row of a table is read as one line

from dataclasses import replace
from typing import Any

import pytest

from killick.gitops.port import GitState
from killick.plan import effects
from killick.plan.context import Context
from killick.plan.facts import Failure, Unknown
from killick.plan.tracks import promotion as track
from killick.registry.port import RegistryState
from killick.resource.status import Status, Versions
from tests.unit.plan import builders as b

AWAY = Unknown("GitUnreachable", "no answer")


def repo(value: str | None = b.ONE, **changes: Any) -> Context:
    """Return a pass with this look at Git."""
    state = b.git(value, last_change=b.ADA, **changes)
    return b.context(observed=b.seen(reg=b.marked(), repo=state))


def at(champion: str | None, value: str = b.TWO) -> Context:
    """Return a pass with the champion alias and Git's value there."""
    reg: RegistryState = replace(b.marked(), champion=champion)
    return b.context(observed=b.seen(reg=reg, repo=b.git(value, last_change=b.ADA)))


def spec(ctx: Context, **changes: Any) -> Context:
    """Return the pass with another spec."""
    return replace(ctx, spec=b.a_spec(**changes))


OTHER = {"git": {"url": "https://git.example/other.git", "valuesPath": "v.yaml",
                 "jsonPointer": "/uri"}}  # fmt: skip
PASSED, PROPOSED = b.comparing("Passed"), b.promoting("Proposed")
LANDED, DEPLOYED = b.promoting("Landed"), b.promoting("Deployed")
OURS = {"trace": "c0ffee"}
PLAIN = repo()
TABLE = [
    ("passed and marked", PASSED, PLAIN, "Proposed", None, None),
    ("passed, not marked", PASSED, b.context(), None, None, None),
    ("not passed", b.comparing("Rejected"), PLAIN, None, None, None),
    ("passed against another champion",
     b.comparing("Passed", versions=Versions("3", "3", "3")), PLAIN, None, None, None),
    ("passed by another policy", b.comparing(evaluation=b.evaluation("Passed", policy="x")),
     PLAIN, None, None, None),
    ("passed, of another attempt",
     b.comparing(evaluation=b.evaluation("Passed", attempt="a0")), PLAIN, None, None, None),
    ("passed, Git away", PASSED, b.context(observed=b.seen(reg=b.marked(), repo=AWAY)),
     None, None, None),
    ("passed, file refused", PASSED, repo(None), None, None, "KeyMissing"),
    ("passed, no repository", PASSED, spec(PLAIN, promotion=None), None, None, "NoPromotion"),
    *((f"passed, {mode}", PASSED, spec(PLAIN, mode=mode), None, None, reason)
      for mode, reason in (("Observe", "ModeObserve"), ("Recommend", "Recommended"))),
    ("passed, held", replace(PASSED, hold=b.held()), PLAIN, None, None, "Held"),
    ("passed after an earlier one", replace(b.promoting("Done"), promotion=b.promotion(
        "Done", id="p0", evaluation="e0")), PLAIN, "Proposed", None, None),
    ("no trace, value as expected", PROPOSED, PLAIN, "Proposed", "PushPromotion", None),
    ("our commit, our value", PROPOSED, repo(b.TWO, **OURS), "Landed", None, None),
    ("our commit, file refused", PROPOSED, repo(None, **OURS), "Landed", None, None),
    ("our commit, taken back", PROPOSED, repo(b.ONE, **OURS),
     "Reverted", None, "PromotionReverted"),
    ("our commit, a third value", PROPOSED, repo(b.THREE, **OURS),
     "Reverted", None, "PromotionReverted"),
    ("set by someone else", PROPOSED, repo(b.TWO), "Landed", None, None),
    ("a third value", PROPOSED, repo(b.THREE), "Superseded", None, "ValueChanged"),
    ("history too long", PROPOSED, repo(b.ONE, trace_complete=False),
     "Superseded", None, "HistoryTooDeep"),
    ("history too long, ours", PROPOSED, repo(b.TWO, trace_complete=False),
     "Superseded", None, "HistoryTooDeep"),
    ("file refused", PROPOSED, repo(None), "Proposed", None, "KeyMissing"),
    ("points elsewhere", PROPOSED, spec(PLAIN, promotion=OTHER),
     "Superseded", None, "SpecChanged"),
    ("no repository any more", LANDED, spec(PLAIN, promotion=None),
     "Superseded", None, "SpecChanged"),
    ("not proven", replace(PROPOSED, evaluation=b.evaluation("Rejected")), PLAIN,
     "Superseded", None, "NotProven"),
    ("proof is gone", replace(PROPOSED, evaluation=None), PLAIN,
     "Superseded", None, "NotProven"),
    ("Git away", PROPOSED, b.context(observed=b.seen(repo=AWAY)),
     "Proposed", None, "Unreadable"),
    *((f"proposed, {mode}", PROPOSED, spec(PLAIN, mode=mode), "Proposed", None, reason)
      for mode, reason in (("Observe", "ModeObserve"), ("Recommend", "Recommended"))),
    ("proposed, suspended", PROPOSED, spec(PLAIN, suspend=True),
     "Proposed", None, "Suspended"),
    ("proposed, held", replace(PROPOSED, hold=b.held()), PLAIN, "Proposed", None, "Held"),
    ("proposed, deleting", PROPOSED,
     replace(PLAIN, facts=replace(PLAIN.facts, deleting=True)), "Proposed", None, "Deleting"),
    ("proposed, failed just now", PROPOSED, replace(
        PLAIN, failures={"push/p1": Failure(2, b.NOW, "PushRejected", "no")}),
     "Proposed", None, "PushRejected"),
    ("landed", LANDED, repo(b.TWO), "Deployed", None, None),
    ("landed, file refused", LANDED, repo(None), "Landed", None, "KeyMissing"),
    ("landed, taken back", LANDED, repo(b.ONE), "Reverted", None, "PromotionReverted"),
    ("deployed, file refused", DEPLOYED, repo(None), "Deployed", None, "KeyMissing"),
    ("deployed, taken back", DEPLOYED, at("1", b.ONE), "Reverted", None, "PromotionReverted"),
    ("deployed", DEPLOYED, at("1"), "Deployed", "MarkChampion", None),
    ("deployed, alias there", DEPLOYED, at("2"), "Done", None, None),
    ("deployed, third alias", DEPLOYED, at("3"), "Superseded", None, "AliasMoved"),
    ("deployed, alias gone", DEPLOYED, at(None), "Superseded", None, "AliasMoved"),
    ("deployed, registry away", DEPLOYED,
     b.context(observed=b.seen(reg=AWAY, repo=b.git(b.TWO))), "Deployed", None, "Unreadable"),
    ("deployed, Recommend", DEPLOYED, spec(at("1"), mode="Recommend"),
     "Deployed", None, "Recommended"),
]  # fmt: skip
HOLDS = {"PromotionReverted", "ValueChanged", "HistoryTooDeep", "AliasMoved"}


@pytest.mark.parametrize(
    ("before", "ctx", "state", "effect", "reason"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_table(
    before: Status, ctx: Context, state: str, effect: str | None, reason: str | None
) -> None:
    """State and event give the state, the effect, the reason and the hold."""
    step = b.run(track.step, ctx, before)
    after = step.status.promotion
    assert (after.state if after else None) == state
    assert (b.effect_of(step), b.reason_of(step)) == (effect, reason)
    opened = before.hold is None and step.status.hold is not None
    assert opened == (reason in HOLDS)


def test_the_proposal_is_whole() -> None:
    """A proposal says from what to what, on which head, and for which evaluation."""
    made = b.run(track.step, PLAIN, PASSED).status.promotion
    assert made is not None
    assert (made.from_value, made.to_value, made.base) == (b.ONE, b.TWO, "head")
    assert (made.previous, made.evaluation, made.episode) == ("1", "e1", "ep1")


def test_the_commit_depends_on_the_record_only() -> None:
    """The same promotion gives the same commit, hours later and on another head."""
    late = replace(repo(b.ONE, head="another"), now=b.NOW + b.HOUR * 9)
    first, second = (
        b.run(track.step, PLAIN, PROPOSED).effect,
        b.run(track.step, late, PROPOSED).effect,
    )
    assert isinstance(first, effects.PushPromotion)
    assert first == second
    assert dict(first.change.trailers)["Killick-Evaluation"] == "e1"


def test_done_begins_anew() -> None:
    """When done, versions agree, windows start anew, and the attempt is Promoted."""
    status = b.run(track.step, at("2"), DEPLOYED).status
    versions = status.versions
    assert (versions.desired, versions.serving, versions.champion) == ("2", "2", "2")
    assert versions.candidate is None
    assert status.drift.windows == ()
    assert status.drift.anchor == b.NOW
    assert status.attempt is not None
    assert status.attempt.state == "Promoted"
    assert [past.outcome for past in status.attempts] == ["Promoted"]


@pytest.mark.parametrize(
    ("facts", "uri", "version"),
    [
        ({"reference_uri": "s3://two"}, "s3://two", "2"),
        ({}, "s3://models/ranger.parquet", None),
        ({"reference_uri": "s3://" + "x" * 2000}, "s3://models/ranger.parquet", None),
    ],
)
def test_the_reference_follows(facts: Any, uri: str, version: str | None) -> None:
    """Monitoring switches to the new version's reference, if it owns a usable one."""
    reg = replace(b.marked(), champion="2", versions={"2": b.version("2", **facts)})
    git: GitState = b.git(b.TWO)
    ctx = b.context(observed=b.seen(reg=reg, repo=git))
    pin = b.run(track.step, ctx, DEPLOYED).status.reference
    assert pin is not None
    assert (pin.uri, pin.version) == (uri, version)


def test_a_revert_says_who() -> None:
    """The hold names the commit, its author and the value found."""
    hold = b.run(track.step, repo(b.THREE, **OURS), PROPOSED).status.hold
    assert hold is not None
    assert "Ada <ada@example.org>" in hold.message
    assert b.THREE in hold.message
