"""What a check is asked, and what changes it."""

from dataclasses import replace
from typing import Any

import pytest

from driftcheck.contract import (
    Metric,
    PerformanceRule,
    SegmentRule,
    decode_request,
)
from killick.names import ANNOTATION_CHECK
from killick.plan.requests.check import check_effect
from killick.plan.tracks import check as track
from killick.resource.fingerprint import window_fingerprint
from killick.resource.spec import Metric as MetricSpec
from killick.resource.spec import Performance as PerformanceSpec
from killick.resource.spec import Segments
from killick.resource.status import ReferencePin
from tests.unit.plan import builders as b
from tests.unit.plan.builders import CALM, DRIFT
from tests.unit.plan.tracks.check_cases import (
    BASE,
    jobs,
)


def test_a_long_token_acts_once() -> None:
    """A token beyond all bounds is remembered by its digest."""
    ctx = jobs(annotations={ANNOTATION_CHECK: "t" * 9999})
    after = track.step(ctx, BASE).status
    assert len(after.requests.check or "") < 100
    assert track.step(ctx, after).status.requests == after.requests


def test_what_is_asked() -> None:
    """The request carries rules, log, reference and how far windows are judged."""
    status = b.adopted(drift=b.windows(CALM, DRIFT))
    effect = check_effect(b.context(), status)
    request = decode_request(effect.request)
    assert request.windows.judged_through == b.NOW
    assert request.windows.anchor == status.drift.anchor
    assert (request.log.table, request.window_seconds) == ("ranger_inference_log", 60)


def test_where_profiles_are_kept_changes_no_evidence() -> None:
    """The check is told the place, and windows judged without it stay judged."""
    plain, kept = b.a_spec(), b.a_spec()
    kept = replace(kept, drift=replace(kept.drift, profiles="s3://models/profiles"))
    request = decode_request(check_effect(b.context(kept), BASE).request)
    assert request.profiles == "s3://models/profiles"
    assert (
        request.request_fingerprint
        == decode_request(
            check_effect(b.context(plain), BASE).request
        ).request_fingerprint
    )


def test_the_default_engine_keeps_the_windows_of_before_it_could_be_chosen() -> None:
    """Only another engine gives verdicts another meaning; a report gives them none."""
    plain = b.a_spec()
    other = replace(plain, drift=replace(plain.drift, report="Never"))
    assert plain.drift.engine == "Native"
    assert window_fingerprint(other) == window_fingerprint(plain)
    chosen = replace(plain, drift=replace(plain.drift, engine="Evidently"))
    assert window_fingerprint(chosen) != window_fingerprint(plain)


@pytest.mark.parametrize(
    ("report", "reference", "needed"),
    [
        ("OnDrift", "s3://models/reference.parquet", True),
        ("Never", "s3://models/reference.parquet", False),
        ("Never", "models:/ranger/1/reference.parquet", True),
    ],
)
def test_a_check_meets_mlflow_for_its_reference_or_its_report(
    report: str, reference: str, *, needed: bool
) -> None:
    """Who wants neither gives the check no credentials of MLflow."""
    plain = b.a_spec(registry={"trackingUri": "http://mlflow:5000"})
    spec = replace(plain, drift=replace(plain.drift, report=report))
    status = replace(BASE, reference=ReferencePin(reference))
    assert check_effect(b.context(spec), status).needs_mlflow is needed


@pytest.mark.parametrize(
    "change",
    [
        {"worker_image": "worker:2"},
        {"pushgateway_url": "http://push:9091"},
    ],
)
def test_settings_reach_the_cronjob(change: Any) -> None:
    """A changed setting of the operator changes the CronJob."""
    ctx = b.context()
    other = replace(ctx, settings=replace(ctx.settings, **change))
    assert check_effect(ctx, BASE).fingerprint != check_effect(other, BASE).fingerprint


def test_quality_is_asked_where_it_is_declared() -> None:
    """Metric, rows and delay reach the check, and no verdict changes its meaning."""
    plain = b.a_spec()
    log = replace(plain.inference_log, label_column="y", prediction_column="p")
    plain = replace(plain, inference_log=log)
    rule = PerformanceSpec(MetricSpec("Accuracy"), 50)
    late = replace(log, label_delay="24h")
    drift = replace(plain.drift, performance=rule)
    spec = replace(plain, drift=drift, inference_log=late)
    asked = decode_request(check_effect(b.context(spec), BASE).request).performance
    assert asked == PerformanceRule(Metric.ACCURACY, 50, 86_400)
    assert (
        decode_request(check_effect(b.context(plain), BASE).request).performance is None
    )
    assert window_fingerprint(spec) == window_fingerprint(plain)


def test_segments_are_asked_where_they_are_declared() -> None:
    """They reach the check and give its verdicts another meaning; none change none."""
    plain = b.a_spec()
    drift = replace(plain.drift, segments=Segments("country", 50, 5))
    spec = replace(plain, drift=drift)
    asked = decode_request(check_effect(b.context(spec), BASE).request).segments
    assert asked == SegmentRule("country", 50, 5)
    assert decode_request(check_effect(b.context(plain), BASE).request).segments is None
    assert window_fingerprint(spec) != window_fingerprint(plain)
