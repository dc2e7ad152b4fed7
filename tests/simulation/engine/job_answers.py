"""What the Jobs of a story answer: a check's verdicts, and an evaluation's scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from driftcheck.contract import (
    CheckAnswer,
    CheckRequest,
    Metric,
    Performance,
    Verdict,
)
from driftcheck.contract.evaluation import EvaluationAnswer, EvaluationRequest
from driftcheck.windows import Window, labeled_windows
from tests.fakes.world import SHA, window

AtTime = Callable[[datetime], bool]
"""Whether something is so for the window that ends then."""


def check_answer(
    request: CheckRequest, now: datetime, *, drifts: AtTime, bad_answers: AtTime
) -> CheckAnswer:
    """Return the verdicts on all counting windows that are due, and the interim one."""

    def verdict(end: datetime) -> Verdict:
        return Verdict.DRIFT if drifts(end) else Verdict.NO_DRIFT

    length = timedelta(seconds=request.window_seconds)
    start = request.windows.judged_through or request.windows.anchor
    windows = []
    while start + length <= now:
        windows.append(window(start, length, verdict(start + length), counting=True))
        start += length
    windows = windows[-request.windows.count :]
    windows.append(window(now - length, length, verdict(now), counting=False))
    labeled = labeled_windows(request, now)
    return replace(
        CheckAnswer(request.request_fingerprint, SHA, now, tuple(windows)),
        performance_windows=tuple(_performance(w, bad_answers) for w in labeled),
    )


def _performance(labeled: Window, bad_answers: AtTime) -> Performance:
    """Return what the labels of a counting window show."""
    bad = bad_answers(labeled.end)
    score = 0.5 if bad else 0.95
    bounds = (score - 0.04, score + 0.04)
    verdict = Verdict.DRIFT if bad else Verdict.NO_DRIFT
    made = Performance(
        *(labeled.start, labeled.end, Metric.ACCURACY, 200, 150, score, *bounds)
    )
    return replace(made, effective=150, verdict=verdict)


def evaluation_answer(request: EvaluationRequest, *, won: bool) -> EvaluationAnswer:
    """Return an evaluation that the candidate has won, or that left it open."""
    return EvaluationAnswer(
        request.id,
        rows=120,
        metric=request.metric,
        champion_score=2.0,
        candidate_score=1.5,
        improvement=0.5,
        lower=0.2 if won else -0.2,
        upper=0.8,
    )
