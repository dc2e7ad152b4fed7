"""The operator and Kubernetes' CronJobs accept what the CRD accepts."""

import json
from datetime import UTC, datetime

import pytest

from dev.kubernetes.cluster import LocalCluster
from killick.gitops.urls import check_branch, check_path, check_url
from killick.resource.parse import parse_spec
from killick.resource.schedule import cron_expression, next_run
from killick.resource.spec import Drift, Spec
from tests.system.crd.crd_part_cases import part_cases
from tests.system.crd.crd_samples import Change, manifest
from tests.system.crd.crd_value_cases import value_cases

CASES = [*value_cases(), *part_cases()]
ACCEPTED = [change for case in CASES for change in case.accepted]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def accepted(path: str) -> list[str]:
    """Return the values of a path that the CRD's examples accept."""
    return [change[path] for change in ACCEPTED if path in change]


@pytest.mark.parametrize("change", ACCEPTED, ids=str)
def test_the_operator_takes_what_the_crd_accepts(change: Change) -> None:
    """No accepted object is then Stalled/InvalidSpec or refused by the Git port."""
    spec: Spec = parse_spec(manifest("churn", change)["spec"])
    assert next_run(spec.drift, "key", NOW) > NOW
    if spec.promotion:
        git = spec.promotion.git
        check_url(git.url, allow_http=True)
        check_branch(git.branch)
        check_path(git.values_path)
        assert spec.version_in(spec.value_of("17")) == "17"


def test_cronjobs_take_the_schedules_that_the_crd_accepts(
    cluster: LocalCluster,
) -> None:
    """A schedule or time zone that is accepted never fails as a CronJob's."""
    found = [Drift(schedule=one) for one in accepted("drift.schedule")]
    found += [Drift(time_zone=one) for one in accepted("drift.timeZone")]
    assert found
    jobs = [_cronjob(f"check-{i}", drift) for i, drift in enumerate(found)]
    listed = {"apiVersion": "v1", "kind": "List", "items": jobs}
    arguments = ("create", "--dry-run=server", "-f", "-")
    cluster.kubectl(*arguments, input=json.dumps(listed))


def _cronjob(name: str, drift: Drift) -> Change:
    container = {"name": "check", "image": "killick-worker:0.1.0"}
    pod = {"restartPolicy": "Never", "containers": [container]}
    spec = {
        "schedule": cron_expression(drift.schedule, name),
        "timeZone": drift.time_zone or "UTC",
        "jobTemplate": {"spec": {"template": {"spec": pod}}},
    }
    metadata = {"name": name, "namespace": "default"}
    kind = {"apiVersion": "batch/v1", "kind": "CronJob"}
    return {**kind, "metadata": metadata, "spec": spec}
