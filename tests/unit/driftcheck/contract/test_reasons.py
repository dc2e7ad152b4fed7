"""The worker's reasons: one enum, documented, and written nowhere else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftcheck.contract.reasons import Reason, ReasonGroup

REPOSITORY = Path(__file__).parents[4]
WORKER = REPOSITORY / "drift" / "driftcheck"
# Which argument of what is constructed is a reason.
PLACES = {"CheckFailure": 0, "Finding": 0, "CheckError": 0, "Decision": 1}
ENUM = WORKER / "contract" / "reasons.py"
PAGES = "\n".join(page.read_text() for page in (REPOSITORY / "docs").rglob("*.md"))
# What the wire's rule for reasons accepts, see `contract.answer`.
WIRE = re.compile(r"[A-Z][A-Za-z0-9]{0,23}")


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each string literal in a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_says_what_it_means(reason: Reason) -> None:
    """Each has a sentence of its own, a group, and a form that answers can carry."""
    assert re.fullmatch(r"[A-Z][^\n]+\.", reason.description)
    assert reason.group in ReasonGroup
    assert WIRE.fullmatch(reason)
    same = [other for other in Reason if other.description == reason.description]
    assert same == [reason]


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_documented(reason: Reason) -> None:
    """A user who meets it in a status finds it in the documentation."""
    assert f"`{reason}`" in PAGES


def test_the_worker_writes_no_reason_as_a_literal() -> None:
    """A reason is a member of the enum, so none can be missing from the reference.

    Verdicts that are named like their reason are members of `Verdict`.
    """
    values = {reason.value for reason in Reason}
    bare = [
        f"{path.relative_to(REPOSITORY)}:{line}: {text}"
        for path in sorted(WORKER.rglob("*.py"))
        if path not in (ENUM, WORKER / "contract" / "verdict.py")
        for line, text in literals(path)
        if text in values
    ]
    assert bare == []


def test_the_worker_makes_no_reason_of_another_text() -> None:
    """Whatever is constructed with a reason gets a name, an attribute or a call."""
    bare = [
        f"{path.relative_to(REPOSITORY)}:{node.lineno}"
        for path in sorted(WORKER.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in PLACES
        and len(node.args) > PLACES[node.func.id]
        and isinstance(node.args[PLACES[node.func.id]], ast.Constant)
    ]
    assert bare == []
