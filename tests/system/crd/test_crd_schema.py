"""The CRD on a real API server: bounds, defaults, status, and what kubectl prints."""

import json
from typing import Any

import pytest

from dev.kubernetes.cluster import KubectlError, LocalCluster
from dev.operator_program import install
from killick.resource.codec import to_dict
from killick.resource.parse import parse_spec
from tests.system.crd.crd_samples import ABSENT, Change, manifest, minimal, submit

SUPPORTED = 'supported values: "{}"'.format
BOUNDS: list[tuple[Change, str]] = [
    ({"mode": "act"}, SUPPORTED('Observe", "Recommend", "Act')),
    ({"registry.stagePolicy": "Keep"}, SUPPORTED('Sync", "Ignore')),
    ({"inferenceLog.type": "Mongo"}, SUPPORTED('Postgres", "Files", "DuckDB')),
    ({"inferenceLog.features.type": "Rows"}, SUPPORTED('Vector", "Columns')),
    ({"retraining.type": "KubeflowPipeline"}, SUPPORTED("Job")),
    ({"retraining.triggers": ["Alert"]}, SUPPORTED('Drift", "Performance')),
    ({"promotion.strategy": "PullRequest"}, SUPPORTED("Commit")),
    (
        {"evaluation.metric.name": "F2"},
        SUPPORTED('RocAuc", "Accuracy", "F1", "Mean')[:-1],
    ),
    ({"drift.significance": 0.05}, "must be of type string"),
    ({"evaluation.minimum": 1}, "must be of type string"),
    ({"suspend": "yes"}, "must be of type boolean"),
    ({"drift.minimumRows": 9}, "greater than or equal to 10"),
    ({"drift.driftedColumnsPercent": 0}, "greater than or equal to 1"),
    ({"drift.driftedColumnsPercent": 101}, "less than or equal to 100"),
    ({"drift.persistence.breaches": 0}, "greater than or equal to 1"),
    ({"drift.persistence.windows": 11}, "less than or equal to 10"),
    ({"retraining.budget.attempts": 0}, "greater than or equal to 1"),
    ({"retraining.triggers": []}, "at least 1 items"),
    ({"drift.columns": [{"name": "age"}] * 2}, "Duplicate value"),
    ({"inferenceLog.features.vector.names": ["a", "price", "a"]}, "Duplicate value"),
    ({"inferenceLog.features.vector.names": []}, "at least 1 items"),
    (
        {"inferenceLog.features.vector.names": [f"f{i}" for i in range(201)]},
        "at most 200 items",
    ),
    ({"inferenceLog.postgres.table": "a" * 64}, "may not be more than 63"),
    ({"promotion.git.valuesPath": ABSENT}, "Required value"),
    ({"model": ABSENT}, "Required value"),
    ({"reference.uri": ABSENT}, "Required value"),
    ({"inferenceLog": ABSENT}, "Required value"),
    ({"evaluation.metric": ABSENT}, "Required value"),
]


@pytest.fixture(scope="module")
def served(cluster: LocalCluster) -> LocalCluster:
    """Return the shared cluster with the CRD."""
    install(cluster)
    return cluster


@pytest.mark.parametrize(("change", "says"), BOUNDS, ids=str)
def test_what_is_out_of_bounds_is_rejected(
    change: Change, says: str, served: LocalCluster
) -> None:
    """The schema refuses other types, values, lengths and numbers, and says which."""
    with pytest.raises(KubectlError) as error:
        submit(served, manifest("churn", change))
    assert says in str(error.value)


def test_what_does_not_work_yet_cannot_be_written(served: LocalCluster) -> None:
    """A field that later versions may know is an error now, never silently lost."""
    for path in ("drift.baseline", "probation", "deployment", "promotion.windows"):
        with pytest.raises(KubectlError, match="unknown field"):
            submit(served, manifest("churn", {path: {}}), validate="strict")


