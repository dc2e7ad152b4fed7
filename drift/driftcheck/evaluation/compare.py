"""Step ``compare``: both scores on the same rows, and how sure their difference is."""

from pathlib import Path

import numpy as np

from driftcheck.contract.evaluation import (
    CANDIDATE_FILE,
    CHAMPION_FILE,
    LABELS_FILE,
    META_FILE,
    ROWS_FILE,
    EvaluationAnswer,
    EvaluationRequest,
)
from driftcheck.contract.fields import ContractError, Fields
from driftcheck.contract.reasons import Reason
from driftcheck.errors import CheckFailure
from driftcheck.evaluation.predictions import read_json, read_predictions
from driftcheck.evaluation.rows import digest_of
from driftcheck.stats.block_bootstrap import paired_interval
from driftcheck.stats.metrics import aligned, scorer


def compare(request: EvaluationRequest) -> EvaluationAnswer:
    """The facts of the evaluation; CheckFailure where there can be none."""
    directory = Path(request.directory)
    base, labels = _rows(request, directory)
    count = len(labels)
    candidate = read_predictions(directory / CANDIDATE_FILE, count)
    score = scorer(
        request.metric, *aligned(request.metric, labels, candidate, CANDIDATE_FILE)
    )
    once = np.ones((1, count))
    candidate_score = float(score(once)[0])
    if not request.champion:
        return _answer(request, base, candidate=candidate_score)
    champion = read_predictions(directory / CHAMPION_FILE, count)
    champion_scorer = scorer(
        request.metric, *aligned(request.metric, labels, champion, CHAMPION_FILE)
    )
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


def _rows(
    request: EvaluationRequest, directory: Path
) -> tuple[EvaluationAnswer, list[object]]:
    """What ``rows`` wrote, after a proof that nobody has changed it since."""
    try:
        fields = Fields(read_json(directory / META_FILE, Reason.ROWS_MISSING))
        base = EvaluationAnswer(
            id=request.id,
            rows=fields.whole("rows"),
            digest=fields.text("digest"),
            after=fields.time("after"),
            until=fields.optional_time("until"),
        )
    except ContractError as error:
        raise CheckFailure(Reason.ROWS_MISSING, f"{META_FILE}: {error}") from None
    labels = read_json(directory / LABELS_FILE, Reason.ROWS_MISSING)
    try:
        found = digest_of(
            (directory / ROWS_FILE).read_bytes(), (directory / LABELS_FILE).read_bytes()
        )
    except OSError as error:
        raise CheckFailure(Reason.ROWS_MISSING, f"{error.strerror}") from None
    if found != base.digest:
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
    """The failure that says how many labelled rows are missing."""
    message = f"{rows} of at least {minimum} labelled rows: {minimum - rows} missing"
    return CheckFailure(Reason.NOT_ENOUGH_ROWS, message)
