"""The episode track's truth table: one row per line of its docstring."""

from dataclasses import replace
from typing import Any

import pytest

from killick.plan.context import Context
from killick.plan.tracks import episode as track
from killick.plan.tracks import evaluation, promotion
from killick.resource.drift_status import DriftStatus
from killick.resource.status import Status
from tests.unit.plan import builders as b
from tests.unit.plan.builders import CALM, DRIFT

CALMED = b.windows(DRIFT, DRIFT, CALM, CALM)
NONE = b.windows()


def near(*places: int) -> DriftStatus:
    """Windows of a drift that passed, but for some that are near one."""
    windows = tuple(
        replace(window, borderline=True) if place in places else window
        for place, window in enumerate(CALMED.windows)
    )
    return replace(CALMED, windows=windows)


CLOSED = b.episode(closed_at=b.NOW, outcome="Cleared")


def opened(**changes: Any) -> Status:
    """Return an object with an open episode."""
    return replace(b.adopted(episode=b.episode(), drift=b.drifted()), **changes)


def after(outcome: str, **changes: Any) -> Status:
    """Return an object whose episode's last attempt ended so."""
    made = b.attempt(outcome)
    return opened(attempt=made, attempts=(b.past(outcome),), **changes)


def near_bound(*places: int) -> DriftStatus:
    """Answers that became good again, but for some windows that are not surely so."""
    found = b.performances(DRIFT, DRIFT, CALM, CALM)
    windows = tuple(
        replace(window, borderline=True) if place in places else window
        for place, window in enumerate(found.performance_windows)
    )
    return replace(found, performance_windows=windows)


def too_bad(**changes: Any) -> Status:
    """Return an object with an open episode of kind Performance."""
    return opened(episode=b.episode(reason="Performance"), **changes)


