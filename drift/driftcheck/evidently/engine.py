"""The evidence of the engine Evidently: its scores, its decision on each column.

The rules, schema and data quality findings, minimum rows, weights and thresholds are
those of the engine Native; what makes a column drift is Evidently's `ValueDrift` with
the score at or above the threshold, without any test of significance. So it raises
more false alarms, above all with few rows (see docs/verdict.md).
"""

from collections.abc import Mapping
from dataclasses import replace

from driftcheck.contract import CheckRequest, ColumnRule, Kind
from driftcheck.contract.reasons import Reason
from driftcheck.evidently.runner import Answer, evidently_scores
from driftcheck.judge.column_score import ColumnScore
from driftcheck.judge.evidence import (
    CLEAR,
    Evidence,
    by_severity,
    data_quality_findings,
)
from driftcheck.stats.columns import Dataset, Finding


def evidently_evidence(
    request: CheckRequest,
    reference: Dataset,
    current: Dataset,
    environment: Mapping[str, str],
) -> Evidence:
    """Return the evidence on one window; CheckFailure if Evidently cannot run at all.

    A finding names each column that Evidently cannot score; the others are judged.
    """
    findings = [*data_quality_findings(reference, current, request.significance)]
    columns, unchecked = _comparable(request, reference, current)
    findings += unchecked
    sides = (reference, current)
    answers = evidently_scores(sides, columns, environment) if columns else {}
    scores = []
    for name, answer in answers.items():
        if answer.error:
            findings.append(_unchecked(name, answer.error))
        else:
            scores.append(_score(request, columns[name], answer))
    scores.sort(key=lambda score: score.severity, reverse=True)
    return Evidence(
        rows=current.rows,
        reference_rows=reference.rows,
        sampled=current.sampled,
        findings=by_severity(findings),
        scores=tuple(scores),
        lowered_scores=tuple(_lowered(score) for score in scores),
    )


def _comparable(
    request: CheckRequest, reference: Dataset, current: Dataset
) -> tuple[dict[str, ColumnRule], list[Finding]]:
    """Return the rules of columns with enough values, and findings on the others."""
    columns: dict[str, ColumnRule] = {}
    unchecked: list[Finding] = []
    if min(reference.rows, current.rows) < request.minimum_rows:
        return columns, unchecked
    for name, column in reference.columns.items():
        if name not in current.columns:
            continue
        fewest = min(column.present, current.columns[name].present)
        if fewest < request.minimum_rows:
            detail = f"{fewest} of at least {request.minimum_rows} values"
            unchecked.append(_unchecked(name, detail))
        else:
            columns[name] = _rule(request, name)
    return columns, unchecked


def _unchecked(name: str, detail: str) -> Finding:
    return Finding(Reason.UNCHECKED, name, detail, data_quality=False)


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


def _lowered(score: ColumnScore) -> ColumnScore:
    """Return the score as it would be against CLEAR of its threshold."""
    if score.effect < CLEAR * score.threshold:
        return score
    kind = Kind.PREDICTION if score.prediction else Kind.COVARIATE
    return replace(score, kinds=(kind,), p_value=0.0, standalone_p_value=0.0)
