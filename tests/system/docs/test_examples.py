"""Every manifest of examples/, and of the pages, is taken by a real API server."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from dev.kubernetes.cluster import LocalCluster
from dev.operator_program import install
from tests.system.support.api_server import ApiServer, Json

REPOSITORY = Path(__file__).parents[3]
PATHS = {
    "ModelDeployment": "/apis/killick.dev/v1alpha1/namespaces/{}/modeldeployments",
    "CronJob": "/apis/batch/v1/namespaces/{}/cronjobs",
    "Secret": "/api/v1/namespaces/{}/secrets",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "Pod": "/api/v1/namespaces/{}/pods",
}
FENCED = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def manifests() -> Iterator[tuple[str, Json]]:
    """Every manifest, with a name for its test."""
    texts = [(path, path.read_text()) for path in REPOSITORY.glob("examples/**/*.yaml")]
    pages = [REPOSITORY / "README.md", *REPOSITORY.glob("docs/*.md")]
    pages += REPOSITORY.glob("examples/**/*.md")
    for page in pages:
        texts += [(page, block) for block in FENCED.findall(page.read_text())]
    for path, text in sorted(texts, key=str):
        for document in yaml.safe_load_all(text):
            if isinstance(document, dict) and {"kind", "apiVersion"} <= set(document):
                where = path.relative_to(REPOSITORY)
                yield f"{where}:{document['kind']}", document


MANIFESTS = list(manifests())


@dataclass(frozen=True)
class Place:
    """A namespace under Pod Security `restricted`, and the way to it."""

    api: ApiServer
    namespace: str

    def refused(self, manifest: Json) -> str:
        """Return why the server would not take a manifest; empty if it would."""
        metadata = {**manifest["metadata"], "namespace": self.namespace}
        path = PATHS[manifest["kind"]].format(self.namespace)
        answer = self.api.dry_run(path, {**manifest, "metadata": metadata})
        return "" if answer.accepted else answer.message


@pytest.fixture(scope="module")
def place(cluster: LocalCluster) -> Iterator[Place]:
    """Return a namespace in a cluster with the CRD."""
    install(cluster)
    api = ApiServer(cluster.kubeconfig)
    name = cluster.create_namespace("examples")
    yield Place(api, name)
    cluster.delete_namespace(name)
    api.close()


@pytest.mark.parametrize(
    "manifest", [pytest.param(found, id=name) for name, found in MANIFESTS]
)
def test_it_is_accepted(place: Place, manifest: Json) -> None:
    """No unknown field, no broken rule, no kind that we do not speak of."""
    assert place.refused(manifest) == ""


@pytest.mark.parametrize(
    "cron_job",
    [pytest.param(m, id=name) for name, m in MANIFESTS if m["kind"] == "CronJob"],
)
def test_its_pods_run_in_a_restricted_namespace(place: Place, cron_job: Json) -> None:
    """A training pod that an example shows is admitted under `restricted`."""
    template = cron_job["spec"]["jobTemplate"]["spec"]["template"]
    metadata = {**template.get("metadata", {}), "name": "training"}
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": template["spec"]}
    assert place.refused({**pod, "metadata": metadata}) == ""


def test_the_examples_were_found() -> None:
    """The search itself finds what the directories are known to hold."""
    kinds = [manifest["kind"] for _, manifest in MANIFESTS]
    assert kinds.count("ModelDeployment") >= 4
    assert kinds.count("CronJob") >= 2
    assert kinds.count("Secret") >= 5
