"""Every pod that Killick is or starts passes Pod Security `restricted`, by name.

What is admitted is what the product builds for the examples of the repository, from
the templates of the examples; the API server's own admission judges.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.kubernetes.cluster import LocalCluster
from killick.act.evaluation import evaluation_job
from killick.act.manifests import JobOwner, check_cronjob, requested_check
from killick.act.training import training_job
from killick.names import ObjectName
from killick.plan.effects import ApplyCheck, StartEvaluation, StartTraining
from killick.resource.parse import parse_spec
from tests.system.support.api_server import ApiServer, Json
from tests.unit.plan import builders as b

REPOSITORY = Path(__file__).parents[3]
EXAMPLES = REPOSITORY / "examples"
CHECK = ApplyCheck("f1", "{}", "7 * * * *", suspend=False)


def document(path: Path, kind: str) -> Json:
    """Return the one document of a kind in a file."""
    (found,) = [
        one for one in yaml.safe_load_all(path.read_text()) if one["kind"] == kind
    ]
    manifest: Json = found
    return manifest


def owner(example: str) -> JobOwner:
    """Return an example's object as the owner of what is built for it."""
    manifest = document(EXAMPLES / example / "modeldeployment.yaml", "ModelDeployment")
    metadata = manifest["metadata"]
    name = ObjectName("local", metadata["namespace"], metadata["name"])
    return JobOwner(name, "uid-1", parse_spec(manifest["spec"]), "killick-worker:0.1.0")


def operator() -> Json:
    """Return the operator's pod template."""
    path = REPOSITORY / "deploy" / "base" / "deployment.yaml"
    template: Json = document(path, "Deployment")["spec"]["template"]
    return template


def check() -> Json:
    """Return the pod template of a scheduled check."""
    job = check_cronjob(owner("story"), CHECK)["spec"]["jobTemplate"]
    template: Json = job["spec"]["template"]
    return template


def asked_check() -> Json:
    """Return the pod template of a check that a person asked for."""
    cronjob = check_cronjob(owner("story"), CHECK)
    cronjob["metadata"]["uid"] = "uid-2"
    template: Json = requested_check(cronjob, "asked")["spec"]["template"]
    return template


def evaluation() -> Json:
    """Return the pod template of an evaluation, all four containers."""
    effect = StartEvaluation(b.evaluation("Intended"), "e1", "{}", "two:1", "one:1")
    job = evaluation_job(owner("story"), effect)
    template: Json = job["spec"]["template"]
    return template


def training(example: str) -> Json:
    """Return the pod template of a training, from the example's CronJob."""
    path = EXAMPLES / example / "training-cronjob.yaml"
    cronjob = document(path, "CronJob")
    effect = StartTraining(b.attempt("Intended"), "t1")
    template: Json = training_job(owner(example), cronjob, effect, None)["spec"][
        "template"
    ]
    return template


PODS: dict[str, Callable[[], Json]] = {
    "operator": operator,
    "check": check,
    "a check that was asked for": asked_check,
    "evaluation": evaluation,
    "the story's training": lambda: training("story"),
    "the recommendation's training": lambda: training("recommendation"),
}


def as_root(spec: Json) -> None:
    """Forget who the pod runs as, wherever it is said."""
    spec["securityContext"] = {"seccompProfile": {"type": "RuntimeDefault"}}
    for container in (*spec.get("initContainers", ()), *spec["containers"]):
        container["securityContext"].pop("runAsNonRoot", None)


def with_rights(spec: Json) -> None:
    """Let one container gain rights."""
    spec["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True


def with_capabilities(spec: Json) -> None:
    """Drop no capability in the first container to run."""
    first = (*spec.get("initContainers", ()), *spec["containers"])[0]
    first["securityContext"].pop("capabilities")


def on_the_host(spec: Json) -> None:
    """Mount a folder of the node."""
    volumes = [*spec.get("volumes", ()), {"name": "host", "hostPath": {"path": "/"}}]
    spec["volumes"] = volumes


VIOLATIONS = (as_root, with_rights, with_capabilities, on_the_host)


@pytest.fixture(scope="module")
def admission(cluster: LocalCluster) -> Iterator[Any]:
    """Return what asks the API server whether a pod may be created."""
    namespace = cluster.create_namespace("pod-security")
    labels = cluster.get("namespace", namespace)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    api = ApiServer(cluster.kubeconfig)

    def ask(template: Json) -> Any:
        # Its account need not be here; Pod Security does not ask for it.
        spec = {**template["spec"], "serviceAccountName": "default"}
        metadata = {**template.get("metadata", {}), "name": "pod"}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
        return api.dry_run(f"/api/v1/namespaces/{namespace}/pods", pod)

    yield ask
    api.close()
    cluster.delete_namespace(namespace)


@pytest.mark.parametrize("name", PODS)
def test_is_admitted(admission: Any, name: str) -> None:
    """The pod as it is built is admitted."""
    answer = admission(PODS[name]())
    assert answer.accepted, answer.message


@pytest.mark.parametrize("violate", VIOLATIONS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("name", PODS)
def test_would_be_refused(admission: Any, name: str, violate: Any) -> None:
    """The same pod with one right more is not: it is really judged."""
    template = deepcopy(PODS[name]())
    violate(template["spec"])
    answer = admission(template)
    assert not answer.accepted
    assert "violates PodSecurity" in answer.message