def test_a_minimal_object_gets_the_operators_own_defaults(served: LocalCluster) -> None:
    """What the server fills in is what the operator takes where nothing is said."""
    spec = defaulted(served, minimal())
    assert parse_spec(spec) == parse_spec(minimal())
    assert spec == _filled(to_dict(parse_spec(minimal())))


def test_an_empty_parent_gets_all_its_defaults(served: LocalCluster) -> None:
    """`drift: {}` and the like mean the same as leaving them out."""
    said = minimal() | {"registry": {}, "drift": {}}
    assert defaulted(served, said) == defaulted(served, minimal())
    said = minimal() | {
        "registry": {"aliases": {}},
        "drift": {"persistence": {}, "podTemplate": {}, "columns": []},
    }
    assert defaulted(served, said) == defaulted(served, minimal())


def test_parts_that_act_get_the_operators_own_defaults(served: LocalCluster) -> None:
    """Retraining, evaluation and promotion are filled as the operator reads them."""
    changes: list[Change] = [{}, {"retraining.budget": {}}]
    for change in changes:
        sent = manifest("churn", change)["spec"]
        assert parse_spec(defaulted(served, sent)) == parse_spec(sent)
        filled = defaulted(served, sent)
        for part in ("retraining", "evaluation", "promotion"):
            assert filled[part] == to_dict(parse_spec(sent))[part]


def defaulted(cluster: LocalCluster, spec: dict[str, Any]) -> dict[str, Any]:
    """Return a spec as the API server would store it."""
    sent = {**manifest("churn", {}), "spec": spec}
    stored: dict[str, Any] = json.loads(submit(cluster, sent))["spec"]
    return stored


def _filled(spec: dict[str, Any]) -> dict[str, Any]:
    """Put back the two empty parts that the operator's own form leaves out."""
    spec["drift"] = {"columns": [], "podTemplate": {}, **spec["drift"]}
    return spec


def test_a_new_object_says_that_nobody_looked_at_it_yet(served: LocalCluster) -> None:
    """Its observedGeneration is -1, and no author can write a status."""
    sent = {**manifest("churn", {}), "status": {"phase": "Fine"}}
    assert json.loads(submit(served, sent))["status"] == {"observedGeneration": -1}


def test_kubectl_prints_the_columns_of_the_design(
    served: LocalCluster, namespace: str
) -> None:
    """One line tells the state of an object; `-o wide` adds the checks' times."""
    created = {**manifest("churn", {}), "metadata": {"name": "churn"}}
    served.kubectl("create", "-n", namespace, "-f", "-", input=json.dumps(created))
    moment = "2026-01-02T03:04:05Z"
    ready = {"type": "Ready", "status": "True", "reason": "Watching"}
    status = {
        "phase": "Watching",
        "waitingFor": "next check",
        "versions": {"serving": "1", "candidate": "2"},
        "drift": {"summary": "Drift 38% (2/3)", "nextCheckTime": moment},
        "conditions": [{**ready, "message": "", "lastTransitionTime": moment}],
    }
    arguments = ("-n", namespace, "mdep", "churn", "--subresource=status")
    patch = json.dumps({"status": status})
    served.kubectl("patch", *arguments, "--type=merge", "-p", patch)
    head, line = served.kubectl("get", "killick", "-n", namespace).splitlines()
    names = "NAME MODEL SERVING CANDIDATE DRIFT PHASE WAITING-FOR READY AGE"
    assert head.split() == names.split()
    told = "churn churn 1 2 Drift 38% (2/3) Watching the next check True"
    assert " ".join(line.split()).startswith(told)
    head, line = served.kubectl("get", "mdep", "-n", namespace, "-o", "wide").split(
        "\n"
    )[:2]
    assert head.split() == [*names.split(), "LAST-CHECK", "NEXT-CHECK", "REASON"]
    assert line.split()[-2:] == [moment, "Watching"]


def test_kubectl_explains_the_fields(served: LocalCluster) -> None:
    """`kubectl explain` gives meaning, unit and default of a field."""
    told = " ".join(served.kubectl("explain", "mdep.spec.drift.window").split())
    assert "Length of a window. Default: 24h." in told
