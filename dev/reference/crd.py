"""Tables of the resource's fields, made from the CRD."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from dev.reference.markdown import code, table

CRD: Final = (
    Path(__file__).resolve().parents[2] / "crds" / "modeldeployments.killick.dev.yaml"
)
DECIMAL: Final = "[0-9]{1,6}([.][0-9]{1,9})?"
"""The pattern by which the CRD's rules recognize a decimal."""
SECTIONS: Final = (
    *("registry", "inferenceLog", "drift", "drift.podTemplate"),
    *("retraining", "evaluation", "promotion"),
)
"""Parts of the spec that have a table of their own."""

Json = dict[str, Any]


def schema() -> Json:
    """Return the CRD's schema of the whole object."""
    (version,) = yaml.safe_load(CRD.read_text())["spec"]["versions"]
    whole: Json = version["schema"]["openAPIV3Schema"]
    return whole


def spec_tables() -> str:
    """Return the tables of all fields of the spec, one for each section."""
    tables: dict[str, list[list[str]]] = {name: [] for name in ("", *SECTIONS)}
    for path, node, required in fields(schema()["properties"]["spec"]):
        inside = [name for name in SECTIONS if path.startswith(f"{name}.")]
        tables[max(inside, key=len, default="")].append(_row(path, node, required))
    head = ("field", "type", "default", "meaning")
    titles = {name: f"### spec.{name}\n\n" if name else "" for name in tables}
    return "\n".join(titles[name] + table(head, rows) for name, rows in tables.items())


def status_table() -> str:
    """Return the table of all fields of the status."""
    rows = [
        (code(path), kind(node), node["description"])
        for path, node, _ in fields(schema()["properties"]["status"])
    ]
    return table(("field", "type", "meaning"), rows)


def fields(parent: Json, path: str = "") -> Iterator[tuple[str, Json, bool]]:
    """Yield every field below a node: its path, its schema, whether it must be set."""
    for name, node in parent.get("properties", {}).items():
        here = f"{path}.{name}".lstrip(".")
        yield here, node, name in parent.get("required", ())
        yield from fields(node, here)
        yield from fields(node.get("items", {}), f"{here}[]")


def kind(node: Json) -> str:
    """Return what a field takes, in a few words."""
    if "enum" in node:
        return ", ".join(code(value) for value in node["enum"])
    if node.get("type") == "array":
        most = f", at most {node['maxItems']}" if "maxItems" in node else ""
        return f"list of {kind(node['items'])}{most}"
    if "additionalProperties" in node:
        return f"map, at most {node['maxProperties']}"
    if node.get("format") == "date-time":
        return "time"
    if "minimum" in node and "maximum" in node:
        return f"integer, {node['minimum']} to {node['maximum']}"
    return text_kind(node) if node["type"] == "string" else str(node["type"])


def text_kind(node: Json) -> str:
    """Return what a string is, as its validation rules show."""
    rules = " ".join(r["rule"] for r in node.get("x-kubernetes-validations", ()))
    if "duration(self)" in rules:
        return "duration"
    return "decimal" if DECIMAL in rules else "string"


def _row(path: str, node: Json, required: bool) -> list[str]:
    meaning, _, described = node["description"].partition(" Default: ")
    default = "required" if required else _default(node, described.rstrip("."))
    return [code(path), kind(node), default, meaning]


def _default(node: Json, described: str) -> str:
    value = node.get("default")
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, str | int):
        return code(str(value))
    if isinstance(value, list) and value:
        return ", ".join(code(item) for item in value)
    return described
