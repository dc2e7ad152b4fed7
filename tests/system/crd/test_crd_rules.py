"""The CRD on a real API server: what it accepts, rejects and says, and its defaults."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from dev.kubernetes.cluster import KubectlError, LocalCluster
from dev.operator_program import REPOSITORY, install
from tests.system.crd.crd_part_cases import part_cases
from tests.system.crd.crd_samples import Case, Change, manifest, submit
from tests.system.crd.crd_value_cases import value_cases

CRD = REPOSITORY / "crds" / "modeldeployments.killick.dev.yaml"
CASES = [*value_cases(), *part_cases()]
ACCEPTED = [(case, change) for case in CASES for change in case.accepted]
REJECTED = [(case, change) for case in CASES for change in case.rejected]
TRANSITION = ("model.name", "cannot be changed")  # has a test of its own
ROOT_MESSAGE = "choose a metadata.name of at most 40 characters"

REFUSAL = re.compile(r'ModelDeployment\.killick\.dev "([^"]+)" is invalid: (.*)')


@cache
def rules() -> tuple[tuple[str, str], ...]:
    """Return path (below spec) and message of every rule of the spec."""
    version = yaml.safe_load(CRD.read_text())["spec"]["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]
    return tuple(_rules(schema["properties"]["spec"], ""))


def _rules(node: Any, path: str) -> Iterator[tuple[str, str]]:
    for rule in node.get("x-kubernetes-validations", ()):
        yield path, rule["message"]
    for key, child in node.get("properties", {}).items():
        yield from _rules(child, f"{path}.{key}".lstrip("."))
    if "items" in node:
        yield from _rules(node["items"], f"{path}[]")


def message(case: Case) -> str:
    """Return the whole message of the one rule that a case is about."""
    (found,) = [m for path, m in rules() if path == case.path and case.says in m]
    return found


@pytest.fixture(scope="module")
def served(cluster: LocalCluster) -> LocalCluster:
    """Return the shared cluster with the CRD."""
    install(cluster)
    return cluster


@pytest.fixture(scope="module")
def refusals(served: LocalCluster) -> dict[str, str]:
    """Submit all examples at once; return what the server said to the refused ones."""
    named = [(f"ok-{i}", change) for i, (_, change) in enumerate(ACCEPTED)]
    named += [(f"bad-{i}", change) for i, (_, change) in enumerate(REJECTED)]
    with pytest.raises(KubectlError) as error:
        submit(served, *(manifest(name, change) for name, change in named))
    found = dict(REFUSAL.findall(str(error.value)))
    assert len(found) == len(str(error.value).splitlines()), str(error.value)
    return found


def name_of(value: Any) -> str:
    """Return a test's name for a case or a change."""
    return value.path if isinstance(value, Case) else json.dumps(value, default=repr)


@pytest.mark.parametrize("index", range(len(ACCEPTED)))
def test_what_a_rule_allows_is_accepted(index: int, refusals: dict[str, str]) -> None:
    """Each accepted example of a rule is accepted as part of a whole object."""
    assert f"ok-{index}" not in refusals, refusals[f"ok-{index}"]


@pytest.mark.parametrize(
    ("index", "case", "change"),
    [(index, *pair) for index, pair in enumerate(REJECTED)],
    ids=name_of,
)
def test_what_a_rule_forbids_is_rejected_with_what_to_write_instead(
    index: int, case: Case, change: Change, refusals: dict[str, str]
) -> None:
    """Each rejected example is refused by its own rule, in that rule's words."""
    said = refusals.get(f"bad-{index}", "")
    assert message(case) in said
    if case.alone:
        assert said.endswith(message(case))


def test_every_rule_of_the_crd_has_its_case() -> None:
    """No rule is without an accepted and a rejected example, and none is twice."""
    covered = [(case.path, message(case)) for case in CASES]
    assert all(case.accepted and case.rejected for case in CASES)
    covered += [rule for rule in rules() if _is_transition(rule)]
    assert sorted(covered) == sorted(rules())


def _is_transition(rule: tuple[str, str]) -> bool:
    return rule[0] == TRANSITION[0] and TRANSITION[1] in rule[1]


def test_the_model_cannot_be_changed(served: LocalCluster, namespace: str) -> None:
    """Another model is another object; everything else of a spec may change."""
    place = ("--namespace", namespace, "modeldeployment", "churn", "--type=merge")
    created = {**manifest("churn", {}), "metadata": {"name": "churn"}}
    served.kubectl("create", "-n", namespace, "-f", "-", input=json.dumps(created))
    served.kubectl("patch", *place, "-p", '{"spec":{"suspend":true}}')
    with pytest.raises(KubectlError, match=r"model\.name cannot be changed: create"):
        served.kubectl("patch", *place, "-p", '{"spec":{"model":{"name":"other"}}}')


def test_a_name_leaves_room_for_those_of_jobs(served: LocalCluster) -> None:
    """40 characters are accepted and 41 are not, with the reason."""
    submit(served, manifest("a" * 40, {}))
    with pytest.raises(KubectlError, match=ROOT_MESSAGE):
        submit(served, manifest("a" * 41, {}))
