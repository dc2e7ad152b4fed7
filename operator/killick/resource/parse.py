"""From the API server's dictionary to a Spec that can be acted on.

The CRD's schema and CEL rules check a spec when it is applied. It is checked again
here, because a CRD can be older or newer than the operator. No I/O.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from killick.errors import InvalidSpec
from killick.resource.codec import from_dict
from killick.resource.spec import ERRORS, SCORES, Spec

_DURATION = re.compile(r"(?:\d+[smh])+")
_PART = re.compile(r"(\d+)([smh])")
_UNIT = {"s": 1, "m": 60, "h": 3600}

MODES = ("Observe", "Recommend", "Act")


def duration(text: str) -> timedelta:
    """Read a duration such as `24h` or `1h30m`; raises InvalidSpec otherwise."""
    if not _DURATION.fullmatch(text):
        raise InvalidSpec(f"{text!r} is not a duration; write for example 24h or 1h30m")
    seconds = sum(int(n) * _UNIT[unit] for n, unit in _PART.findall(text))
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
    names = spec.inference_log.features.names
    if len(set(names)) != len(names):
        raise InvalidSpec("spec.inferenceLog.features: every name must occur once")
    unknown = sorted({c.name for c in spec.drift.columns} - set(names))
    if unknown:
        raise InvalidSpec(f"spec.drift.columns names no feature: {', '.join(unknown)}")
    if duration(spec.drift.window) <= timedelta(0):
        raise InvalidSpec("spec.drift.window must be longer than nothing")
    duration(spec.inference_log.lag)
    if spec.drift.persistence.breaches > spec.drift.persistence.windows:
        raise InvalidSpec("spec.drift.persistence: breaches cannot exceed windows")
    _check_actions(spec)


def _check_actions(spec: Spec) -> None:
    if spec.retraining:
        for text in (spec.retraining.cooldown, spec.retraining.budget.per):
            duration(text)
        duration(spec.retraining.timeout)
    if spec.evaluation:
        if spec.evaluation.metric.name not in SCORES + ERRORS:
            raise InvalidSpec(
                f"spec.evaluation.metric.name must be one of {SCORES + ERRORS}"
            )
        if spec.inference_log.label_column is None:
            raise InvalidSpec(
                "spec.evaluation needs labels: declare spec.inferenceLog.labelColumn"
            )
    if spec.promotion:
        if spec.evaluation is None:
            raise InvalidSpec("spec.promotion needs spec.evaluation: declare a metric")
        if spec.promotion.git.value.count("{version}") != 1:
            raise InvalidSpec("spec.promotion.git.value must contain {version} once")
