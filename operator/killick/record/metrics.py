"""Prometheus metrics: the state of every object, and how the passes go.

The state is collected from the last status of each living object, so the series of
a deleted one vanish by themselves. Counters count since the process started.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from killick.names import ObjectName
from killick.record.performance_metrics import FAMILIES, OBJECT, add_performance
from killick.resource.status import Status


class StatusCollector(Collector):
    """The last known status of every living object, and the counters."""

    def __init__(self) -> None:
        self._last: dict[ObjectName, tuple[str, Status]] = {}
        self.registry = CollectorRegistry()
        self.registry.register(self)
        self.pass_seconds = Histogram(
            "killick_pass_duration_seconds",
            "Duration of one pass over one object.",
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
            "Effects that were carried out, by kind and outcome (done, failed).",
            ("kind", "outcome"),
            registry=self.registry,
        )
        self.leader = Gauge(
            "killick_leader",
            "1 while this operator may act, 0 while it waits for the Lease.",
            registry=self.registry,
        )

    def show(self, name: ObjectName, model: str, status: Status) -> None:
        """Remember the status that was written last."""
        self._last[name] = (model, status)

    def forget(self, name: ObjectName) -> None:
        """Drop the series of an object that is gone."""
        self._last.pop(name, None)

    def collect(self) -> Iterable[Metric]:
        """Return the families for a scrape."""
        families = _families()
        for name, (model, status) in list(self._last.items()):
            _add(families, (name.namespace, name.name), model, status)
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
            "1 for the present status of each condition.",
            (*OBJECT, "type", "status", "reason"),
        ),
        "detected": (
            "killick_drift_detected",
            "1 if the latest window drifted, 0 if not; absent if not decided.",
            OBJECT,
        ),
        "share": (
            "killick_drift_share_ratio",
            "Share of drifted columns in the latest window, 0 to 1.",
            OBJECT,
        ),
        "check": (
            "killick_last_check_timestamp_seconds",
            "When the last check ended; its age is time() minus this.",
            OBJECT,
        ),
        "attempts": (
            "killick_attempts",
            "Retraining attempts that the status remembers, by outcome.",
            (*OBJECT, "outcome"),
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
    families: dict[str, GaugeMetricFamily],
    labels: tuple[str, str],
    model: str,
    status: Status,
) -> None:
    drift, serving = status.drift, status.versions.serving or ""
    families["info"].add_metric((*labels, model, status.phase or "", serving), 1)
    for c in status.conditions:
        families["condition"].add_metric((*labels, c.type, c.status, c.reason), 1)
    if drift.verdict in ("Drift", "NoDrift"):
        families["detected"].add_metric(labels, float(drift.verdict == "Drift"))
    if drift.percent is not None:
        families["share"].add_metric(labels, drift.percent / 100)
    if drift.performance:
        add_performance(families, labels, drift.performance)
    if drift.last_check_time:
        families["check"].add_metric(labels, drift.last_check_time.timestamp())
    outcomes = [past.outcome for past in status.attempts]
    for outcome in sorted(set(outcomes)):
        families["attempts"].add_metric((*labels, outcome), outcomes.count(outcome))
    if status.promotion:
        proposed = status.promotion.proposed_at.timestamp()
        families["promotion"].add_metric((*labels, status.promotion.state), proposed)
