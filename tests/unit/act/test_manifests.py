"""What Killick creates: names, owners, rights, bounds, and the training contract."""

import json
from dataclasses import replace
from typing import Any

import pytest

from driftcheck.contract.evaluation import EVALUATION_VARIABLE
from killick.act.evaluation import evaluation_job
from killick.act.manifests import JobOwner, check_cronjob, requested_check
from killick.act.training import training_job
from killick.cluster.port import Manifest
from killick.names import child_labels
from killick.plan.effects import ApplyCheck, StartEvaluation, StartTraining
from killick.resource.parse import parse_spec
from killick.resource.status import ReferencePin
from tests.fakes.world import spec, template
from tests.unit.plan import builders as b

UID = "uid-1"
CHECK = ApplyCheck("f1", '{"request":1}', "7 * * * *", suspend=False)
START = StartTraining(b.attempt("Intended"), b.NAME.training_job("a1"))
COMPARE = StartEvaluation(
    b.evaluation("Intended"), b.NAME.evaluation_job("e1"), "{}", "two:1", "one:1"
)
PODS = {
    "serviceAccountName": "reader",
    "envFrom": [{"secretRef": {"name": "store"}}],
    "nodeSelector": {"disk": "fast"},
    "tolerations": [{"key": "gpu", "operator": "Exists"}],
    "imagePullSecrets": [{"name": "pull"}],
    "labels": {"team": "ml", "killick.dev/purpose": "forged"},
    "resources": {"limits": {"memory": "1Gi"}},
}
SECRET = {"credentialsSecretRef": {"name": "mlflow"}}


def owner(**changes: Any) -> JobOwner:
    """Return the object that owns what is built."""
    made = parse_spec(spec(**changes))
    return JobOwner(b.NAME, UID, made, "worker:1", "http://m:5000", "http://push:9091")


def check(**changes: Any) -> Manifest:
    """Return the check's CronJob."""
    return check_cronjob(owner(**changes), CHECK)


def training(cronjob: Manifest | None = None, **changes: Any) -> Manifest:
    """Return the training Job."""
    pin = ReferencePin("s3://pinned")
    return training_job(owner(**changes), cronjob or template(), START, pin)


def evaluation(**changes: Any) -> Manifest:
    """Return the evaluation's Job."""
    return evaluation_job(owner(**changes), COMPARE)


def pod_of(manifest: Manifest) -> dict[str, Any]:
    """Return the pod's spec in a Job or CronJob."""
    found = manifest["spec"].get("jobTemplate", manifest)["spec"]
    pod: dict[str, Any] = found["template"]["spec"]
    return pod


def containers_of(manifest: Manifest) -> list[dict[str, Any]]:
    """Return all containers, the init containers first."""
    pod = pod_of(manifest)
    return [*pod.get("initContainers", []), *pod["containers"]]


def env_of(container: dict[str, Any]) -> dict[str, Any]:
    """Return a container's environment: values, or where they come from."""
    return {e["name"]: e.get("value", e.get("valueFrom")) for e in container["env"]}


ALL = {"check": check, "training": training, "evaluation": evaluation}
OURS = {"check": check, "evaluation": evaluation}


@pytest.mark.parametrize(("purpose", "build"), ALL.items())
def test_children_are_ours(purpose: str, build: Any) -> None:
    """Each child carries our labels, in our namespace, and is owned by the object."""
    metadata = build()["metadata"]
    assert metadata["labels"] == child_labels("ranger", purpose)
    assert metadata["namespace"] == "ml"
    (reference,) = metadata["ownerReferences"]
    assert (reference["uid"], reference["controller"]) == (UID, True)
    assert "blockOwnerDeletion" not in reference


@pytest.mark.parametrize("build", OURS.values(), ids=OURS)
def test_pods_of_ours_are_restricted(build: Any) -> None:
    """Our pods are what Pod Security `restricted` wants, with a read-only root."""
    pod = pod_of(build())
    assert pod["automountServiceAccountToken"] is False
    assert pod["restartPolicy"] == "Never"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers_of(build()):
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False
        assert security["readOnlyRootFilesystem"] is True
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
        scratch = [m for m in container["volumeMounts"] if m["mountPath"] == "/tmp"]
        assert len(scratch) == 1


