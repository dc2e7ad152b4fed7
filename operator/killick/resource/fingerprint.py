"""Which fields of a spec give a verdict on a window its meaning.

Windows that were judged under other rules are not compared: when the fingerprint
changes, counting windows begin anew. A field is part of it unless it is named here. A
test walks the spec's dataclasses and fails for a field that is neither.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from killick.resource.codec import to_dict
from killick.resource.spec import NATIVE, Spec

NO_PART: Final = {
    "mode": "what may be done about drift",
    "suspend": "whether windows are judged",
    "model": "its name cannot be changed",
    "registry": "where versions are registered",
    "reference": "status.reference pins it, and a new pin begins the windows anew",
    "retraining": "what drift starts",
    "evaluation": "how candidates are compared",
    "promotion": "where versions are promoted",
    "drift.schedule": "when windows are judged",
    "drift.timeZone": "when windows are judged",
    "drift.persistence": "how many verdicts are drift that persists",
    "drift.podTemplate": "where the pods run",
    "drift.profiles": "where the reduced reference is kept",
    "drift.report": "where the verdict is written as well",
}
"""Fields that do not change what a verdict on a window means, and what they are."""

ONLY_WITH_A_BOUND: Final = ("drift.performance", "inferenceLog.labelDelay")
"""Part of the fingerprint where performance has a bound: else it is only reported."""

ONLY_IF_NOT_NATIVE: Final = ("drift.engine",)
"""Part of the fingerprint where it is not the default, which older windows had."""


def window_fingerprint(spec: Spec) -> str:
    """Return 12 hex digits that identify all that gives a verdict its meaning."""
    left_out = set(NO_PART)
    performance = spec.drift.performance
    if performance is None or performance.bound is None:
        left_out.update(ONLY_WITH_A_BOUND)
    if spec.drift.engine == NATIVE:
        left_out.update(ONLY_IF_NOT_NATIVE)
    raw = to_dict(spec)
    parts = [_without(part, raw, left_out) for part in ("drift", "inferenceLog")]
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _without(part: str, raw: dict[str, Any], left_out: set[str]) -> dict[str, Any]:
    found = raw.get(part, {})
    return {key: v for key, v in found.items() if f"{part}.{key}" not in left_out}
