"""Prometheus metrics of a model's performance on rows whose labels have arrived."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prometheus_client.core import GaugeMetricFamily

from killick.resource.drift_status import PerformanceStatus

MODEL: Final = ("namespace", "name", "model")
"""The labels of every metric about a model."""
FAMILIES: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    "performance": (
        "killick_model_performance_score",
        "Score of the latest labeled predictions, in the metric's unit.",
        (*MODEL, "metric"),
    ),
    "interval": (
        "killick_model_performance_interval",
        "Lower and upper end of the score's 95 % confidence interval.",
        (*MODEL, "metric", "end"),
    ),
    "bound": (
        "killick_model_performance_bound",
        "The declared minimum or maximum of the score, in the metric's unit.",
        (*MODEL, "metric"),
    ),
    "labeled": (
        "killick_model_performance_labeled_rows",
        "Labeled rows that the score was computed on.",
        MODEL,
    ),
    "dropped": (
        "killick_model_performance_drift_detected",
        "1 if the score is significantly beyond its bound, else 0; absent if unknown.",
        MODEL,
    ),
    "coverage": (
        "killick_model_label_coverage_ratio",
        "Share of the window's rows that have labels, 0 to 1.",
        MODEL,
    ),
}


def add_performance(
    families: dict[str, GaugeMetricFamily],
    labels: tuple[str, str, str],
    performance: PerformanceStatus,
) -> None:
    """Add the samples of a performance; an unknown value has no series.

    `labels` are the values of `MODEL`.
    """
    named = (*labels, performance.metric)
    if performance.score is not None:
        families["performance"].add_metric(named, float(performance.score))
    for end, value in (("lower", performance.lower), ("upper", performance.upper)):
        if value is not None:
            families["interval"].add_metric((*named, end), float(value))
    if performance.bound is not None:
        families["bound"].add_metric(named, float(performance.bound))
    if performance.verdict in ("Drift", "NoDrift"):
        families["dropped"].add_metric(labels, float(performance.verdict == "Drift"))
    if performance.labeled is not None:
        families["labeled"].add_metric(labels, performance.labeled)
        if performance.rows:
            families["coverage"].add_metric(
                labels, performance.labeled / performance.rows
            )
