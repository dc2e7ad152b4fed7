"""docs/resource.md says all that the CRD and the operator can say, and nothing else."""

import ast
import re
from pathlib import Path

from dev import reference
from driftcheck.contract.reasons import Reason as WorkerReason
from killick.reasons import Reason
from killick.reasons.descriptions import DESCRIPTIONS
from killick.resource.conditions import ORDER

REPOSITORY = Path(__file__).parents[3]
PAGE = (REPOSITORY / "docs" / "resource.md").read_text()
SOURCES = [
    path
    for folder in ("operator/killick", "drift/driftcheck")
    for path in sorted((REPOSITORY / folder).rglob("*.py"))
]
CAMEL = re.compile(r"[A-Z][a-z]+(?:[A-Z][A-Za-z]*)*")


def words(node: ast.AST) -> set[str]:
    """The CamelCase words that are written in an expression (`x or "NoAnswer"`)."""
    return {
        found.value
        for found in ast.walk(node)
        if isinstance(found, ast.Constant)
        and isinstance(found.value, str)
        and CAMEL.fullmatch(found.value)
    }


def section(title: str) -> str:
    """The text of a section of the page, its subsections included."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def told(title: str) -> set[str]:
    """The words that a section explains: the code in its tables' first cells."""
    cells = re.findall(r"^\| (`.*?) \|", section(title), re.MULTILINE)
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def test_the_fields_are_those_of_the_crd() -> None:
    """Every field has its row with type, default and meaning as the CRD has them."""
    message = "run `python -m dev.reference`"
    assert reference.updated(PAGE) == PAGE, message


def test_every_field_has_a_row() -> None:
    """The renderer itself leaves nothing out."""
    properties = reference.schema()["properties"]
    for part in ("spec", "status"):
        for path, _, _ in reference.fields(properties[part]):
            assert f"| `{path}` |" in PAGE


def test_no_reason_is_explained_that_does_not_exist() -> None:
    """A reason that was renamed in the program is renamed on the page."""
    source = "\n".join(path.read_text() for path in SOURCES)
    known = set(re.findall(r'"([A-Z][A-Za-z]+)"', source))
    known |= set(Reason) | set(WorkerReason)
    assert sorted(told("Reasons") - known) == []


def test_every_condition_has_its_row() -> None:
    """The conditions of the page are those of the operator, in its order."""
    rows = re.findall(r"^\| `([A-Za-z]+)` \|", section("Conditions"), re.MULTILINE)
    assert tuple(rows) == ORDER


def test_every_phase_is_explained() -> None:
    """What `status.phase` can hold is what the page lists."""
    summary = (REPOSITORY / "operator/killick/plan/report/phase.py").read_text()
    function = next(
        node
        for node in ast.walk(ast.parse(summary))
        if isinstance(node, ast.FunctionDef) and node.name == "phase"
    )
    returned = {
        word
        for node in ast.walk(function)
        if isinstance(node, ast.Return) and node.value
        for value in _chosen(node.value)
        for word in words(value)
    }
    assert returned | {"Stalled"} == told("Phases")


def _chosen(value: ast.expr) -> tuple[ast.expr, ...]:
    return (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)


def test_every_event_is_explained() -> None:
    """Each reason of an Event, and no other word, is in the table of Events."""
    events = set(DESCRIPTIONS["Events"]) | {"PromotionReverted"}
    assert sorted(events - told("Events")) == []
