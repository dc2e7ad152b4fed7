"""Every enumeration, range and length of the spec, from both sides of its border."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from dev import reference
from dev.kubernetes.cluster import LocalCluster
from dev.operator_program import install
from tests.system.crd.crd_samples import Change, manifest
from tests.system.support.api_server import ApiServer, Json

PATH = "/apis/killick.dev/v1alpha1/namespaces/default/modeldeployments"
POD = "drift.podTemplate"
# What must be declared beside a field so that only its own border matters.
BESIDE: dict[str, Change] = {
    "drift.persistence.breaches": {"drift.persistence.windows": 10},
    "drift.persistence.windows": {"drift.persistence.breaches": 1},
    "drift.segments.minimumRows": {"drift.segments.column": "country"},
    "drift.segments.maximum": {"drift.segments.column": "country"},
    "drift.performance.minimumRows": {"drift.performance.metric.name": "RocAuc"},
    "drift.performance.minimum": {"drift.performance.metric.name": "RocAuc"},
    "drift.performance.maximum": {"drift.performance.metric.name": "MeanAbsoluteError"},
    "retraining.triggers[]": {
        "drift.performance.metric.name": "RocAuc",
        "drift.performance.minimum": "0.7",
    },
    f"{POD}.tolerations[].effect": {f"{POD}.tolerations[0].operator": "Exists"},
    f"{POD}.tolerations[].tolerationSeconds": {
        f"{POD}.tolerations[0].operator": "Exists",
        f"{POD}.tolerations[0].effect": "NoExecute",
    },
    f"{POD}.tolerations[].operator": {f"{POD}.tolerations[0].key": "gpu"},
}
# Values that need another part than the sample has; their rules' cases have it.
ANOTHER_PART = {
    ("inferenceLog.type", "Files"),
    ("inferenceLog.type", "DuckDB"),
    ("inferenceLog.features.type", "Columns"),
    ("inferenceLog.features.type", "Json"),
}


@dataclass(frozen=True)
class Border:
    """A field, what lies just inside and just outside, and what is said then."""

    path: str
    inside: tuple[Any, ...]
    outside: Any
    says: str

    def manifest(self, value: Any) -> Json:
        """Return an object with the value in place."""
        place = self.path.replace("[]", "[0]")
        return manifest("churn", {**BESIDE.get(self.path, {}), place: value})

    def __str__(self) -> str:
        return f"{self.path}={str(self.outside)[:20]}"


def borders() -> Iterator[Border]:
    """Every border that the schema of the spec draws."""
    for path, node, _ in reference.fields(reference.schema()["properties"]["spec"]):
        if "enum" in node:
            words = ", ".join(f'"{value}"' for value in node["enum"])
            inside = tuple(v for v in node["enum"] if (path, v) not in ANOTHER_PART)
            yield Border(path, inside, "Nonsense", words)
        if "minimum" in node:
            low, high = node["minimum"], node["maximum"]
            yield Border(path, (low,), low - 1, f"greater than or equal to {low}")
            yield Border(path, (high,), high + 1, f"less than or equal to {high}")
        if "maxLength" in node:
            longest = node["maxLength"]
            too_long = "a" * (longest + 1)
            yield Border(path, (), too_long, f"may not be more than {longest}")


@pytest.fixture(scope="module")
def api(cluster: LocalCluster) -> Iterator[ApiServer]:
    """Return the administrator's connection to a cluster with the CRD."""
    install(cluster)
    server = ApiServer(cluster.kubeconfig)
    yield server
    server.close()


@pytest.mark.parametrize("border", list(borders()), ids=str)
def test_a_border_lies_where_the_schema_draws_it(
    api: ApiServer, border: Border
) -> None:
    """The last value inside is accepted; the first outside is named with the border."""
    for value in border.inside:
        answer = api.dry_run(PATH, border.manifest(value))
        assert answer.accepted, answer.message
    refused = api.dry_run(PATH, border.manifest(border.outside))
    assert refused.status == 422
    assert border.says in refused.message
