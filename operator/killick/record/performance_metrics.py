"""Prometheus metrics of the answers whose labels have come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prometheus_client.core import GaugeMetricFamily

from killick.resource.drift_status import PerformanceStatus

OBJECT: Final = ("namespace", "name")
FAMILIES: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    "performance": (
        "killick_model_performance_score",
        "Score of the answers whose labels have come, in the metric's unit.",
        (*OBJECT, "metric"),
    ),
    "interval": (
        "killick_model_performance_interval",
        "Lower and upper end of the score's 95 % interval.",
        (*OBJECT, "metric", "end"),
    ),
    "bound": (
        "killick_model_performance_bound",
        "The declared minimum or maximum of the score, in the metric's unit.",
        (*OBJECT, "metric"),
    ),
    "labelled": (
        "killick_model_performance_labelled_rows",
        "Rows with labels that the score is of.",
        OBJECT,
    ),
    "dropped": (
        "killick_performance_drift_detected",
        "1 if answers are surely beyond the bound, 0 if not; absent if not judged.",
        OBJECT,
    ),
    "coverage": (
        "killick_model_label_coverage_ratio",
        "Share of the scored rows that have labels, 0 to 1.",
        OBJECT,
    ),
}


def add_performance(
    families: dict[str, GaugeMetricFamily],
    labels: tuple[str, str],
    performance: PerformanceStatus,
) -> None:
    """Add what is known of a performance; what is not known has no series."""
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
    if performance.labelled is not None:
        families["labelled"].add_metric(labels, performance.labelled)
        if performance.rows:
            families["coverage"].add_metric(
                labels, performance.labelled / performance.rows
            )
