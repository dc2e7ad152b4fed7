"""The admission policy asks for the right to every object that the CRD names."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.test_crd import nodes

POLICY = Path(__file__).parents[2] / "deploy" / "base" / "admission.yaml"
REFERENCE = re.compile(r"secret|configmap|serviceaccount", re.IGNORECASE)


def references() -> Iterator[str]:
    """The path of every field that names a Secret, a ConfigMap or a ServiceAccount."""
    for path, node in nodes("spec"):
        holder, _, name = path.rpartition(".")
        holder = holder.rpartition(".")[2]
        named = name == "name" and REFERENCE.search(holder)
        if node.get("type") == "string" and (named or REFERENCE.search(name)):
            yield path


def policy() -> dict[str, Any]:
    """The policy's own part of the manifest."""
    documents = list(yaml.safe_load_all(POLICY.read_text()))
    found: dict[str, Any] = next(
        one["spec"] for one in documents if one["kind"] == "ValidatingAdmissionPolicy"
    )
    return found


def expressions() -> list[str]:
    """What the policy requires, with its variables written out, without optionals."""
    variables = policy()["variables"]
    found = [one["expression"] for one in policy()["validations"]]
    for one in variables:
        found = [
            text.replace(f"variables.{one['name']}", one["expression"])
            for text in found
        ]
    return [
        re.sub(r"\.\?|\.orValue\([^)]*\)", ".", text).replace("..", ".")
        for text in found
    ]


REFERENCES = list(references())


def test_the_crd_names_these_kinds_of_objects() -> None:
    """The walk sees references of every shape: else nothing would be asserted below."""
    assert len(REFERENCES) >= 7
    shapes = {path.rpartition(".")[0].rpartition(".")[2] for path in REFERENCES}
    assert {"secretKeyRef", "credentialsSecretRef", "imagePullSecrets[]"} <= shapes


@pytest.mark.parametrize("path", REFERENCES)
def test_every_reference_needs_the_right_of_its_author(path: str) -> None:
    """A new field that names a Secret fails here until the policy asks for it."""
    head, bracket, tail = path.partition("[]")
    checks = [text for text in expressions() if f"object.{head}" in text]
    assert all("allowed()" in text for text in checks)
    if bracket:
        checks = [text for text in checks if f"(e{tail})" in text]
        assert _items(checks) == set(range(_limit(head)))
    assert checks, f"deploy/base/admission.yaml does not ask for {path}"


def _items(checks: list[str]) -> set[int]:
    """Which items of a list the expressions look at; each may look at two only."""
    found: set[int] = set()
    for text in checks:
        ((first, last),) = re.findall(r"i < (\d+) \|\| i > (\d+)", text)
        found |= set(range(int(first), int(last) + 1))
    return found


def _limit(head: str) -> int:
    return int(dict(nodes("spec"))[head]["maxItems"])
