"""The CRD's defaults and the operator's are the same."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from killick.names import GROUP, KIND, PLURAL, VERSION
from killick.resource.codec import to_dict
from killick.resource.parse import parse_spec
from tests.unit.plan.schema import CRD, crd_schema

MINIMAL: dict[str, Any] = {
    "model": {"name": "m"},
    "reference": {"uri": "s3://r"},
    "inferenceLog": {
        "type": "Postgres",
        "postgres": {"secretKeyRef": {"name": "s", "key": "k"}, "table": "t"},
        "duckdb": {"uri": "/log.duckdb", "table": "t"},
        "labelColumn": "label",
        "predictionColumn": "score",
        "features": {
            "type": "Vector",
            "vector": {"names": ["a"]},
            "json": {"names": ["a"]},
        },
    },
    "drift": {
        "columns": [{"name": "a"}],
        "segments": {"column": "country"},
        "performance": {"metric": {"name": "RocAuc"}},
    },
    "retraining": {"job": {"cronJobRef": {"name": "train"}}},
    "evaluation": {"metric": {"name": "RocAuc"}},
    "promotion": {
        "git": {"url": "https://g/r", "valuesPath": "v.yaml", "jsonPointer": "/a"}
    },
}


def defaults(schema: dict[str, Any], path: str = "spec") -> Iterator[tuple[str, Any]]:
    """Give each field of the schema that has a scalar default."""
    if "default" in schema and not isinstance(schema["default"], dict | list):
        yield path, schema["default"]
    for name, inner in (schema.get("properties") or {}).items():
        yield from defaults(inner, f"{path}.{name}")
    if isinstance(schema.get("items"), dict):
        yield from defaults(schema["items"], f"{path}[]")


def apply_defaults(schema: dict[str, Any], value: Any) -> Any:
    """Return what the API server would store."""
    if isinstance(value, dict):
        for name, inner in (schema.get("properties") or {}).items():
            if name not in value and "default" in inner:
                value[name] = copy.deepcopy(inner["default"])
            if name in value:
                value[name] = apply_defaults(inner, value[name])
    elif isinstance(value, list):
        return [apply_defaults(schema["items"], item) for item in value]
    return value


def at(value: Any, path: str) -> Any:
    """Return what lies at a dotted path of the JSON form."""
    for part in path.split(".")[1:]:
        name, _, item = part.partition("[")
        value = value[name]
        if item:
            value = value[0]
    return value


SPEC = crd_schema()["properties"]["spec"]
# No part of the operator sees these: the pod template is handed on as it is.
HANDED_ON = "spec.drift.podTemplate.envFrom"
SCALARS = [pair for pair in defaults(SPEC) if not pair[0].startswith(HANDED_ON)]


@pytest.mark.parametrize(("path", "default"), SCALARS, ids=[p for p, _ in SCALARS])
def test_same_default(path: str, default: object) -> None:
    """A field left out means the same to the API server and to parse_spec."""
    assert at(to_dict(parse_spec(MINIMAL)), path) == default


def test_an_object_of_the_server_means_the_same() -> None:
    """A minimal spec with all the server's defaults filled in parses to the same."""
    stored = apply_defaults(SPEC, copy.deepcopy(MINIMAL))
    assert stored != MINIMAL
    assert parse_spec(stored) == parse_spec(MINIMAL)


def test_the_names_agree() -> None:
    """Group, version, kind and plural are those that the operator asks for."""
    crd = yaml.safe_load(Path(CRD).read_text())
    assert crd["spec"]["group"] == GROUP
    assert crd["spec"]["names"]["kind"] == KIND
    assert crd["spec"]["names"]["plural"] == PLURAL
    assert [v["name"] for v in crd["spec"]["versions"]] == [VERSION]
    assert crd["metadata"]["name"] == f"{PLURAL}.{GROUP}"
