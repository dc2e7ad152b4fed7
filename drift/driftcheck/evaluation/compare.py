"""Step ``compare``: both scores on the same rows, and their difference's interval."""

from pathlib import Path

import numpy as np

from driftcheck.contract.evaluation import (
    CANDIDATE_FILE,
    CHAMPION_FILE,
    LABELS_FILE,
    META_FILE,
    ROWS_FILE,
    ContractError,
    EvaluationAnswer,
    EvaluationRequest,
    RowsMeta,
)
from driftcheck.contract.reasons import Reason
from driftcheck.errors import CheckFailure
from driftcheck.evaluation.predictions import read_json, read_predictions
from driftcheck.evaluation.rows import digest_of
from driftcheck.stats.block_bootstrap import paired_interval
from driftcheck.stats.metrics import definition_of


def compare(request: EvaluationRequest) -> EvaluationAnswer:
    """Return the facts of the evaluation; CheckFailure where there can be none."""
    places = request.directories
    base, labels = _rows(request)
    count = len(labels)
    candidate = read_predictions(Path(places.candidate) / CANDIDATE_FILE, count)
    metric = definition_of(request.metric)
    score = metric.scorer(*metric.aligned(labels, candidate, CANDIDATE_FILE))
    once = np.ones((1, count))
    candidate_score = float(score(once)[0])
    if not request.champion:
        return _answer(request, base, candidate=candidate_score)
    champion = read_predictions(Path(places.champion) / CHAMPION_FILE, count)
    champion_scorer = metric.scorer(*metric.aligned(labels, champion, CHAMPION_FILE))
    champion_score = float(champion_scorer(once)[0])
    seed = int((base.digest or "0")[:16], 16)
    better, worse = score, champion_scorer
    if not request.metric.higher_is_better:
        better, worse = champion_scorer, score
    interval = paired_interval(worse, better, count, seed)
    return _answer(
        request,
        base,
        candidate=candidate_score,
        champion=champion_score,
        interval=interval,
    )


def _answer(
    request: EvaluationRequest,
    base: EvaluationAnswer,
    *,
    candidate: float,
    champion: float | None = None,
    interval: tuple[float, float] | None = None,
) -> EvaluationAnswer:
    improvement = None
    if champion is not None:
        improvement = candidate - champion
        if not request.metric.higher_is_better:
            improvement = champion - candidate
    return EvaluationAnswer(
        id=request.id,
        rows=base.rows,
        digest=base.digest,
        after=base.after,
        until=base.until,
        metric=request.metric,
        champion_score=champion,
        candidate_score=candidate,
        improvement=improvement,
        lower=interval[0] if interval else None,
        upper=interval[1] if interval else None,
    )


def _rows(request: EvaluationRequest) -> tuple[EvaluationAnswer, list[object]]:
    """Return what ``rows`` wrote; CheckFailure RowsChanged if it changed since."""
    rows_file = Path(request.directories.rows) / ROWS_FILE
    directory = Path(request.directories.labels)
    try:
        meta = RowsMeta.from_json(read_json(directory / META_FILE, Reason.ROWS_MISSING))
    except ContractError as error:
        raise CheckFailure(Reason.ROWS_MISSING, f"{META_FILE}: {error}") from None
    base = EvaluationAnswer(
        id=request.id,
        rows=meta.rows,
        digest=meta.digest,
        after=meta.after,
        until=meta.until,
    )
    labels = read_json(directory / LABELS_FILE, Reason.ROWS_MISSING)
    try:
        digest = digest_of(
            rows_file.read_bytes(), (directory / LABELS_FILE).read_bytes()
        )
    except OSError as error:
        raise CheckFailure(Reason.ROWS_MISSING, f"{error.strerror}") from None
    if digest != base.digest:
        raise CheckFailure(
            Reason.ROWS_CHANGED, "the rows are no longer those of the digest"
        )
    if not isinstance(labels, list) or len(labels) != base.rows:
        message = f"{LABELS_FILE} does not hold one label per row"
        raise CheckFailure(Reason.ROW_MISMATCH, message)
    if len(labels) < request.minimum_rows:
        raise too_few(len(labels), request.minimum_rows)
    return base, labels


def too_few(rows: int, minimum: int) -> CheckFailure:
    """Return the failure that says how many labeled rows are missing."""
    message = f"{rows} of at least {minimum} labeled rows: {minimum - rows} missing"
    return CheckFailure(Reason.NOT_ENOUGH_ROWS, message)
