"""The product behaves as it was recorded: verdicts, answers, command line, plans."""

import pytest

from tests.corpus.behaviour.difference import compared, told
from tests.corpus.behaviour.renames import Renames
from tests.corpus.behaviour.suites import SUITES, compare

ONE, TWO, THREE = "0123abcd", "4567abcd", "89efabcd"


@pytest.mark.parametrize("suite", SUITES)
def test_behaviour_is_as_recorded(suite: str) -> None:
    """Every case gives what was recorded, but for the renames that are declared."""
    found = compare(suite)
    assert not found, told(found)


def test_a_declared_rename_is_no_difference() -> None:
    """Keys, whole words and phrases; what is undeclared is shown with its place."""
    recorded = {"case": {"q": {"near": True, "old": 1}, "text": "Rows: 3 are worth 1"}}
    replayed = {"case": {"p": {"borderline": True}, "text": "Lines: size 1", "new": 2}}
    declared = Renames(
        keys={"q": "p", "q.near": "borderline"},
        words={"Rows": "Lines"},
        phrases=[(r"[0-9]+ are worth ([0-9]+)", r"size \1")],
        removed=["old"],
        added=["new"],
    )
    assert compared(recorded, replayed, declared) == {}
    found = compared(recorded, replayed, Renames())["case"]
    places = [line.split(":")[0] for line in found]
    assert places == ["new", "p", "q", "text"]


def test_digests_may_change_but_not_which_of_them_are_equal() -> None:
    """A renamed field changes every fingerprint; two that were one must stay one."""
    recorded = {"case": {"of": [f"job-{ONE}", ONE, TWO]}}
    assert not compared(recorded, {"case": {"of": [f"job-{TWO}", TWO, ONE]}}, Renames())
    assert compared(recorded, {"case": {"of": [f"job-{TWO}", THREE, ONE]}}, Renames())
    assert compared(recorded, {"case": {"of": [f"job-{TWO}", TWO, TWO]}}, Renames())