PLAIN = b.context()
TOLD = b.context(b.bounded_spec())
ACTED = b.context(b.bounded_spec("Performance"))
BOTH = b.context(b.bounded_spec("Drift", "Performance"))
# One drifted window of each kind, and a half of what persistence asks for of both.
APART = b.performances(CALM, CALM, DRIFT, drift=b.windows(CALM, CALM, DRIFT))
TABLE = [
    ("drift persists", b.adopted(drift=b.drifted()), PLAIN, "open"),
    ("with an undecided one between",
     b.adopted(drift=b.windows(DRIFT, "Inconclusive", DRIFT)), PLAIN, "open"),
    ("one breach", b.adopted(drift=b.windows(CALM, CALM, DRIFT)), PLAIN, None),
    ("breaches too far apart",
     b.adopted(drift=b.windows(DRIFT, CALM, CALM, DRIFT)), PLAIN, None),
    ("no retraining declared", b.adopted(drift=b.drifted()),
     b.context(b.a_spec(retraining=None, evaluation=None, promotion=None)), None),
    ("held", b.adopted(drift=b.drifted(), hold=b.held()), PLAIN, None),
    *((f"promotion {state}",
       b.adopted(drift=b.drifted(), promotion=b.promotion(state)), PLAIN, None)
      for state in ("Proposed", "Landed", "Deployed")),
    ("promotion done", b.adopted(drift=b.drifted(), promotion=b.promotion("Done")),
     PLAIN, "open"),
    ("windows of a closed one", b.adopted(drift=b.drifted(), episode=CLOSED),
     PLAIN, "Cleared"),
    ("drift goes on", opened(), PLAIN, "open"),
    ("drift cleared", opened(drift=CALMED), PLAIN, "Cleared"),
    ("half cleared", opened(drift=b.windows(DRIFT, DRIFT, CALM)), PLAIN, "open"),
    ("near drift", opened(drift=near(2)), PLAIN, "open"),
    ("still near drift", opened(drift=near(3)), PLAIN, "open"),
    ("near drift before it was one", opened(drift=near(0)), PLAIN, "Cleared"),
    ("cleared while training", after("Running", drift=CALMED), PLAIN, "open"),
    ("cleared while comparing", after("Registered", drift=CALMED), PLAIN, "open"),
    ("cleared after a failure", after("Failed", drift=CALMED), PLAIN, "Cleared"),
    ("cleared after a rejection", after("Rejected", drift=CALMED), PLAIN, "Cleared"),
    ("windows started anew", opened(drift=NONE), PLAIN, "Superseded"),
    ("anew while training", after("Running", drift=NONE), PLAIN, "open"),
    ("bad answers", b.adopted(drift=b.performances(DRIFT, CALM, DRIFT)), ACTED, "open"),
    ("bad answers that are only told",
     b.adopted(drift=b.performances(DRIFT, DRIFT)), TOLD, None),
    ("drift that is only told", b.adopted(drift=b.drifted()), ACTED, None),
    ("one window of bad answers",
     b.adopted(drift=b.performances(CALM, CALM, DRIFT)), ACTED, None),
    ("labels too few to judge by", b.adopted(
        drift=b.performances("Inconclusive", "Inconclusive", DRIFT)), ACTED, None),
    ("bad answers to broken data",
     b.adopted(drift=b.performances("DataQuality", DRIFT)), ACTED, None),
    ("one window of each kind", b.adopted(drift=APART), BOTH, None),
    ("bad answers while held",
     b.adopted(drift=b.performances(DRIFT, DRIFT), hold=b.held()), ACTED, None),
    ("bad answers of before", b.adopted(
        drift=b.performances(DRIFT, DRIFT), episode=CLOSED), ACTED, "Cleared"),
    ("bad answers go on", too_bad(drift=b.performances(DRIFT, DRIFT)), ACTED, "open"),
    ("good answers, though features drift", too_bad(drift=b.performances(
        CALM, CALM, drift=b.drifted())), BOTH, "Cleared"),
    ("calm features, though answers are bad", opened(drift=b.performances(
        DRIFT, DRIFT, drift=CALMED)), BOTH, "Cleared"),
    ("not surely good", too_bad(drift=near_bound(2)), ACTED, "open"),
    ("surely good", too_bad(drift=near_bound(0)), ACTED, "Cleared"),
    ("no labels any more", too_bad(
        drift=b.performances("Inconclusive", "Inconclusive")), ACTED, "open"),
    ("another bound", too_bad(drift=CALMED), ACTED, "Superseded"),
    ("undecided windows", opened(drift=b.windows("Error", "Error")), PLAIN, "open"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "ctx", "wanted"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_table(before: Status, ctx: Context, wanted: str | None) -> None:
    """Windows and state open, keep or close the episode as the table says."""
    step = b.run(track.step, ctx, before)
    found = step.status.episode
    state = ("open" if found.is_open else found.outcome) if found else None
    assert (state, step.effect) == (wanted, None)


def test_one_cause_one_id() -> None:
    """The same first window and reference give the same episode, whenever seen."""
    before = b.adopted(drift=b.drifted())
    first = b.run(track.step, b.context(), before).status.episode
    later = b.run(track.step, b.context(now=b.NOW + b.DAY), before).status.episode
    assert first is not None
    assert later is not None
    assert first.id == later.id


def test_only_the_last_windows_are_counted() -> None:
    """Windows beyond persistence.windows are neither counted nor told."""
    drift = b.windows(DRIFT, DRIFT, DRIFT, DRIFT, CALM)
    found = b.run(track.step, b.context(), b.adopted(drift=drift)).status.episode
    assert found is not None
    assert "2 of the last 3" in found.message


def test_an_episode_says_by_what_it_was_opened() -> None:
    """Its reason is the trigger, and its message what the windows with labels show."""
    drift = b.performances(DRIFT, DRIFT)
    found = b.run(track.step, ACTED, b.adopted(drift=drift)).status.episode
    assert found is not None
    assert found.reason == "Performance"
    assert "2 of the last 3 counting windows with labels drifted" in found.message
    assert "Accuracy 0.7" in found.message


def test_of_both_kinds_drift_opens_the_episode() -> None:
    """Only one is open, and its ID is not that of the other kind's."""
    both = b.performances(DRIFT, DRIFT, drift=b.windows(DRIFT, DRIFT))
    drifted = b.run(track.step, BOTH, b.adopted(drift=both)).status.episode
    worse = b.run(track.step, ACTED, b.adopted(drift=both)).status.episode
    assert drifted is not None
    assert worse is not None
    assert (drifted.reason, worse.reason) == ("Drift", "Performance")
    assert drifted.id != worse.id


def test_trained_and_proven_end_it() -> None:
    """A trained or proven version closes it where nothing more is declared."""
    trained = b.a_spec(evaluation=None, promotion=None)
    status = b.run(evaluation.step, b.context(trained), b.trying("Registered")).status
    assert status.episode is not None
    assert status.episode.outcome == "Trained"
    proven = b.context(b.a_spec(promotion=None), b.seen(reg=b.marked()))
    status = b.run(promotion.step, proven, b.comparing("Passed")).status
    assert status.episode is not None
    assert status.episode.outcome == "Proven"


@pytest.mark.parametrize(
    ("repo", "reg", "wanted"),
    [
        (b.git(b.TWO), b.registry(champion="2"), "Promoted"),
        (b.git(b.ONE), b.registry(), "Reverted"),
    ],
)
def test_the_promotion_ends_it(repo: Any, reg: Any, wanted: str) -> None:
    """A promotion that is done or taken back closes the episode with that outcome."""
    ctx = b.context(observed=b.seen(reg=reg, repo=repo))
    status = b.run(promotion.step, ctx, b.promoting("Deployed")).status
    assert status.episode is not None
    assert status.episode.outcome == wanted
