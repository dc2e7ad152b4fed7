"""Every reason of the operator is a member of one enum, described and documented."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from killick.reasons import Reason
from killick.reasons.descriptions import DESCRIPTIONS

REPOSITORY = Path(__file__).parents[3]
OPERATOR = REPOSITORY / "operator" / "killick"
PAGES = sorted((REPOSITORY / "docs").rglob("*.md"))
CAMEL = re.compile(r"[A-Z][a-z]+(?:[A-Z][A-Za-z]*)*")

# Which argument of which call is a reason.
ARGUMENTS = {
    "Blocked": 0,
    "Condition": 2,
    "EditRefused": 0,
    "KillickError": 1,
    "Refusal": 0,
    "Refused": 0,
    "Unavailable": 1,
    "Unknown": 0,
    "_Missing": 1,
    "_broken": 3,
    "_failed": 1,
    "labels": 0,
}
PROMOTION_STATES = ("Proposed", "Landed", "Deployed", "Done", "Superseded", "Reverted")
BY_STATE = {Reason(f"Promotion{state}") for state in PROMOTION_STATES}


def literals(node: ast.AST) -> set[str]:
    """Return the words that are written as literals in an expression."""
    return {
        found.value
        for found in ast.walk(node)
        if isinstance(found, ast.Constant)
        and isinstance(found.value, str)
        and CAMEL.fullmatch(found.value)
    }


def bare() -> Iterator[str]:
    """Yield each literal that stands where a reason belongs, with its place."""
    for path in sorted(OPERATOR.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            place = f"{path.relative_to(OPERATOR)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Call):
                function = node.func
                name = getattr(function, "attr", getattr(function, "id", ""))
                index = ARGUMENTS.get(name)
                if index is not None and len(node.args) > index:
                    yield from (f"{place} {w}" for w in literals(node.args[index]))
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
                targets = (
                    node.targets if isinstance(node, ast.Assign) else [node.target]
                )
                if any(getattr(t, "id", "") == "default_reason" for t in targets):
                    yield from (f"{place} {w}" for w in literals(node.value))


def test_no_reason_is_a_bare_literal() -> None:
    """Where a reason belongs stands a member of the enum."""
    assert list(bare()) == []


def test_every_reason_is_described_once() -> None:
    """Each member has one description, a sentence; no description is of nothing."""
    described = [reason for group in DESCRIPTIONS.values() for reason in group]
    assert sorted(described) == sorted(Reason)
    texts = [text for group in DESCRIPTIONS.values() for text in group.values()]
    assert [text for text in texts if not text.endswith(".")] == []
    assert len(set(texts)) == len(texts)


def test_every_reason_is_documented() -> None:
    """Each member is on a page of the documentation, as code."""
    text = "\n".join(page.read_text() for page in PAGES)
    documented = set(re.findall(r"`([A-Za-z]+)`", text))
    assert sorted(set(Reason) - documented) == []


def test_every_reason_is_used() -> None:
    """A member that nothing names any more is removed."""
    source = "\n".join(
        path.read_text()
        for path in OPERATOR.rglob("*.py")
        if path.parent.name != "reasons"
    )
    used = set(re.findall(r"\bReason\.([A-Z_]+)\b", source))
    assert [r for r in Reason if r.name not in used and r not in BY_STATE] == []
