"""The verdict of the engine Evidently: its scores, its word on each column.

The order of verdicts, schema and quality findings, minimum rows, weights and thresholds
are those of the engine Native; what makes a column drift is Evidently's `ValueDrift`
with the score at or above the threshold, without any test of significance. So it is
easier to alarm by chance, above all with few rows (see docs/statistics.md).
"""

from collections.abc import Mapping
from dataclasses import replace

from driftcheck.contract import CheckRequest, ColumnRule, Kind, Verdict
from driftcheck.evidently.runner import Answer, evidently_scores
from driftcheck.judge.data_quality import data_quality_findings
from driftcheck.judge.scores import ColumnScore
from driftcheck.judge.verdict import CLEAR, Judgement, conclude, decide
from driftcheck.stats.columns import Dataset, Finding
from driftcheck.windows import Window


def judge_by_evidently(
    request: CheckRequest,
    window: Window,
    sides: tuple[Dataset, Dataset],
    environment: Mapping[str, str],
) -> Judgement:
    """The judgement on one window; `sides` are the reference and the window's rows.

    CheckFailure where Evidently cannot be run at all. A column that it cannot take is
    named as unchecked, and the others are judged.
    """
    reference, current = sides
    broken = data_quality_findings(reference, current, request.significance)
    remarks: list[Finding] = []
    names = []
    if min(reference.rows, current.rows) >= request.minimum_rows:
        for name, column in reference.columns.items():
            if name not in current.columns:
                continue
            fewest = min(column.present, current.columns[name].present)
            if fewest < request.minimum_rows:
                detail = f"{fewest} of at least {request.minimum_rows} values"
                remarks.append(Finding("Unchecked", name, detail, data_quality=False))
            else:
                names.append(name)
    asked = {name: _rule(request, name) for name in names}
    found = evidently_scores(sides, asked, environment) if asked else {}
    scores = []
    for name, answer in found.items():
        if answer.error:
            remarks.append(Finding("Unchecked", name, answer.error, data_quality=False))
        else:
            scores.append(_score(request, asked[name], answer))
    scores.sort(key=lambda score: score.severity, reverse=True)
    findings = (*broken, *remarks)
    judged = conclude(request, window, sides, tuple(scores), findings)
    borderline = judged.verdict.verdict is Verdict.NO_DRIFT and (
        decide(request, tuple(_nearly(score) for score in scores))[0]
        is not Verdict.NO_DRIFT
    )
    return replace(judged, verdict=replace(judged.verdict, borderline=borderline))


def _rule(request: CheckRequest, name: str) -> ColumnRule:
    declared = {rule.name: rule for rule in request.columns}
    rule = declared.get(name, ColumnRule(name))
    if rule.threshold is None:
        return replace(rule, threshold=request.default_threshold)
    return rule


def _score(request: CheckRequest, rule: ColumnRule, answer: Answer) -> ColumnScore:
    prediction = rule.name == request.log.prediction_column
    kind = Kind.PREDICTION if prediction else Kind.COVARIATE
    return ColumnScore(
        name=rule.name,
        effect=answer.score,
        threshold=rule.threshold or 0.0,
        pvalue=None,
        critical=rule.critical,
        kinds=(kind,) if answer.drifted else (),
        prediction=prediction,
        weight=rule.weight,
        p_value=0.0 if answer.drifted else 1.0,
        standalone_p_value=0.0 if answer.drifted else 1.0,
    )


def _nearly(score: ColumnScore) -> ColumnScore:
    """The score as it would be if its threshold were a fifth lower."""
    if score.effect < CLEAR * score.threshold:
        return score
    kind = Kind.PREDICTION if score.prediction else Kind.COVARIATE
    return replace(score, kinds=(kind,), p_value=0.0, standalone_p_value=0.0)
