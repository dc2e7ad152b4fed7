"""The CRD keeps its API conventions, and says what the dataclasses say."""

import dataclasses
import re
import types
import typing
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from dev import reference
from driftcheck.contract import Metric
from killick.resource import spec as spec_classes
from killick.resource import status as status_classes
from killick.resource.bounds import LIMITS
from killick.resource.codec import camel, to_dict

SIZE_LIMIT = 200_000  # bytes; `kubectl apply` keeps a copy in an annotation
BOOLEANS = {"on", "off", "yes", "no", "y", "n", "true", "false"}  # YAML 1.1
COLUMNS = {
    "Model": ".spec.model.name",
    "Serving": ".status.versions.serving",
    "Candidate": ".status.versions.candidate",
    "Drift": ".status.drift.summary",
    "Phase": ".status.phase",
    "Waiting-For": ".status.waitingFor",
    "Ready": '.status.conditions[?(@.type=="Ready")].status',
    "Age": ".metadata.creationTimestamp",
}
WIDE = {"Last-Check", "Next-Check", "Reason"}
# Not required by the schema, since a rule that depends on the type says it better.
BY_RULE = {"retraining.job"}

Json = dict[str, Any]


def definition() -> Json:
    """The CRD as it is in the repository."""
    found: Json = yaml.safe_load(reference.CRD.read_text())
    return found


def properties() -> Json:
    """The schemas of spec and status."""
    found: Json = reference.schema()["properties"]
    return found


def nodes(part: str) -> Iterator[tuple[str, Json]]:
    """Every node of a part's schema: fields, items of lists and values of maps."""
    yield from _below(part, properties()[part])


def _below(path: str, node: Json) -> Iterator[tuple[str, Json]]:
    yield path, node
    for name, child in node.get("properties", {}).items():
        yield from _below(f"{path}.{name}", child)
    for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if key in node:
            yield from _below(f"{path}{mark}", node[key])


ALL = [*nodes("spec"), *nodes("status")]


def test_plain_kubectl_apply_takes_it() -> None:
    """The CRD is small enough for the annotation that `kubectl apply` writes."""
    assert reference.CRD.stat().st_size < SIZE_LIMIT


def test_every_field_is_described() -> None:
    """`kubectl explain` has words for each field, each a sentence."""
    missing = [path for path, node in ALL if not node.get("description")]
    assert missing == []
    assert [path for path, node in ALL if node["description"][-1] != "."] == []


def test_there_is_no_float() -> None:
    """A number with a fraction is a decimal string: JSON's floats lose digits."""
    assert [path for path, node in ALL if node.get("type") == "number"] == []


def test_everything_is_bounded() -> None:
    """Strings, lists and maps have bounds: rules have a cost, and the status fits."""
    unbounded = [path for path, node in ALL if not _bounded(node)]
    assert unbounded == []


def _bounded(node: Json) -> bool:
    if node.get("type") == "string":
        return bool({"maxLength", "enum", "format"} & set(node))
    if node.get("type") == "array":
        return "maxItems" in node
    return "additionalProperties" not in node or "maxProperties" in node


def test_numbers_of_the_spec_are_ranges() -> None:
    """Whoever writes a number too many is told the range."""
    integers = [(p, n) for p, n in nodes("spec") if n.get("type") == "integer"]
    assert [p for p, n in integers if not {"minimum", "maximum"} <= set(n)] == []


def test_no_word_is_a_boolean_in_yaml() -> None:
    """No field and no value has to be quoted, whatever reads the YAML."""
    conditions = "status.conditions[]"  # "True" and "False", as all Kubernetes has it
    words = {word for path, _ in ALL for word in re.findall(r"[A-Za-z]+", path)}
    for path, node in ALL:
        if not path.startswith(conditions):
            words |= set(node.get("enum", ()))
    assert {word for word in words if word.lower() in BOOLEANS} == set()


