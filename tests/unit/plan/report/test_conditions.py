"""The conditions' truth table, the phase, and what is waited for."""
# ruff: noqa: E501  a row of a table is read as one line

from dataclasses import replace
from typing import Any

import pytest

from killick.errors import InvalidSpec
from killick.names import ANNOTATION_RELEASE
from killick.plan.context import Context
from killick.plan.facts import ConflictingObject, Observation, Unknown
from killick.plan.planner import plan
from killick.plan.report.invalid import invalid
from killick.plan.report.phase import phase
from killick.resource.drift_status import DriftStatus
from killick.resource.status import Condition, Status, Versions
from tests.unit.plan import builders as b
from tests.unit.plan.builders import DRIFT

SPEC_OF_CHECKS = b.a_spec(retraining=None, evaluation=None, promotion=None)
LATE = b.NOW + b.MINUTE * 9
AWAY = Unknown("RegistryUnreachable", "no answer")
DENIED = Unknown("NamespaceNotGranted", "bind the role")
PLAIN = b.context()


def drift(verdict: str | None, **changes: Any) -> Status:
    """Return an adopted object whose latest check says this."""
    found = replace(b.adopted().drift, verdict=verdict, reason=verdict, **changes)
    return b.adopted(drift=found)


def namespace(found: Any) -> Context:
    """Return a pass with another namespace."""
    return b.context(observed=Observation(found, b.registry(), b.git()))


def spec(**changes: Any) -> Context:
    """Return a pass with another spec."""
    return b.context(b.a_spec(**changes))


