"""docs/resource.md says all that the CRD and the operator can say, and nothing else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from dev import reference
from driftcheck.contract.reasons import Reason
from killick.resource.conditions import ORDER

REPOSITORY = Path(__file__).parents[3]
PAGE = (REPOSITORY / "docs" / "resource.md").read_text()
SOURCES = [
    path
    for folder in ("operator/killick", "drift/driftcheck")
    for path in sorted((REPOSITORY / folder).rglob("*.py"))
]
CAMEL = re.compile(r"[A-Z][a-z]+(?:[A-Z][A-Za-z]*)*")

# Which argument of which call is a reason that a person may read.
REASONS = {
    "Note": 0,
    "Condition": 2,
    "Unknown": 0,
    "Refused": 0,
    "EditRefused": 0,
    "_Missing": 1,
    "KillickError": 1,
    "open_hold": 2,
    "_broken": 3,
    "_failed": 1,
}
OF_NO_CONDITION = {
    "LeaseMissing",  # said in the log of an operator that waits for it
    "NoExecutor",  # a mistake in the program, which only the log shows
    "NoRepository",
    "NotFound",  # turned into "there is none"
    "OperatorRuns",  # printed by `killick uninstall`, like the next
    "StillThere",
}


def calls() -> Iterator[ast.Call]:
    """Every call in the operator and the worker."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield node


def called(node: ast.Call) -> str:
    """The plain name of what is called."""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def words(node: ast.AST) -> set[str]:
    """The CamelCase words that are written in an expression (`x or "NoAnswer"`)."""
    return {
        found.value
        for found in ast.walk(node)
        if isinstance(found, ast.Constant)
        and isinstance(found.value, str)
        and CAMEL.fullmatch(found.value)
    }


def defaults() -> Iterator[tuple[str, str]]:
    """Every class that has a `default_reason`: its file and the reason."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Assign) and words(node.value):
                names = [getattr(target, "id", "") for target in node.targets]
                if "default_reason" in names:
                    yield path.parent.name, words(node.value).pop()


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


def test_every_reason_that_is_used_is_explained() -> None:
    """No reason can be met in a condition, an event or a status and not on the page."""
    used: set[str] = {reason.value for reason in Reason}
    for call in calls():
        index = REASONS.get(called(call))
        if index is not None and len(call.args) > index:
            used |= words(call.args[index])
    for folder, reason in defaults():
        used.add(f"Git{reason}" if folder == "gitops" else reason)
    used -= OF_NO_CONDITION | {"Git", "Error"}
    assert len(used) > 90
    listed = set(re.findall(r"`([A-Za-z]+)`", section("Reasons")))
    assert sorted(used - listed) == []


def test_no_reason_is_explained_that_does_not_exist() -> None:
    """A reason that was renamed in the program is renamed on the page."""
    source = "\n".join(path.read_text() for path in SOURCES)
    known = set(re.findall(r'"([A-Z][A-Za-z]+)"', source))
    known |= {f"Git{reason}" for folder, reason in defaults() if folder == "gitops"}
    assert sorted(told("Reasons") - known) == []


def test_every_condition_has_its_row() -> None:
    """The conditions of the page are those of the operator, in its order."""
    rows = re.findall(r"^\| `([A-Za-z]+)` \|", section("Conditions"), re.MULTILINE)
    assert tuple(rows) == ORDER


def test_every_phase_is_explained() -> None:
    """What `status.phase` can hold is what the page lists."""
    summary = (REPOSITORY / "operator/killick/plan/report/summary.py").read_text()
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
    """The reasons of events, also those made of a state, have their row."""
    path = REPOSITORY / "operator/killick/plan/report/events.py"
    tree = ast.parse(path.read_text())
    whole = {word for word in words(tree) if len(re.findall("[A-Z]", word)) > 1}
    whole.add("Released")  # of plan/report/finalization.py
    assert sorted(whole - told("Events")) == []
    states = {
        "Evaluation": ("Passed", "Rejected", "Inconclusive"),
        "Promotion": ("Proposed", "Landed", "Deployed", "Done", "Reverted"),
    }
    for track, ends in states.items():
        assert {f"{track}{end}" for end in ends} <= told("Events")