def test_enums_are_camel_case() -> None:
    """Values are written as Kubernetes writes its own."""
    values = [value for _, node in ALL for value in node.get("enum", ())]
    assert [
        v for v in values if not re.fullmatch("[A-Z][a-z0-9]+([A-Z][a-z]*)*", v)
    ] == []


def test_metrics_are_those_of_the_contract() -> None:
    """Every metric that the worker knows can be declared, and no other."""
    named = [node["enum"] for path, node in ALL if path.endswith("metric.name")]
    assert named == [list(Metric)] * 2


def test_rules_on_metrics_know_their_direction() -> None:
    """A rule that lists metrics lists all scores, or all errors."""
    rules = [
        rule["rule"]
        for _, node in nodes("spec")
        for rule in node.get("x-kubernetes-validations", ())
    ]
    scores = [metric for metric in Metric if metric.higher_is_better]
    errors = [metric for metric in Metric if not metric.higher_is_better]
    listed = [re.findall(r"'(\w+)'", rule) for rule in rules if "metric.name" in rule]
    assert len(listed) >= 4
    assert all(names in (scores, errors) for names in listed), listed


def test_fields_are_lower_camel_case() -> None:
    """Fields are written as Kubernetes writes its own; URI is an acronym."""
    names = [path.rpartition(".")[2].rstrip("[]{}") for path, _ in ALL]
    assert [
        n for n in names if not re.fullmatch("[a-z]+([A-Z][A-Za-z0-9]*)*(256)?", n)
    ] == []


def test_every_list_says_how_it_is_merged() -> None:
    """Server-side apply knows the owner of each item, or that lists are replaced."""
    lists = [(p, n) for p, n in ALL if n.get("type") == "array"]
    kinds = {path: node.get("x-kubernetes-list-type") for path, node in lists}
    assert [path for path, kind in kinds.items() if kind is None] == []
    assert kinds["spec.drift.columns"] == "map"
    assert kinds["spec.retraining.triggers"] == "set"
    assert kinds["status.conditions"] == "map"


def test_an_empty_parent_gets_its_defaults() -> None:
    """A parent that need not be declared, and has defaults below, has one itself."""
    for path, node in nodes("spec"):
        below = [n for p, n in _below(path, node) if p != path and "[]" not in p]
        optional = node.get("type") == "object" and not node.get("required")
        if optional and any("default" in child for child in below) and "[]" not in path:
            assert "default" in node or path == "spec.retraining", path


def test_a_default_of_a_parent_is_that_of_its_children() -> None:
    """What a whole default spells out again does not differ."""
    for path, node in nodes("spec"):
        default = node.get("default")
        if isinstance(default, dict):
            for key, value in default.items():
                assert node["properties"][key]["default"] == value, path


def test_columns_are_those_of_the_design() -> None:
    """`kubectl get` shows these, in this order, and three more with `-o wide`."""
    (version,) = definition()["spec"]["versions"]
    columns = version["additionalPrinterColumns"]
    shown = {c["name"]: c["jsonPath"] for c in columns if not c.get("priority")}
    assert list(shown.items()) == list(COLUMNS.items())
    assert {c["name"] for c in columns if c.get("priority") == 1} == WIDE
    assert all(c["description"] for c in columns)


def test_names_of_the_resource() -> None:
    """Group, version, kind, short name, category and subresource are as designed."""
    found = definition()["spec"]
    assert (found["group"], found["scope"]) == ("killick.dev", "Namespaced")
    assert found["names"]["kind"] == "ModelDeployment"
    assert found["names"]["shortNames"] == ["mdep"]
    assert found["names"]["categories"] == ["killick"]
    (version,) = found["versions"]
    assert (version["name"], version["subresources"]) == ("v1alpha1", {"status": {}})


def test_a_new_object_was_not_observed() -> None:
    """The status begins at -1, so that tools do not take a new object for ready."""
    status = properties()["status"]
    assert status["default"] == {"observedGeneration": -1}
    assert status["properties"]["observedGeneration"]["default"] == -1


