"""The shipped examples, read as the operator and the API server would read them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from killick.plan.rules.ownership import claims
from killick.resource.parse import parse_spec

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
FILES = sorted(EXAMPLES.rglob("*.yaml"))


def documents(path: Path) -> list[dict[str, Any]]:
    """Every document of a YAML file."""
    return list(yaml.safe_load_all(path.read_text()))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
def test_every_model_deployment_is_a_valid_spec(path: Path) -> None:
    """Each ModelDeployment of the examples parses, whatever file it is in."""
    for document in documents(path):
        if document.get("kind") == "ModelDeployment":
            assert parse_spec(document["spec"]).model.name


def test_the_recommendation_example_is_the_one_that_was_asked_for() -> None:
    """Hourly, the last 24 hours, at least 100 rows, ml.recommendation_inference_log."""
    (document,) = documents(EXAMPLES / "recommendation" / "modeldeployment.yaml")
    spec = parse_spec(document["spec"])
    assert (spec.drift.schedule, spec.drift.window) == ("@hourly", "24h")
    assert spec.drift.minimum_rows == 100
    log = spec.inference_log.postgres
    assert log is not None
    assert (log.schema, log.table) == ("ml", "recommendation_inference_log")


def test_the_minimal_example_changes_nothing() -> None:
    """What says no mode is observed only: no retraining, no promotion."""
    (document,) = documents(EXAMPLES / "01-minimal.yaml")
    spec = parse_spec(document["spec"])
    assert spec.mode == "Observe"
    assert spec.retraining is None
    assert spec.promotion is None


def test_staging_and_production_share_a_model_and_no_target() -> None:
    """Two objects of one model: neither claims what is the other's."""
    path = EXAMPLES / "03-staging-and-production.yaml"
    staging, production = (parse_spec(d["spec"]) for d in documents(path))
    assert staging.model == production.model
    ours, theirs = (claims(s, "http://mlflow:5000") for s in (staging, production))
    assert len(ours) == len(theirs) == 2
    assert not {claim for _, claim in ours} & {claim for _, claim in theirs}
    assert staging.registry.aliases.candidate != production.registry.aliases.candidate


def test_what_a_manifest_refers_to_is_beside_it() -> None:
    """Secrets and CronJobs that the directories' objects name are in the same one."""
    for folder in ("story", "recommendation"):
        found = [d for p in (EXAMPLES / folder).glob("*.yaml") for d in documents(p)]
        known = {
            (one["kind"], one["metadata"]["namespace"], one["metadata"]["name"])
            for one in found
            if "kind" in one
        }
        (deployment,) = [one for one in found if one.get("kind") == "ModelDeployment"]
        namespace, spec = deployment["metadata"]["namespace"], deployment["spec"]
        secret = spec["inferenceLog"]["postgres"]["secretKeyRef"]["name"]
        gitops = spec["promotion"]["git"]["credentialsSecretRef"]["name"]
        cron_job = spec["retraining"]["job"]["cronJobRef"]["name"]
        assert ("Secret", namespace, secret) in known
        assert ("Secret", namespace, gitops) in known
        assert ("CronJob", namespace, cron_job) in known


def test_training_cron_jobs_never_run_by_themselves() -> None:
    """Killick takes a CronJob as a template: it is suspended, and runs no shell."""
    for path in FILES:
        for document in documents(path):
            if document.get("kind") == "CronJob":
                assert document["spec"]["suspend"] is True
                pod = document["spec"]["jobTemplate"]["spec"]["template"]["spec"]
                assert pod["securityContext"]["runAsNonRoot"] is True


def test_no_example_holds_a_secret() -> None:
    """Every value of a Secret is plainly a placeholder, or a user's name."""
    for path in FILES:
        for document in documents(path):
            if document.get("kind") == "Secret":
                for key, value in document["stringData"].items():
                    assert key == "username" or "REPLACE-ME" in value
