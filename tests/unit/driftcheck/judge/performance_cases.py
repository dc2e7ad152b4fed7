"""Bounds and requests of the tests of the model's performance."""

from datetime import UTC, datetime, timedelta

from driftcheck import contract as c

START = datetime(2026, 3, 1, tzinfo=UTC)


HOUR = timedelta(hours=1)


SCORE = c.PerformanceRule(c.Metric.ACCURACY, minimum=0.8)


ERROR = c.PerformanceRule(c.Metric.MEAN_ABSOLUTE_ERROR, maximum=2.0)


FOUND = c.Performance(
    START, START + HOUR, c.Metric.ACCURACY, 500, 400, 0.7, effective=400
)


def asked(rule: c.PerformanceRule, windows: int = 3) -> c.CheckRequest:
    """Hourly windows from START."""
    return c.CheckRequest(
        name="m",
        namespace="ml",
        request_fingerprint="h",
        reference=c.Reference("r.parquet"),
        log=c.LogSource(
            *("ml", "log", "at", c.Features("Columns", ("a",))),
            prediction_column="p",
            label_column="l",
        ),
        window_seconds=3600,
        windows=c.WindowGrid(START, windows),
        performance=rule,
    )
