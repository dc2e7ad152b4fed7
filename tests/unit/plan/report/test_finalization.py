"""What a deleted object leaves behind, by its state."""

from dataclasses import replace
from typing import Any

import pytest

from killick.names import ObjectName
from killick.plan.report.finalization import leftovers, released
from killick.resource.status import SCHEMA_VERSION, Status, status_dict
from tests.simulation.engine.corpus import CORPUS
from tests.unit.plan import builders as b
from tests.unit.resource.test_corpus import read

NAME = ObjectName("test", "ml", "ranger")
QUIET = Status()


def promoting(state: str) -> Status:
    """Return a status with a promotion in this state."""
    attempt = b.attempt("Registered")
    return Status(attempt=attempt, promotion=b.promotion(state))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (QUIET, []),
        (
            Status(attempt=b.attempt("Intended")),
            ["is deleted with the object", "not evaluated"],
        ),
        (
            Status(attempt=b.attempt("Running")),
            ["is deleted with the object", "not evaluated"],
        ),
        (Status(attempt=b.attempt("Registered")), ["not promoted"]),
        (Status(attempt=b.attempt("Failed")), []),
        (promoting("Proposed"), ["may reach Git", "Killick-Promotion: "]),
        (promoting("Landed"), ["is in Git", "alias is still at"]),
        (promoting("Deployed"), ["is deployed", "alias is still at"]),
        (replace(promoting("Done"), attempt=b.attempt("Promoted")), []),
        (replace(promoting("Reverted"), attempt=None), []),
    ],
)
def test_what_is_left(status: Status, words: list[str]) -> None:
    """Only what is in progress is named, once, and makes the Event a Warning."""
    left = leftovers(status)
    assert len(left) == bool(words)
    assert all(word in left[0] for word in words)
    decision = released(NAME, "uid-1", status_dict(status))
    assert decision.type == ("Warning" if words else "Normal")
    assert all(line in decision.message for line in left)


@pytest.mark.parametrize("path", sorted(CORPUS.glob("v*/*.json")), ids=lambda p: p.stem)
def test_every_known_status_is_reported(path: Any) -> None:
    """Each status of the corpus is reported; one in flight gives a Warning."""
    raw = read(path)
    decision = released(NAME, "uid-1", raw)
    states = [raw.get(track, {}).get("state") for track in ("attempt", "promotion")]
    flying = {"Intended", "Running", "Proposed", "Landed", "Deployed"} & set(states)
    assert decision.reason == "Released"
    assert not (flying and decision.type == "Normal")


@pytest.mark.parametrize("raw", [None, {}, [], {"schemaVersion": 1, "attempt": 7}])
def test_no_status_is_nothing_in_progress(raw: object) -> None:
    """An absent or unreadable status is reported as nothing in progress."""
    assert released(NAME, "uid-1", raw).type == "Normal"


def test_a_status_of_another_version_is_unknown() -> None:
    """What another version had in progress is not guessed."""
    decision = released(NAME, "uid-1", {"schemaVersion": SCHEMA_VERSION + 1})
    assert decision.type == "Warning"
    assert "unknown" in decision.message


def test_each_object_has_one_record() -> None:
    """The ID is the same for the same object, and differs for a re-created one."""
    first, again, other = (released(NAME, uid, None).id for uid in ("a", "a", "b"))
    assert first == again != other
