"""Pages use the field's words and American spelling."""

import re
from pathlib import Path

import pytest

from tests.unit.docs.pages import CODE, PAGES, name, prose

NOT_IN_PROSE = {
    "British spelling": (
        r"\b(behaviour|colour|neighbour\w*|labelled|catalogue|judgement|licence|"
        r"favour\w*|honour\w*|centre|modelled|cancelled|organis\w+|recognis\w+|"
        r"normalis\w+|serialis\w+|initialis\w+|per cent)\b"
    ),
    "a private word": (
        r"\b(moods?|restless|warranted|by hand|cry wolf|told|mend(s|ed|ing)?|"
        r"said to be|hands off|at desk|stretches)\b"
    ),
    "an inverted or dangling sentence": (
        r"(, too(?! much| many| few)\b|(?<!there )\bis none\b|\bare none\b|"
        r"^Who |^Of (a|the|one|two|these)\b|\bwhat stands against\b)"
    ),
}


@pytest.mark.parametrize("page", PAGES, ids=name)
@pytest.mark.parametrize("rule", NOT_IN_PROSE)
def test_a_page_has_none_of_these_words(page: Path, rule: str) -> None:
    """Neither titles nor sentences use a word or an order of the list above."""
    text = CODE.sub("", prose(page))
    lines = [line for line in text.splitlines() if re.search(NOT_IN_PROSE[rule], line)]
    assert lines == []
