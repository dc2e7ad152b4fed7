"""What a deleted object leaves behind, by its state."""

from dataclasses import replace
from typing import Any

import pytest

from killick.names import ObjectName
from killick.plan.report.finalization import farewell, leftovers
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
        (Status(attempt=b.attempt("Intended")), ["its Job", "judged by nobody"]),
        (Status(attempt=b.attempt("Running")), ["its Job", "judged by nobody"]),
        (Status(attempt=b.attempt("Registered")), ["not promoted"]),
        (Status(attempt=b.attempt("Failed")), []),
        (promoting("Proposed"), ["may be in Git", "Killick-Promotion: "]),
        (promoting("Landed"), ["is in Git", "champion is still"]),
        (promoting("Deployed"), ["is deployed", "champion is still"]),
        (replace(promoting("Done"), attempt=b.attempt("Promoted")), []),
        (replace(promoting("Reverted"), attempt=None), []),
    ],
)
def test_what_is_left(status: Status, words: list[str]) -> None:
    """Whatever nobody will end from now on is named once, and nothing else."""
    left = leftovers(status)
    assert len(left) == bool(words)
    assert all(word in left[0] for word in words)
    told = farewell(NAME, "uid-1", status_dict(status))
    assert told.type == ("Warning" if words else "Normal")
    assert all(line in told.message for line in left)


@pytest.mark.parametrize("path", sorted(CORPUS.glob("v*/*.json")), ids=lambda p: p.stem)
def test_every_known_status_has_its_last_word(path: Any) -> None:
    """Each status of the corpus is told, and one in flight never as nothing."""
    raw = read(path)
    told = farewell(NAME, "uid-1", raw)
    states = [raw.get(track, {}).get("state") for track in ("attempt", "promotion")]
    flying = {"Intended", "Running", "Proposed", "Landed", "Deployed"} & set(states)
    assert told.reason == "Released"
    assert not (flying and told.type == "Normal")


@pytest.mark.parametrize("raw", [None, {}, [], {"schemaVersion": 1, "attempt": 7}])
def test_no_status_is_nothing_under_way(raw: object) -> None:
    """An object that was never looked at, or is unreadable, is let go all the same."""
    assert farewell(NAME, "uid-1", raw).type == "Normal"


def test_a_status_of_another_version_is_said_to_be_unknown() -> None:
    """What another version had under way is not guessed."""
    told = farewell(NAME, "uid-1", {"schemaVersion": SCHEMA_VERSION + 1})
    assert told.type == "Warning"
    assert "unknown" in told.message


def test_the_record_is_one_for_each_object() -> None:
    """The ID is the same at every telling, and another for an object made anew."""
    first, again, other = (farewell(NAME, uid, None).id for uid in ("a", "a", "b"))
    assert first == again != other
