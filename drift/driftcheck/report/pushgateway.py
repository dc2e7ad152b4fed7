"""Push a check's gauges, so that the worker is useful without the operator."""

from driftcheck.contract import CheckAnswer, CheckRequest, Verdict
from driftcheck.errors import one_line
from driftcheck.redaction import without_secrets

TIMEOUT_SECONDS = 5.0
"""Seconds without data after which a push fails: it must not delay the answer."""
JUDGED = (Verdict.DRIFT, Verdict.NO_DRIFT)


def push_gauges(url: str, request: CheckRequest, answer: CheckAnswer) -> str | None:
    """Replace the gauges of this model; return a warning if that fails.

    The newest window is pushed. A verdict that is neither Drift nor NoDrift has no
    drift gauges: what was not computed must not look like a zero.
    """
    from prometheus_client import CollectorRegistry, Gauge, push_to_gateway

    registry = CollectorRegistry()
    Gauge(
        "driftcheck_last_check_timestamp_seconds",
        "When the model was last checked, in Unix time.",
        registry=registry,
    ).set(answer.judged_at.timestamp())
    newest = max(answer.windows, key=lambda w: w.end, default=None)
    if newest and newest.verdict in JUDGED:
        Gauge(
            "driftcheck_drift_detected",
            "1 where the newest window's verdict is Drift, 0 where it is NoDrift.",
            registry=registry,
        ).set(newest.verdict is Verdict.DRIFT)
    if newest and newest.verdict in JUDGED and newest.checked:
        Gauge(
            "driftcheck_drift_share_ratio",
            "Share of the checked columns that drifted, from 0 to 1.",
            registry=registry,
        ).set((newest.drifted or 0) / newest.checked)
    key = {"namespace": request.namespace, "name": request.name}
    try:
        push_to_gateway(url, "killick", registry, key, timeout=TIMEOUT_SECONDS)
    except (OSError, ValueError) as error:
        return f"push failed: {without_secrets(one_line(error), url)}"
    return None
