"""IDs follow from the cause and from nothing else."""

import itertools
import re

from hypothesis import given
from hypothesis import strategies as st

from killick.names import ID_LENGTH, ObjectName, child_labels, digest

NAME = ObjectName("prod", "ml", "ranger")
LONGEST = ObjectName("c" * 63, "n" * 63, "m" * 40)


def test_ids_follow_from_the_cause() -> None:
    """Cluster, namespace, name, kind and cause each change the ID."""
    others = [
        ObjectName("staging", "ml", "ranger").derive("attempt", "x"),
        ObjectName("prod", "shop", "ranger").derive("attempt", "x"),
        ObjectName("prod", "ml", "other").derive("attempt", "x"),
        NAME.derive("promotion", "x"),
        NAME.derive("attempt", "y"),
        NAME.derive("attempt", "x", ""),
        NAME.derive("attempt", "x"),
    ]
    assert len(set(others)) == len(others)


def test_ids_are_steady() -> None:
    """The same cause gives the same ID after any re-creation: there is no uid in it."""
    again = ObjectName("prod", "ml", "ranger")
    assert NAME.derive("attempt", "ep1") == again.derive("attempt", "ep1")


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_no_two_causes_collide_by_their_spelling(
    one: list[str], two: list[str]
) -> None:
    """Parts are kept apart: moving a letter from one to the next is another cause."""
    assert (digest(*one) == digest(*two)) == (one == two)


@given(st.lists(st.text(), max_size=4))
def test_ids_fit_into_names(parts: list[str]) -> None:
    """An ID is ten hex digits, so it fits into every name and label."""
    assert re.fullmatch(rf"[0-9a-f]{{{ID_LENGTH}}}", digest(*parts))


def test_names_of_children_fit() -> None:
    """With the longest name a CronJob's ends at 52 and a Job's at 63 characters."""
    identity = LONGEST.derive("attempt", "x")
    assert len(LONGEST.check_cronjob) <= 52
    jobs = (
        LONGEST.training_job(identity),
        LONGEST.evaluation_job(identity),
        LONGEST.requested_check("t" * 5000),
    )
    for one, other in itertools.combinations(jobs, 2):
        assert one != other
    assert max(map(len, jobs)) <= 63


def test_labels() -> None:
    """Children carry the object, the purpose and the manager."""
    assert child_labels("ranger", "check") == {
        "killick.dev/model-deployment": "ranger",
        "killick.dev/purpose": "check",
        "app.kubernetes.io/managed-by": "killick",
    }