RIVAL = ConflictingObject("ml", "elder", b.NOW - b.DAY, "the value in Git")
RIVALLED = b.context(observed=replace(b.seen(), conflicts=(RIVAL,)), created_at=b.NOW)
HELD = b.adopted(hold=b.held())
UNCHECKED = b.adopted(drift=DriftStatus())
REJECTED = b.trying(
    "Rejected",
    evaluation=b.evaluation("Rejected", finished_at=b.NOW, reason="NotBetter"),
)
PROPOSED = b.context(observed=b.seen(reg=b.marked()))
LANDED = b.context(observed=b.seen(reg=b.marked(), repo=b.git(b.TWO, trace="c0ffee")))
TABLE = [
    ("Ready", "healthy", drift("NoDrift"), PLAIN, "True", "Healthy"),
    ("Ready", "drift", drift("Drift"), PLAIN, "True", "Healthy"),
    ("Ready", "inconclusive", drift("Inconclusive"), PLAIN, "True", "Healthy"),
    ("Ready", "retraining", b.trying("Running"), b.context(observed=b.seen(
        b.job(b.NAME.training_job("a1")))), "True", "Healthy"),
    ("Ready", "held", HELD, PLAIN, "True", "Healthy"),
    ("Ready", "no check yet", UNCHECKED, PLAIN, "Unknown", "CheckPending"),
    ("Ready", "late", drift("NoDrift"), b.context(now=LATE), "False", "CheckStale"),
    ("Ready", "suspended", drift("NoDrift"), spec(suspend=True), "True", "Suspended"),
    ("Ready", "suspended after an error", drift("Error"), spec(suspend=True),
     "True", "Suspended"),
    ("Ready", "an error", drift("Error"), PLAIN, "False", "Error"),
    ("Ready", "bad data", drift("DataQuality"), PLAIN, "False", "DataQuality"),
    ("Ready", "registry away", drift("NoDrift"), b.context(observed=b.seen(reg=AWAY)),
     "False", "RegistryUnreachable"),
    ("Ready", "Git away", drift("NoDrift"), b.context(observed=b.seen(
        repo=Unknown("GitUnreachable", "no"))), "False", "GitUnreachable"),
    ("Ready", "file refused", drift("NoDrift"), b.context(observed=b.seen(
        repo=b.git(None))), "False", "KeyMissing"),
    ("Ready", "not granted", drift("NoDrift"), namespace(DENIED),
     "False", "NamespaceNotGranted"),
    ("Ready", "a pod is stuck", drift("NoDrift"), namespace(
        b.children(waiting=("no such image",))), "False", "PodCannotStart"),
    ("Stalled", "never for drift", drift("Drift"), PLAIN, None, None),
    ("Stalled", "never for an outage", drift("Drift"), b.context(
        observed=b.seen(reg=AWAY)), None, None),
    ("Stalled", "not granted", drift("Drift"), namespace(DENIED),
     "True", "NamespaceNotGranted"),
    ("Stalled", "name taken", drift("Drift"), namespace(b.children(check_foreign=True)),
     "True", "NameTaken"),
    ("Stalled", "an older owner", drift("Drift"), RIVALLED, "True", "TargetConflict"),
    ("Ready", "an older owner", drift("NoDrift"), RIVALLED, "False", "TargetConflict"),
    ("Adopted", "an older owner", b.adopted(), RIVALLED, "False", "TargetConflict"),
    ("DriftDetected", "an older owner", drift("Drift"), RIVALLED, "True", "Drift"),
    ("Retraining", "an older owner", b.trying("Running"), RIVALLED,
     "False", "TargetConflict"),
    ("Promoted", "an older owner", b.promoting(), RIVALLED, "False", "TargetConflict"),
    ("InputsHealthy", "healthy", drift("NoDrift"), PLAIN, "True", "Healthy"),
    ("InputsHealthy", "bad data", drift("DataQuality"), PLAIN, "False", "DataQuality"),
    ("InputsHealthy", "an error", drift("Error"), PLAIN, "False", "Error"),
    ("InputsHealthy", "no check yet", UNCHECKED, PLAIN, "Unknown", "CheckPending"),
    ("InputsHealthy", "registry away", drift("NoDrift"), b.context(
        observed=b.seen(reg=AWAY)), "False", "RegistryUnreachable"),
    ("DriftDetected", "drift", drift("Drift"), PLAIN, "True", "Drift"),
    ("DriftDetected", "none", drift("NoDrift"), PLAIN, "False", "NoDrift"),
    *(("DriftDetected", v, drift(v), PLAIN, "Unknown", v)
      for v in ("Inconclusive", "DataQuality", "Error", "Novel")),
    ("DriftDetected", "no check yet", UNCHECKED, PLAIN, "Unknown", "CheckPending"),
    ("Adopted", "adopted", b.adopted(), PLAIN, "True", "Adopted"),
    ("Adopted", "new", Status(), PLAIN, "True", "Adopted"),
    ("Held", "no", b.adopted(), PLAIN, "False", "NoHold"),
    ("Held", "yes", HELD, PLAIN, "True", "ValueChanged"),
    ("Retraining", "not declared", b.adopted(), b.context(SPEC_OF_CHECKS), None, None),
    ("Retraining", "calm", b.adopted(), PLAIN, "False", "NotNeeded"),
    ("Retraining", "intended", b.trying("Intended"), PLAIN, "True", "Intended"),
    ("Retraining", "running", b.trying("Running"), b.context(observed=b.seen(
        b.job(b.NAME.training_job("a1")))), "True", "Running"),
    ("Retraining", "registered", b.comparing("Running"), b.context(observed=b.seen(
        b.job(b.NAME.evaluation_job("e1")))), "False", "Registered"),
    ("Retraining", "cooldown", REJECTED, PLAIN, "False", "Cooldown"),
    ("Retraining", "observe", b.adopted(episode=b.episode(), drift=b.windows(DRIFT, DRIFT)),
     spec(mode="Observe"), "False", "ModeObserve"),
    ("Promoted", "not declared", b.adopted(), b.context(SPEC_OF_CHECKS), None, None),
    ("Promoted", "nothing to promote", b.adopted(), PLAIN, "False", "NothingToPromote"),
    ("Promoted", "rejected", REJECTED, PLAIN, "False", "NotBetter"),
    ("Promoted", "proposed", b.promoting(), PROPOSED, "False", "Proposed"),
    ("Promoted", "landed", b.promoting(), LANDED, "True", "Landed"),
    ("Promoted", "taken back", b.promoting("Landed"), b.context(), "False",
     "PromotionReverted"),
    ("Promoted", "done", b.promoting("Done", versions=Versions("2", "2", "2")),
     b.context(observed=b.seen(reg=b.registry(champion="2"), repo=b.git(b.TWO))),
     "True", "Done"),
    ("Deployed", "not declared", b.adopted(), b.context(SPEC_OF_CHECKS), None, None),
    ("Deployed", "nothing yet", b.adopted(), PLAIN, "Unknown", "NotObserved"),
    ("Deployed", "proposed", b.promoting(), PROPOSED, "False", "Proposed"),
    ("Deployed", "landed", b.promoting(), LANDED, "Unknown", "NotObserved"),
    ("Deployed", "deployed", b.promoting("Landed"), LANDED, "Unknown", "NotObserved"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "before", "ctx", "truth", "reason"),
    [(row[0], *row[2:]) for row in TABLE],
    ids=[f"{row[0]}: {row[1]}" for row in TABLE],
)
def test_conditions(
    kind: str, before: Status, ctx: Context, truth: str | None, reason: str | None
) -> None:
    """Facts and tracks give each condition the truth and reason of the table."""
    found = plan(b.applied(ctx, before) if ctx.children else ctx, before)
    condition = found.status.condition(kind)
    assert (condition.status if condition else None) == truth
    assert (condition.reason if condition else None) == reason


