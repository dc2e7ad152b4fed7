"""docs/reference says all that the CRD and the programs can report, and no more."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.reference.crd import fields, schema
from dev.reference.pages import PAGES, RENDERERS, names, updated
from dev.reference.reasons import EVENTS
from driftcheck.contract import Verdict
from driftcheck.contract.reasons import Reason as WorkerReason
from killick.reasons import Reason as OperatorReason
from killick.reasons.descriptions import DESCRIPTIONS
from killick.resource.conditions import ORDER
from killick.resource.parse import parse_spec
from tests.unit.docs.pages import FENCED, REPOSITORY, spans
from tests.unit.docs.pages import PAGES as MARKDOWN

REFERENCE = REPOSITORY / "docs" / "reference"
REASON_PAGE = (REFERENCE / "reasons.md").read_text()
CONDITION_PAGE = (REFERENCE / "conditions-and-events.md").read_text()
GUIDE = REPOSITORY / "docs" / "resource.md"
MINIMAL = REPOSITORY / "examples" / "01-minimal.yaml"
METRIC = re.compile(r"\b(?:killick|driftcheck)_[a-z_]+\b")
SETTING = re.compile(r"\bKILLICK_[A-Z_]+\b")
OF_A_TRAINING = {  # what a training Job is given; docs/training-contract.md
    *("KILLICK_ATTEMPT", "KILLICK_MODEL", "KILLICK_TRAIN_BEFORE"),
    *("KILLICK_REFERENCE_URI", "KILLICK_CHAMPION_VERSION"),
}


def section(page: str, title: str) -> str:
    """The text of a section of a page, its subsections included."""
    return page.split(f"\n## {title}\n")[1].split("\n## ", maxsplit=1)[0]


def described(text: str) -> set[str]:
    """The words that tables explain: the code in their first cells."""
    cells = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_generated_page_is_up_to_date(page: Path) -> None:
    """Every generated table is what its source says."""
    text = page.read_text()
    assert updated(text) == text, "run `python -m dev.reference`"


def test_every_generated_table_has_its_place() -> None:
    """What can be generated is on exactly one page."""
    placed = [name for page in PAGES for name in names(page.read_text())]
    assert sorted(placed) == sorted(RENDERERS)


def test_every_field_has_a_row() -> None:
    """The renderer leaves no field of spec or status out."""
    page = (REFERENCE / "fields.md").read_text()
    properties = schema()["properties"]
    for part in ("spec", "status"):
        for path, _, _ in fields(properties[part]):
            assert f"| `{path}` |" in page


def test_every_metric_that_a_page_names_exists() -> None:
    """A metric that was renamed is renamed in the guides."""
    known = described((REFERENCE / "metrics.md").read_text())
    assert "killick_leader" in known
    named = {word for _, text in spans() for word in METRIC.findall(text)}
    assert {word for word in named if word not in known} == set()


def test_every_setting_that_a_page_names_exists() -> None:
    """A setting that was renamed is renamed in the guides."""
    known = described((REFERENCE / "settings.md").read_text()) | OF_A_TRAINING
    named = {word for _, text in spans() for word in SETTING.findall(text)}
    assert "KILLICK_CLUSTER" in named
    assert named - known == set()


def examples_of_the_guide() -> list[dict[str, Any]]:
    """Every example of a part of the spec in docs/resource.md."""
    blocks = [b for b in FENCED.findall(GUIDE.read_text()) if b.startswith("```yaml")]
    return [yaml.safe_load(block.strip("`").removeprefix("yaml")) for block in blocks]


@pytest.mark.parametrize("part", examples_of_the_guide(), ids=min)
def test_an_example_of_the_guide_is_a_valid_part(part: dict[str, Any]) -> None:
    """Each example makes a valid spec together with the minimal one and its log."""
    spec = yaml.safe_load(MINIMAL.read_text())["spec"]
    whole = {
        key: value
        for example in examples_of_the_guide()
        for key, value in example.items()
    }
    if "inferenceLog" not in part:  # what the others need
        spec |= {key: whole[key] for key in ("inferenceLog", "evaluation")}
    known = {path for path, _, _ in fields(schema()["properties"]["spec"])}
    assert set(part) <= known
    assert parse_spec({**spec, **part}).model.name == "churn"


def objects_of_the_pages() -> list[dict[str, Any]]:
    """Every whole ModelDeployment that a page shows."""
    blocks = [block for page in MARKDOWN for block in FENCED.findall(page.read_text())]
    shown = [b.strip("`").removeprefix("yaml") for b in blocks if "kind: Model" in b]
    return [yaml.safe_load(text) for text in shown]


def test_every_object_of_a_page_is_valid() -> None:
    """README and the quick start show objects that the operator takes."""
    objects = objects_of_the_pages()
    assert len(objects) >= 2
    assert all(parse_spec(shown["spec"]).model.name for shown in objects)


def test_the_guide_has_an_example_of_every_part() -> None:
    """No top-level part of the spec is left out of the guide."""
    shown = {key for example in examples_of_the_guide() for key in example}
    assert shown == set(schema()["properties"]["spec"]["properties"])


def test_every_reason_of_the_operator_is_described_once() -> None:
    """A reason that is added without a description is noticed."""
    listed = [reason for group in DESCRIPTIONS.values() for reason in group]
    assert sorted(listed) == sorted(OperatorReason)


def test_the_page_of_reasons_has_all_and_no_other() -> None:
    """The reasons of both programs are explained; those of Events on their page."""
    events = set(DESCRIPTIONS[EVENTS])
    expected = {*OperatorReason, *WorkerReason} - events
    assert described(REASON_PAGE) == expected


def test_every_condition_has_its_row() -> None:
    """The conditions of the page are those of the operator, in its order."""
    table = section(CONDITION_PAGE, "Conditions")
    rows = re.findall(r"^\| `([A-Za-z]+)` \|", table, re.MULTILINE)
    assert tuple(rows) == ORDER


def test_every_phase_is_explained() -> None:
    """What `status.phase` can hold is what the page lists."""
    sources = (REPOSITORY / "operator/killick/plan/report").glob("*.py")
    (function,) = (
        node
        for source in sources
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name == "phase"
    )
    returned = {
        value.value
        for node in ast.walk(function)
        if isinstance(node, ast.Return) and node.value
        for value in _chosen(node.value)
        if isinstance(value, ast.Constant)
    }
    assert returned | {"Stalled"} == described(section(CONDITION_PAGE, "Phases"))


def _chosen(value: ast.expr) -> tuple[ast.expr, ...]:
    """Return what an expression can be: both sides of a condition."""
    return (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)


def test_every_event_is_explained() -> None:
    """Events of their own, and those that are named after a verdict or a reason."""
    shared = {"Adopted", "TargetConflict", "PromotionReverted", "UnknownSchemaVersion"}
    listed = described(section(CONDITION_PAGE, "Events"))
    assert listed == {*DESCRIPTIONS[EVENTS], *Verdict, *shared}
