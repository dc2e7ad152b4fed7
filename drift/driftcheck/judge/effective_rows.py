"""Effective sample size: how many independent rows autocorrelated rows are worth.

n rows with the correlation ρ are effective_rows n (1 - ρ)/(1 + ρ) independent ones (see
`significance.effective_share`). A drift of few such rows may be a mood.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from driftcheck.contract import CheckRequest, Verdict
from driftcheck.judge.scores import ColumnScore
from driftcheck.judge.verdict import Judgement, decide
from driftcheck.stats.columns import Dataset
from driftcheck.stats.significance import LEAST_EFFECTIVE_ROWS, effective_share


def effective_rows_of(score: ColumnScore, rows: int) -> int:
    """How many independent rows the rows of a column are worth."""
    return int(rows * effective_share(score.dependence, rows, least=1))


def is_sure(
    request: CheckRequest,
    scores: Sequence[ColumnScore],
    effective_rows: Mapping[str, int],
    least: int,
) -> bool:
    """Whether the columns with enough effective rows are drift by themselves."""
    sure = tuple(score for score in scores if effective_rows[score.name] >= least)
    if all(score.prediction for score in sure):
        return False
    return decide(request, sure)[0] is Verdict.DRIFT


def with_warning(
    request: CheckRequest, found: Judgement, sides: tuple[Dataset, Dataset]
) -> Judgement:
    """The judgement on a window, where Drift is not warranted with that said.

    It stands: a plain change must not be explained away. But the table of false alarms
    in docs/statistics.md does not hold for it.
    """
    doubt = _doubt(request, found, sides, LEAST_EFFECTIVE_ROWS)
    if doubt is None:
        return found
    verdict = found.verdict
    message = f"{verdict.message}; not warranted: {doubt}"
    return replace(found, verdict=replace(verdict, message=message))


def warranted(
    request: CheckRequest, found: Judgement, sides: tuple[Dataset, Dataset]
) -> Judgement:
    """The judgement on a segment, Inconclusive where Drift is not warranted.

    The minimum of rows is one of independent rows here: what few rows that resemble
    each other show by chance is more than so strict a significance allows for.
    """
    doubt = _doubt(request, found, sides, request.minimum_rows)
    if doubt is None:
        return found
    verdict = replace(
        found.verdict,
        verdict=Verdict.INCONCLUSIVE,
        reason="AutocorrelatedRows",
        message=doubt,
    )
    return replace(found, verdict=verdict)


def _doubt(
    request: CheckRequest,
    found: Judgement,
    sides: tuple[Dataset, Dataset],
    least: int,
) -> str | None:
    """Why a Drift is not sure, None where it is, or is none."""
    if found.verdict.verdict is not Verdict.DRIFT:
        return None
    effective_rows = {
        score.name: effective_rows_of(
            score, min(s.columns[score.name].present for s in sides)
        )
        for score in found.scores
    }
    if is_sure(request, found.scores, effective_rows, least):
        return None
    name = min(
        (s.name for s in found.scores if s.drifted), key=effective_rows.__getitem__
    )
    return (
        f"the rows of {name} resemble each other and are worth "
        f"{effective_rows[name]} "
        f"independent ones, of at least {least}"
    )