PHASES = [
    ("Pending", UNCHECKED, PLAIN),
    ("Watching", b.adopted(), PLAIN),
    ("Drifted", b.adopted(episode=b.episode()), PLAIN),
    ("Retraining", b.trying("Intended"), PLAIN),
    ("Retraining", b.trying("Running"), PLAIN),
    ("Evaluating", b.comparing("Running"), PLAIN),
    ("Promoting", b.comparing("Passed"), PLAIN),
    ("Promoting", b.promoting("Landed"), PLAIN),
    ("Held", b.promoting(hold=b.held()), PLAIN),
    ("Suspended", HELD, spec(suspend=True)),
    ("Stalled", HELD, RIVALLED),
]


@pytest.mark.parametrize(("word", "status", "ctx"), PHASES)
def test_phase(word: str, status: Status, ctx: Context) -> None:
    """The phase is the most pressing state, in one word."""
    assert phase(ctx, status) == word


def test_a_hold_says_how_to_end_it() -> None:
    """However long its story, a hold's condition begins with what to annotate."""
    long = replace(b.held(), message="x" * 1024)
    found = plan(PLAIN, b.adopted(hold=long)).status.condition("Held")
    assert found is not None
    assert found.message.startswith(
        f"Release with the annotation {ANNOTATION_RELEASE}=h1: "
    )


def test_all_that_is_wrong_is_named() -> None:
    """Two systems away and bad data: the first one's reason, and a message of all."""
    gone = Unknown("GitUnreachable", "refused")
    ctx = b.context(observed=b.seen(reg=AWAY, repo=gone))
    before = drift("DataQuality", message="column a has vanished")
    status = plan(b.applied(ctx, before), before).status
    for kind in ("InputsHealthy", "Ready"):
        found = status.condition(kind)
        assert found is not None
        assert (found.status, found.reason) == ("False", "RegistryUnreachable")
        assert found.message == (
            "RegistryUnreachable: no answer; GitUnreachable: refused; "
            "DataQuality: column a has vanished"
        )


def test_what_several_readers_met_is_named_once() -> None:
    """One outage that keeps everything from being read is one outage."""
    away = Unknown("APIServerUnreachable", "no answer")
    ctx = b.context(observed=Observation(away, away, away))
    found = plan(ctx, drift("NoDrift")).status.condition("InputsHealthy")
    assert found is not None
    assert (found.reason, found.message) == ("APIServerUnreachable", "no answer")


def test_transition_times() -> None:
    """A condition's time moves when its status does, and only then."""
    first = plan(PLAIN, drift("NoDrift")).status
    later = replace(PLAIN, now=b.NOW + b.MINUTE)
    second = plan(later, first).status
    assert [c.last_transition_time for c in second.conditions] == [b.NOW] * len(
        second.conditions
    )
    turned = replace(second, drift=replace(second.drift, verdict="Drift", reason="D"))
    third = plan(later, turned).status
    times = {c.type: c.last_transition_time for c in third.conditions}
    assert times.pop("DriftDetected") == later.now
    assert set(times.values()) == {b.NOW}


def test_an_invalid_spec_keeps_the_rest() -> None:
    """A refused spec is Stalled and not Ready; what else was known stays."""
    before = plan(PLAIN, drift("Drift")).status
    novel = Condition("Novel", "True", "FromAnotherVersion", "", b.NOW)
    before = replace(before, conditions=(*before.conditions, novel))
    after = invalid(before, InvalidSpec("write 24h"), 7, b.NOW)
    for kind, truth in (("Ready", "False"), ("Stalled", "True"), ("Novel", "True")):
        found = after.condition(kind)
        assert found is not None
        assert found.status == truth
    assert after.condition("DriftDetected") is not None
    assert (after.phase, after.observed_generation) == ("Stalled", 7)
    healed = plan(PLAIN, after).status
    assert healed.condition("Stalled") is None
