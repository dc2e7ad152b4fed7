"""Prometheus metrics of the answers whose labels have come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prometheus_client.core import GaugeMetricFamily

from killick.resource.drift_status import QualityStatus

OBJECT: Final = ("namespace", "name")
FAMILIES: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    "quality": (
        "killick_quality_score",
        "Score of the answers whose labels have come, in the metric's unit.",
        (*OBJECT, "metric"),
    ),
    "interval": (
        "killick_quality_interval",
        "Lower and upper end of the score's 95 % interval.",
        (*OBJECT, "metric", "end"),
    ),
    "bound": (
        "killick_quality_bound",
        "The declared minimum or maximum of the score, in the metric's unit.",
        (*OBJECT, "metric"),
    ),
    "labelled": (
        "killick_quality_labelled_rows",
        "Rows with labels that the score is of.",
        OBJECT,
    ),
    "dropped": (
        "killick_performance_drift_detected",
        "1 if answers are surely beyond the bound, 0 if not; absent if not judged.",
        OBJECT,
    ),
    "coverage": (
        "killick_label_coverage_ratio",
        "Share of the scored rows that have labels, 0 to 1.",
        OBJECT,
    ),
}


def add_quality(
    families: dict[str, GaugeMetricFamily],
    labels: tuple[str, str],
    quality: QualityStatus,
) -> None:
    """Add what is known of a quality; what is not known has no series."""
    named = (*labels, quality.metric)
    if quality.score is not None:
        families["quality"].add_metric(named, float(quality.score))
    for end, value in (("lower", quality.lower), ("upper", quality.upper)):
        if value is not None:
            families["interval"].add_metric((*named, end), float(value))
    if quality.bound is not None:
        families["bound"].add_metric(named, float(quality.bound))
    if quality.verdict in ("Drift", "NoDrift"):
        families["dropped"].add_metric(labels, float(quality.verdict == "Drift"))
    if quality.labelled is not None:
        families["labelled"].add_metric(labels, quality.labelled)
        if quality.rows:
            families["coverage"].add_metric(labels, quality.labelled / quality.rows)
