"""The CRD's own judgement of a status, as strict as the API server's."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from killick.resource.codec import parse_time
from killick.resource.status import SIZE_LIMIT, Status, status_dict

CRD = Path(__file__).resolve().parents[3] / "crds" / "modeldeployments.killick.dev.yaml"
INT32 = 2**31 - 1


@cache
def crd_schema() -> dict[str, Any]:
    """Return the OpenAPI schema of the resource."""
    crd = yaml.safe_load(CRD.read_text())
    found: dict[str, Any] = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return found


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema that also refuses what the API server would prune or narrow."""
    made = dict(schema)
    if "properties" in made:
        made["properties"] = {k: strict(v) for k, v in made["properties"].items()}
        made["additionalProperties"] = False
    if "items" in made:
        made["items"] = strict(made["items"])
    if made.get("format") == "int32":
        made = {"minimum": -INT32 - 1, "maximum": INT32, **made}
    return made


@cache
def _validator() -> Any:
    checker = jsonschema.FormatChecker(formats=())
    checker.checks("date-time", raises=(TypeError, ValueError))(
        lambda text: parse_time(text) is not None
    )
    schema = strict(crd_schema()["properties"]["status"])
    return jsonschema.Draft202012Validator(schema, format_checker=checker)


def accepted(status: Status) -> dict[str, Any]:
    """Return the status as it is stored; fail where the API server would refuse it."""
    raw = status_dict(status)
    problems = [
        f"{e.json_path}: {e.message[:200]}" for e in _validator().iter_errors(raw)
    ]
    assert not problems, problems
    size = len(json.dumps(raw, ensure_ascii=False).encode())
    assert size <= SIZE_LIMIT, f"{size} bytes"
    return raw