@pytest.mark.parametrize("build", OURS.values(), ids=OURS)
def test_what_an_author_may_choose(build: Any) -> None:
    """The pod template's choices arrive; our own labels cannot be forged."""
    made = build(drift={"podTemplate": PODS, "window": "60s"})
    pod = pod_of(made)
    assert pod["serviceAccountName"] == "reader"
    assert pod["nodeSelector"] == {"disk": "fast"}
    assert pod["tolerations"] == PODS["tolerations"]
    assert pod["imagePullSecrets"] == [{"name": "pull"}]
    for container in containers_of(made):
        assert container["envFrom"] == PODS["envFrom"]
        assert container["resources"] == PODS["resources"]
    inner = made["spec"].get("jobTemplate", made)["spec"]["template"]
    labels = inner["metadata"]["labels"]
    assert labels["team"] == "ml"
    assert labels["killick.dev/purpose"] != "forged"


def test_a_check_is_bounded() -> None:
    """Checks do not overlap, are not retried, end, and are not started late."""
    made = check()["spec"]
    assert made["concurrencyPolicy"] == "Forbid"
    assert made["startingDeadlineSeconds"] > 0
    assert made["successfulJobsHistoryLimit"] >= 3
    assert made["failedJobsHistoryLimit"] >= 3
    assert made["jobTemplate"]["spec"]["backoffLimit"] == 0
    assert made["jobTemplate"]["spec"]["activeDeadlineSeconds"] > 0


def test_what_a_check_is_told() -> None:
    """A check gets its request, and its database from the Secret, never as a value."""
    made = check()
    (container,) = containers_of(made)
    env = env_of(container)
    assert env["DRIFTCHECK_REQUEST"] == '{"request":1}'
    assert env["DATABASE_URL"] == {
        "secretKeyRef": {"name": "log", "key": "DATABASE_URL"}
    }
    assert env["PUSHGATEWAY_URL"] == "http://push:9091"
    assert made["metadata"]["annotations"] == {"killick.dev/applied": "f1"}
    assert "timeZone" not in made["spec"]
    berlin = check(drift={"timeZone": "Europe/Berlin", "window": "60s"})
    assert berlin["spec"]["timeZone"] == "Europe/Berlin"


def test_a_requested_check_is_like_a_scheduled_one() -> None:
    """A requested Job is the CronJob's template, owned by the CronJob."""
    cronjob = check()
    cronjob["metadata"]["uid"] = "uid-cron"
    made = requested_check(cronjob, "ranger-check-x")
    assert made["spec"] == cronjob["spec"]["jobTemplate"]["spec"]
    assert made["metadata"]["labels"] == child_labels("ranger", "check")
    (reference,) = made["metadata"]["ownerReferences"]
    assert (reference["kind"], reference["uid"]) == ("CronJob", "uid-cron")


def test_the_training_contract() -> None:
    """Training is told attempt, model, cut-off, reference and the version to beat."""
    (container,) = containers_of(training())
    env = env_of(container)
    assert env["KILLICK_ATTEMPT"] == "a1"
    assert env["KILLICK_MODEL"] == "ranger"
    assert env["KILLICK_TRAIN_BEFORE"] == "2026-03-10T11:00:00Z"
    assert env["KILLICK_REFERENCE_URI"] == "s3://pinned"
    assert env["KILLICK_CHAMPION_VERSION"] == "1"
    assert env["MLFLOW_TRACKING_URI"] == "http://m:5000"
    tags = {
        "attempt": "a1",
        "model-deployment": "test/ml/ranger",
        "train-before": "2026-03-10T11:00:00Z",
    }
    assert json.loads(env["MLFLOW_RUN_CONTEXT"]) == {
        f"killick.dev/{key}": value for key, value in tags.items()
    }