def test_every_rule_has_a_message_of_its_own() -> None:
    """A rule without words would be answered with its CEL expression."""
    for path, node in ALL:
        messages = [r["message"] for r in node.get("x-kubernetes-validations", ())]
        assert len(set(messages)) == len(messages), path
        assert all(0 < len(message) <= 250 for message in messages), path


def dataclass_in(hint: Any) -> Any:
    """The dataclass of a field, also if it is optional or listed; else None."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union, tuple):
        found = [dataclass_in(arg) for arg in typing.get_args(hint)]
        return next(filter(None, found), None)
    return hint if dataclasses.is_dataclass(hint) else None


def pairs(cls: Any, node: Json, path: str) -> Iterator[tuple[str, Any, Json]]:
    """Every dataclass that the operator reads, beside its schema."""
    yield path, cls, node
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        inner, name = dataclass_in(hints[field.name]), camel(field.name)
        if inner:
            child = node["properties"][name]
            yield from pairs(
                inner, child.get("items", child), f"{path}.{name}".strip(".")
            )


SPEC_PAIRS = list(pairs(spec_classes.Spec, properties()["spec"], ""))
STATUS_PAIRS = list(pairs(status_classes.Status, properties()["status"], ""))


@pytest.mark.parametrize(
    ("cls", "node"),
    [pytest.param(c, n, id=c.__name__) for _, c, n in [*SPEC_PAIRS, *STATUS_PAIRS]],
)
def test_the_fields_are_those_of_the_dataclass(cls: Any, node: Json) -> None:
    """What can be written is read, and what is written to a status can be stored."""
    assert {camel(f.name) for f in dataclasses.fields(cls)} == set(node["properties"])


@pytest.mark.parametrize(
    ("path", "cls", "node"),
    [pytest.param(p, c, n, id=c.__name__) for p, c, n in SPEC_PAIRS],
)
def test_the_defaults_are_those_of_the_dataclass(
    path: str, cls: Any, node: Json
) -> None:
    """An object that the API server did not complete means the same."""
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        name = camel(field.name)
        here, child = f"{path}.{name}".strip("."), node["properties"][name]
        must = (
            field.default is dataclasses.MISSING
            and field.default_factory is dataclasses.MISSING
        )
        assert must == (name in node.get("required", ()) or here in BY_RULE), here
        if not must and not dataclass_in(hints[field.name]):
            ours = to_dict(field.default)
            assert ours == child.get("default") or not (ours or "default" in child), (
                here
            )


def test_the_description_states_the_default() -> None:
    """`kubectl explain` names the same default as the schema applies."""
    for path, node in nodes("spec"):
        default = node.get("default")
        if path.endswith("[]") or default in ({}, []) or isinstance(default, dict):
            continue
        if default is not None:
            stated = node["description"].partition(" Default: ")[2]
            value = f"{default}".lower() if isinstance(default, bool) else default
            value = f"[{', '.join(value)}]" if isinstance(value, list) else value
            assert re.match(rf"{re.escape(str(value))}[.,]", stated), path


def test_texts_that_are_cut_fit_into_the_status() -> None:
    """The operator's own limits of free texts are not above those of the CRD."""
    limits = {**LIMITS, "message": status_classes.MESSAGE_LIMIT}
    for path, node in nodes("status"):
        limit = limits.get(path.rpartition(".")[2])
        if limit and node["type"] == "string":
            assert limit <= node["maxLength"], path


def test_windows_and_attempts_fit_into_the_status() -> None:
    """The lists that the operator keeps are never longer than the CRD allows."""
    status, spec = properties()["status"], properties()["spec"]
    windows = spec["properties"]["drift"]["properties"]["persistence"]["properties"]
    kept = status["properties"]["drift"]["properties"]["windows"]["maxItems"]
    assert windows["windows"]["maximum"] <= kept
    attempts = status["properties"]["attempts"]["maxItems"]
    assert attempts >= status_classes.HISTORY_LIMIT
    assert attempts >= _maximum(spec, "retraining", "budget", "attempts")


def _maximum(node: Json, *path: str) -> int:
    for name in path:
        node = node["properties"][name]
    return int(node["maximum"])
