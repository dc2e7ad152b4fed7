"""The part of the status that checks write, as frozen values. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Window:
    """The verdict of one window of the inference log."""

    start: datetime
    end: datetime
    verdict: str
    reason: str
    message: str = ""
    rows: int | None = None
    drifted: int | None = None
    checked: int | None = None
    percent: int | None = None
    borderline: bool | None = None


@dataclass(frozen=True)
class PerformanceStatus:
    """How well predictions agree with their labels. Numbers are decimal strings.

    The log holds `rows` from `start` to before `end`; `labeled` of them have both
    label and prediction, and carry as much information as `effective` independent
    rows. `lower` and `upper` bound the score with 95 % confidence. `verdict`: against
    the declared `bound`, None where there is none. `borderline`: NoDrift whose
    interval contains the bound.
    """

    metric: str
    start: datetime
    end: datetime
    rows: int | None = None
    labeled: int | None = None
    score: str | None = None
    lower: str | None = None
    upper: str | None = None
    reason: str | None = None
    effective: int | None = None
    bound: str | None = None
    verdict: str | None = None
    borderline: bool | None = None
    message: str = ""


@dataclass(frozen=True)
class DriftStatus:
    """The verdicts of the checks.

    `window_fingerprint` identifies the part of the spec that gives a verdict its
    meaning (see `resource.fingerprint`); `anchor` is where the counting windows of
    that spec begin, and `windows` are the last of them that have a verdict, oldest
    first. `verdict` and what follows it describe the latest check's interim window;
    `verdict_since` is the end of the check that first gave this verdict for this
    reason. `performance_windows` are the last counting windows whose labels are
    complete, where a bound of performance is declared.
    """

    window_fingerprint: str | None = None
    anchor: datetime | None = None
    windows: tuple[Window, ...] = ()
    verdict: str | None = None
    verdict_since: datetime | None = None
    reason: str | None = None
    message: str | None = None
    rows: int | None = None
    percent: int | None = None
    top_columns: str | None = None
    report: str | None = None
    kinds: tuple[str, ...] = ()
    summary: str | None = None
    breaches: int | None = None
    last_check: str | None = None
    last_check_time: datetime | None = None
    next_check_time: datetime | None = None
    requested: str | None = None
    performance: PerformanceStatus | None = None
    performance_windows: tuple[PerformanceStatus, ...] = ()
    performance_breaches: int | None = None
    outages: int | None = None
