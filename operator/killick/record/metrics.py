"""Prometheus metrics: the state of every object, and counters of this process.

The state is collected from the last status of each object, so the series of a deleted
object disappear. Counters start at zero with the process.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from killick.names import ObjectName
from killick.record.performance_metrics import FAMILIES, MODEL, add_performance
from killick.resource.status import Status

OBJECT: Final = ("namespace", "name")
IN_FLIGHT: Final = "InFlight"
OUTCOMES: Final = (
    "Failed",
    "Promoted",
    "Proven",
    "Rejected",
    "Reverted",
    "Superseded",
    "Trained",
)
"""How an attempt can end; see `plan/tracks/attempt.py`."""


class StatusCollector(Collector):
    """The last known status of every living object, and the counters."""

    def __init__(self) -> None:
        self._last: dict[ObjectName, tuple[str, Status]] = {}
        self._counted: dict[ObjectName, str] = {}
        self.registry = CollectorRegistry()
        self.registry.register(self)
        self.pass_seconds = Histogram(
            "killick_pass_duration_seconds",
            "Duration of one pass over one object, in seconds.",
            registry=self.registry,
        )
        self.pass_errors = Counter(
            "killick_pass_errors_total",
            "Passes that failed, by reason.",
            ("reason",),
            registry=self.registry,
        )
        self.effects = Counter(
            "killick_effects_total",
            "Effects by kind and outcome (done, failed).",
            ("kind", "outcome"),
            registry=self.registry,
        )
        self.leader = Gauge(
            "killick_leader",
            "1 while this operator may act, 0 while it waits for the Lease.",
            registry=self.registry,
        )

        self.attempts = Counter(
            "killick_retraining_attempts_total",
            "Retraining attempts that ended, by outcome, since the process started.",
            (*MODEL, "outcome"),
            registry=self.registry,
        )

    def show(self, name: ObjectName, model: str, status: Status) -> None:
        """Remember the status that was written last."""
        self._last[name] = (model, status)

    def count_attempts(
        self, name: ObjectName, model: str, before: Status, after: Status
    ) -> None:
        """Count each attempt that was in flight before and has an outcome after."""
        if not after.attempts:
            return
        labels = (name.namespace, name.name, model)
        if self._counted.get(name) != model:
            self._counted[name] = model
            for outcome in OUTCOMES:  # at zero, so that the first increase is seen
                self.attempts.labels(*labels, outcome)
        in_flight = {past.id for past in before.attempts if past.outcome == IN_FLIGHT}
        for past in after.attempts:
            if past.id in in_flight and past.outcome != IN_FLIGHT:
                self.attempts.labels(*labels, past.outcome).inc()

    def forget(self, name: ObjectName) -> None:
        """Drop the series of an object that is gone."""
        self._last.pop(name, None)
        if self._counted.pop(name, None):
            self.attempts.remove_by_labels(
                {"namespace": name.namespace, "name": name.name}
            )

    def collect(self) -> Iterable[Metric]:
        """Return the families for a scrape."""
        families = _families()
        for name, (model, status) in list(self._last.items()):
            _add(families, (name.namespace, name.name, model), status)
        return families.values()


def _families() -> dict[str, GaugeMetricFamily]:
    wanted = {
        **FAMILIES,
        "info": (
            "killick_modeldeployment_info",
            "Always 1; the labels say model, phase and serving version.",
            (*OBJECT, "model", "phase", "serving"),
        ),
        "condition": (
            "killick_modeldeployment_condition",
            "1 for the current status and reason of each condition.",
            (*OBJECT, "type", "status", "reason"),
        ),
        "detected": (
            "killick_model_drift_detected",
            "1 if the latest window drifted, 0 if not; absent if not decided.",
            MODEL,
        ),
        "share": (
            "killick_model_drift_share_ratio",
            "Share of drifted columns in the latest window, 0 to 1.",
            MODEL,
        ),
        "check": (
            "killick_model_last_check_timestamp_seconds",
            "When the last check ended, in Unix time.",
            MODEL,
        ),
        "promotion": (
            "killick_last_promotion_timestamp_seconds",
            "When the last promotion was proposed, by its state.",
            (*OBJECT, "state"),
        ),
    }
    return {
        key: GaugeMetricFamily(metric, text, labels=labels)
        for key, (metric, text, labels) in wanted.items()
    }


def _add(
    families: dict[str, GaugeMetricFamily], labels: tuple[str, str, str], status: Status
) -> None:
    """Add the samples of one object; `labels` are the values of `MODEL`."""
    drift, serving = status.drift, status.versions.serving or ""
    where = labels[:2]
    families["info"].add_metric((*labels, status.phase or "", serving), 1)
    for c in status.conditions:
        families["condition"].add_metric((*where, c.type, c.status, c.reason), 1)
    if drift.verdict in ("Drift", "NoDrift"):
        families["detected"].add_metric(labels, float(drift.verdict == "Drift"))
    if drift.percent is not None:
        families["share"].add_metric(labels, drift.percent / 100)
    if drift.performance:
        add_performance(families, labels, drift.performance)
    if drift.last_check_time:
        families["check"].add_metric(labels, drift.last_check_time.timestamp())
    if status.promotion:
        proposed = status.promotion.proposed_at.timestamp()
        families["promotion"].add_metric((*where, status.promotion.state), proposed)
