"""From the API server's dictionary to a Spec that can be acted on.

The CRD's schema and CEL rules check a spec when it is applied. It is checked again
here, because a CRD can be older or newer than the operator. No I/O.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from killick.errors import InvalidSpec
from killick.resource.codec import camel, from_dict
from killick.resource.spec import (
    METRICS,
    NATIVE,
    PERFORMANCE,
    TRIGGERS,
    Drift,
    Evaluation,
    Metric,
    Promotion,
    Retraining,
    Spec,
)

_DURATION = re.compile(r"(?:[0-9]+[smh])+")
_PART = re.compile(r"([0-9]+)([smh])")
_UNIT = {"s": 1, "m": 60, "h": 3600}

_DECIMAL = re.compile(r"[0-9]{1,6}(\.[0-9]{1,9})?")
_CENTURY = timedelta(days=36_525)
MODES = ("Observe", "Recommend", "Act")
VALUE_LIMIT = 500  # characters of the text that names a version in Git
WINDOWS_LIMIT = 10  # counting windows that the status remembers


def duration(text: str) -> timedelta:
    """Read a duration such as `24h` or `1h30m`; raises InvalidSpec otherwise.

    One of more than a century is none: times that lie so far ahead do not exist.
    """
    if not _DURATION.fullmatch(text) or len(text) > 40:
        shown = repr(text[:40])
        raise InvalidSpec(f"{shown} is not a duration; write for example 24h or 1h30m")
    seconds = sum(int(n) * _UNIT[unit] for n, unit in _PART.findall(text))
    if seconds > _CENTURY.total_seconds():
        raise InvalidSpec(f"{text!r} is longer than a century")
    return timedelta(seconds=seconds)


def parse_spec(raw: Any) -> Spec:
    """Read a spec as the API server holds it.

    Raises InvalidSpec with a message that says what to write instead.
    """
    spec = from_dict(Spec, raw, "spec")
    _check(spec)
    return spec


def _check(spec: Spec) -> None:
    if spec.mode not in MODES:
        raise InvalidSpec(f"spec.mode must be one of {', '.join(MODES)}")
    _ = spec.inference_log.store  # raises where the type's part is missing
    names = spec.inference_log.features.names
    if len(set(names)) != len(names):
        raise InvalidSpec("spec.inferenceLog.features: every name must occur once")
    unknown = sorted({c.name for c in spec.drift.columns} - set(spec.compared))
    if unknown:
        raise InvalidSpec(
            f"spec.drift.columns: {', '.join(unknown)} is not compared; name features "
            "of spec.inferenceLog.features"
        )
    if duration(spec.drift.window) <= timedelta(0):
        raise InvalidSpec("spec.drift.window must be longer than nothing")
    duration(spec.inference_log.lag)
    duration(spec.inference_log.label_delay or "0s")
    _check_performance(spec)
    _check_segments(spec)
    _check_drift(spec.drift)
    _check_actions(spec)


def _check_performance(spec: Spec) -> None:
    if spec.drift.performance is None:
        return
    performance = spec.drift.performance
    _check_metric("spec.drift.performance", performance.metric)
    for key in ("minimum", "maximum"):
        _decimal(f"spec.drift.performance.{key}", getattr(performance, key))
    unfit = "maximum" if performance.metric.higher_is_better else "minimum"
    if getattr(performance, unfit) is not None:
        raise InvalidSpec(
            f"spec.drift.performance.{unfit}: {performance.metric.name} has none; "
            "write the "
            "minimum of a score, or the maximum of an error"
        )
    if not (spec.inference_log.label_column and spec.inference_log.prediction_column):
        raise InvalidSpec(
            "spec.drift.performance needs labels and predictions: declare "
            "spec.inferenceLog.labelColumn and predictionColumn"
        )


def _check_segments(spec: Spec) -> None:
    segments, log = spec.drift.segments, spec.inference_log
    if segments is None:
        return
    if spec.drift.engine != NATIVE:
        raise InvalidSpec(f"spec.drift.segments needs spec.drift.engine {NATIVE}")
    inside = log.features.names if log.features.type != "Columns" else ()
    if segments.column in (*inside, log.timestamp_column):
        raise InvalidSpec(
            f"spec.drift.segments: {segments.column} makes no segments; name a column "
            "of texts, whole numbers or truth values"
        )


def _check_metric(path: str, metric: Metric) -> None:
    if metric.name not in METRICS:
        names = ", ".join(METRICS)
        raise InvalidSpec(f"{path}.metric.name must be one of {names}")


def _check_drift(drift: Drift) -> None:
    rule = drift.persistence
    if not 1 <= rule.breaches <= rule.windows <= WINDOWS_LIMIT:
        raise InvalidSpec(
            "spec.drift.persistence: breaches must be at least 1 and cannot exceed "
            f"windows, and windows cannot exceed {WINDOWS_LIMIT}"
        )
    _decimal("spec.drift.significance", drift.significance)
    for column in drift.columns:
        _decimal(f"the threshold of spec.drift.columns {column.name}", column.threshold)
        _decimal(f"the weight of spec.drift.columns {column.name}", column.weight)
        if float(column.weight) <= 0:
            raise InvalidSpec(
                f"the weight of spec.drift.columns {column.name} must be above 0"
            )


def _decimal(path: str, text: str | None) -> None:
    if text is not None and not _DECIMAL.fullmatch(text):
        raise InvalidSpec(f'{path} must be a decimal number in quotes, such as "0.1"')


def _check_actions(spec: Spec) -> None:
    if spec.retraining:
        for text in (spec.retraining.cooldown, spec.retraining.budget.per):
            duration(text)
        duration(spec.retraining.timeout)
        _check_triggers(spec, spec.retraining)
        if spec.retraining.budget.attempts < 1:
            raise InvalidSpec("spec.retraining.budget.attempts must be at least 1")
    if spec.evaluation:
        _check_evaluation(spec, spec.evaluation)
    if spec.promotion:
        _check_promotion(spec, spec.promotion)


def _check_triggers(spec: Spec, retraining: Retraining) -> None:
    if unknown := sorted(set(retraining.triggers) - set(TRIGGERS)):
        raise InvalidSpec(
            f"spec.retraining.triggers: {unknown[0][:40]!r} is not one of "
            f"{', '.join(TRIGGERS)}"
        )
    performance = spec.drift.performance
    if PERFORMANCE in retraining.triggers and not (performance and performance.bound):
        raise InvalidSpec(
            "spec.retraining.triggers: Performance needs a bound: declare "
            "spec.drift.performance with a minimum or maximum"
        )


def _check_evaluation(spec: Spec, policy: Evaluation) -> None:
    _check_metric("spec.evaluation", policy.metric)
    duration(policy.timeout)
    for key in ("minimum", "maximum", "minimum_improvement"):
        _decimal(f"spec.evaluation.{camel(key)}", getattr(policy, key))
    if spec.inference_log.label_column is None:
        raise InvalidSpec(
            "spec.evaluation needs labels: declare spec.inferenceLog.labelColumn"
        )


def _check_promotion(spec: Spec, promotion: Promotion) -> None:
    if spec.evaluation is None:
        raise InvalidSpec("spec.promotion needs spec.evaluation: declare a metric")
    if promotion.git.value.count("{version}") != 1:
        raise InvalidSpec("spec.promotion.git.value must contain {version} once")
    if len(spec.value_of("9" * 18)) > VALUE_LIMIT:
        raise InvalidSpec(
            "spec.promotion.git.value becomes longer than "
            f"{VALUE_LIMIT} characters: use {{model}} less often"
        )