def test_training_is_the_templates() -> None:
    """What the template says stays; only our variables replace others of their name."""
    cronjob = template()
    outer = cronjob["spec"]["jobTemplate"]
    outer["metadata"] = {"labels": {"team": "ml", "killick.dev/purpose": "forged"}}
    outer["spec"]["ttlSecondsAfterFinished"] = 5
    outer["spec"]["backoffLimit"] = 2
    container = outer["spec"]["template"]["spec"]["containers"][0]
    container["env"] = [
        {"name": "KEEP", "value": "me"},
        {"name": "KILLICK_ATTEMPT", "value": "forged"},
    ]
    made = training(cronjob)
    (built,) = containers_of(made)
    names = [entry["name"] for entry in built["env"]]
    assert names.count("KILLICK_ATTEMPT") == 1
    assert env_of(built)["KEEP"] == "me"
    assert env_of(built)["KILLICK_ATTEMPT"] == "a1"
    assert made["spec"]["backoffLimit"] == 2
    assert "ttlSecondsAfterFinished" not in made["spec"]
    assert made["metadata"]["labels"]["team"] == "ml"
    assert made["metadata"]["labels"]["killick.dev/purpose"] == "training"
    assert outer["spec"]["ttlSecondsAfterFinished"] == 5  # the template is not ours


def test_mlflow_secrets_stay_references() -> None:
    """Credentials reach training and scoring as references to the Secret."""
    for made in (training(registry=SECRET), evaluation(registry=SECRET)):
        scoring = [c for c in containers_of(made) if c["image"] != "worker:1"]
        for container in scoring:
            source = env_of(container)["MLFLOW_TRACKING_PASSWORD"]["secretKeyRef"]
            assert source == {"name": "mlflow", "key": "password", "optional": True}


def test_a_check_meets_mlflow_only_where_it_needs_it() -> None:
    """A check that neither reads nor keeps anything there has no credentials."""
    artifact = replace(CHECK, needs_mlflow=True)
    plain, told = (
        env_of(containers_of(check_cronjob(owner(registry=SECRET), effect))[0])
        for effect in (CHECK, artifact)
    )
    assert not [name for name in plain if "MLFLOW" in name]
    assert told["MLFLOW_TRACKING_URI"] == "http://m:5000"
    source = told["MLFLOW_TRACKING_PASSWORD"]["secretKeyRef"]
    assert source == {"name": "mlflow", "key": "password", "optional": True}


def test_an_evaluation_in_four_steps() -> None:
    """Rows first, then each version in its own image, then the comparison."""
    made = evaluation()
    steps = [(c["name"], c["image"]) for c in containers_of(made)]
    assert steps == [
        ("rows", "worker:1"),
        ("champion", "one:1"),
        ("candidate", "two:1"),
        ("compare", "worker:1"),
    ]
    assert made["spec"]["backoffLimit"] == 0
    assert made["spec"]["activeDeadlineSeconds"] == 3600
    rows, _, candidate, compare = containers_of(made)
    assert env_of(rows)[EVALUATION_VARIABLE] == env_of(compare)[EVALUATION_VARIABLE]
    assert "DATABASE_URL" not in env_of(candidate)
    assert "models:/ranger/2" in candidate["command"]


def mounts_of(container: Any) -> dict[str, bool]:
    """A container's volumes by name, and whether it may write them."""
    mounts = container["volumeMounts"]
    return {m["name"]: not m.get("readOnly", False) for m in mounts}


def test_a_models_code_reaches_neither_labels_nor_the_others_predictions() -> None:
    """A scoring container reads the rows and writes its own volumes, no more."""
    rows, champion, candidate, compare = containers_of(evaluation())
    assert mounts_of(rows) == {"tmp-rows": True, "rows": True, "labels": True}
    assert mounts_of(champion) == {
        "tmp-champion": True,
        "rows": False,
        "champion": True,
    }
    assert mounts_of(candidate) == {
        "tmp-candidate": True,
        "rows": False,
        "candidate": True,
    }
    assert mounts_of(compare) == {
        "tmp-compare": True,
        **dict.fromkeys(("rows", "labels", "champion", "candidate"), False),
    }


def test_every_volume_of_an_evaluation_is_declared_once() -> None:
    """The pod declares exactly the volumes that its containers mount."""
    made = evaluation()
    declared = [v["name"] for v in made["spec"]["template"]["spec"]["volumes"]]
    mounted = {name for each in containers_of(made) for name in mounts_of(each)}
    assert sorted(declared) == sorted(mounted)


def test_without_a_champion_there_are_three() -> None:
    """Without a champion only the candidate is scored."""
    alone = StartEvaluation(b.evaluation(champion=None), "j", "{}", "two:1", None)
    made = evaluation_job(owner(), alone)
    assert [c["name"] for c in containers_of(made)] == ["rows", "candidate", "compare"]
