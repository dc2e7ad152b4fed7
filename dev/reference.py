"""`python -m dev.reference`: write the CRD's fields into docs/resource.md.

The tables between the two marks of that page are made from the CRD, so a field's
description is written once. A unit test fails while the page is not up to date.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parent.parent
CRD = REPOSITORY / "crds" / "modeldeployments.killick.dev.yaml"
PAGE = REPOSITORY / "docs" / "resource.md"
BEGIN, END = "<!-- fields: made from the CRD -->", "<!-- end of fields -->"
HEAD = "| field | type | default | meaning |\n| --- | --- | --- | --- |\n"
DECIMAL = "[0-9]{1,6}([.][0-9]{1,9})?"
SECTIONS = (
    *("registry", "inferenceLog", "drift", "drift.podTemplate"),
    *("retraining", "evaluation", "promotion"),
)

Json = dict[str, Any]


def schema() -> Json:
    """Return the CRD's schema of the whole object."""
    (version,) = yaml.safe_load(CRD.read_text())["spec"]["versions"]
    found: Json = version["schema"]["openAPIV3Schema"]
    return found


def rendered() -> str:
    """Return the tables of all fields of spec and status."""
    properties = schema()["properties"]
    tables = dict.fromkeys(("", *SECTIONS), "")
    for path, node, required in fields(properties["spec"]):
        inside = [s for s in SECTIONS if path.startswith(f"{s}.")]
        tables[max(inside, key=len, default="")] += _row(path, node, required)
    text = f"## spec\n\n{HEAD}{tables.pop('')}"
    for name, rows in tables.items():
        text += f"\n### spec.{name}\n\n{HEAD}{rows}"
    text += "\n## status\n\n| field | type | meaning |\n| --- | --- | --- |\n"
    for path, node, _ in fields(properties["status"]):
        text += f"| `{path}` | {kind(node)} | {_cell(node['description'])} |\n"
    return text


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
        return ", ".join(f"`{value}`" for value in node["enum"])
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
    """Return what a string is: its rule says it."""
    rules = " ".join(r["rule"] for r in node.get("x-kubernetes-validations", ()))
    if "duration(self)" in rules:
        return "duration"
    return "decimal" if DECIMAL in rules else "string"


def _row(path: str, node: Json, required: bool) -> str:
    meaning, _, told = node["description"].partition(" Default: ")
    default = "required" if required else _default(node, told.rstrip("."))
    return f"| `{path}` | {kind(node)} | {_cell(default)} | {_cell(meaning)} |\n"


def _default(node: Json, told: str) -> str:
    value = node.get("default")
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str | int):
        return f"`{value}`"
    if isinstance(value, list) and value:
        return ", ".join(f"`{item}`" for item in value)
    return told


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def updated(page: str) -> str:
    """Return the page with its tables made anew."""
    between = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    return between.sub(lambda _: f"{BEGIN}\n{rendered()}\n{END}", page)


def main() -> None:
    """Bring the page up to date."""
    PAGE.write_text(updated(PAGE.read_text()))


if __name__ == "__main__":
    main()
