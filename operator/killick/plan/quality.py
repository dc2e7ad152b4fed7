"""The quality that a check measured, as the status keeps it."""

from __future__ import annotations

from driftcheck.contract import Quality
from killick.resource.bounds import count
from killick.resource.drift_status import QualityStatus


def quality_status(found: Quality) -> QualityStatus:
    """Return the answer's quality, numbers as decimal strings."""
    return QualityStatus(
        metric=str(found.metric),
        start=found.start,
        end=found.end,
        rows=count(found.rows),
        labelled=count(found.labelled),
        score=decimal(found.score),
        lower=decimal(found.lower),
        upper=decimal(found.upper),
        reason=found.reason,
    )


def decimal(value: float | None) -> str | None:
    """Return a number to six digits, as a decimal string."""
    return None if value is None else f"{value:.6g}"
