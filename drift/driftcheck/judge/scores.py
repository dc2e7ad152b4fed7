"""The score of each column: whether it drifted, how, and how certain that is."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from driftcheck.contract import CheckRequest, ColumnRule, Kind
from driftcheck.contract.reasons import Reason
from driftcheck.judge.column_score import ColumnScore
from driftcheck.stats.columns import (
    Categories,
    Column,
    Dataset,
    Finding,
    Numbers,
    ReferenceHistogram,
    WindowHistogram,
)
from driftcheck.stats.comparison import Comparison, compare
from driftcheck.stats.significance import benjamini_hochberg

MINIMUM_UNSEEN_SHARE = 0.01
"""Share of rows, 0 to 1, in unseen categories from which a column drifts.

Without it one row of a new category among 500 is drift by its p-value.
"""

RANGE_SHARE = 0.1
"""Share of rows outside the reference's range that is drift, over the threshold.

With the default threshold of 0.1 it is 1 % of the rows, as for unseen categories. A
larger value hides rows that clipping keeps from the effect.
"""

EFFECT_WEIGHT, NOVELTY_WEIGHT = 0.9, 0.1
"""Shares of a column's error probability that its effect and its novelty may use.

They add up to 1 (weighted Bonferroni), so that two ways do not double false alarms.
"""

DEPENDENT = 0.3
"""Autocorrelation, 0 to 1, from which a finding reports it.

The effective sample size is then half of the rows. It decides no verdict.
"""


def judge_columns(
    request: CheckRequest,
    compared: Mapping[str, Comparison],
    threshold_share: float = 1.0,
) -> tuple[ColumnScore, ...]:
    """Return the scores, most drifted first, against a share of each threshold.

    A column drifts where its effect reaches the threshold AND its corrected p-value
    is at most `significance` AND the robust measure agrees. It also drifts where a
    share of its rows has no equivalent in the reference: at least 1 % in unseen
    categories, or, of numbers outside the reference's range, a tenth of the threshold.

    p-values of decisive columns are corrected apart from those of the others, so that
    a critical column does not lose power to how many others there are.

    Parameters
    ----------
    request
        The rules: thresholds, significance, critical columns and weights.
    compared
        The comparisons by column, see `stats.comparison.Comparison`.
    threshold_share
        The share of each threshold, above 0 and at most 1, that is applied.

    Returns
    -------
    tuple of ColumnScore
        One score for each comparison.
    """
    rules = {rule.name: rule for rule in request.columns}
    decisive = {rule.name for rule in request.columns if rule.critical}
    decisive |= {str(request.log.prediction_column)}
    scores: list[ColumnScore] = []
    for family in (
        {name: c for name, c in compared.items() if name in decisive},
        {name: c for name, c in compared.items() if name not in decisive},
    ):
        for name, test in _tests(family).items():
            limits = _limits(request, rules.get(name), test.comparison, threshold_share)
            rule = rules.get(name, ColumnRule(name))
            scores.append(_score(request, rule, test, limits))
    return tuple(sorted(scores, key=lambda score: score.severity, reverse=True))


@dataclass(frozen=True)
class _Test:
    """A comparison with its p-values corrected for the columns tested with it.

    `nominal`: the effect's p-value as if all rows were independent (Bonferroni).
    """

    comparison: Comparison
    pvalue: float | None
    nominal: float
    novelty_pvalue: float


@dataclass(frozen=True)
class _Limits:
    """The least effect and novelty that are drift; `declared` without baseline."""

    declared: float
    effect: float
    novelty: float


def _tests(family: Mapping[str, Comparison]) -> dict[str, _Test]:
    tested = {n: c.pvalue for n, c in family.items() if c.pvalue is not None}
    corrected = benjamini_hochberg(np.array(list(tested.values())))
    pvalues = dict(zip(tested, corrected.tolist(), strict=True))
    novelty = benjamini_hochberg(np.array([c.novelty_pvalue for c in family.values()]))
    return {
        name: _Test(
            comparison,
            pvalues.get(name),
            1.0 if comparison.nominal is None else comparison.nominal * len(family),
            novelty_pvalue,
        )
        for (name, comparison), novelty_pvalue in zip(
            family.items(), novelty.tolist(), strict=True
        )
    }


def _limits(
    request: CheckRequest,
    rule: ColumnRule | None,
    comparison: Comparison,
    threshold_share: float,
) -> _Limits:
    threshold = rule.threshold if rule else None
    declared = threshold_share * (
        request.default_threshold if threshold is None else threshold
    )
    effect, novelty = declared, RANGE_SHARE * declared
    if comparison.categorical:
        novelty = threshold_share * MINIMUM_UNSEEN_SHARE
    if comparison.baseline:
        effect = max(effect, threshold_share * comparison.baseline.limit)
    if comparison.baseline_novelty:
        novelty = max(novelty, threshold_share * comparison.baseline_novelty.limit)
    return _Limits(declared, effect, novelty)


def _score(
    request: CheckRequest, rule: ColumnRule, test: _Test, limits: _Limits
) -> ColumnScore:
    comparison, significance = test.comparison, request.significance
    large = comparison.effect >= limits.effect and comparison.agrees
    significant = large and test.pvalue is not None and test.pvalue <= significance
    novel = comparison.novelty >= limits.novelty and test.novelty_pvalue <= significance
    prediction = rule.name == request.log.prediction_column
    return ColumnScore(
        name=rule.name,
        effect=comparison.effect,
        threshold=limits.effect,
        pvalue=test.pvalue,
        critical=rule.critical,
        weight=rule.weight,
        kinds=_kinds(significant, novel, prediction, comparison.categorical),
        prediction=prediction,
        p_value=_p_value(comparison, significant, novel),
        standalone_p_value=_standalone_p_value(comparison, significant, novel),
        stability_index=comparison.stability_index,
        novelty=comparison.novelty if novel else 0.0,
        dependence=comparison.dependence,
        inconclusive=large and not significant and test.nominal <= significance,
        within_baseline=(
            limits.declared <= comparison.effect < limits.effect and comparison.agrees
        ),
    )


def _kinds(
    significant: bool, novel: bool, prediction: bool, categorical: bool
) -> tuple[Kind, ...]:
    if prediction:
        return (Kind.PREDICTION,) if significant or novel else ()
    covariate = significant or (novel and not categorical)
    kinds = [Kind.COVARIATE] if covariate else []
    if novel and categorical:
        kinds.append(Kind.NEW_CATEGORY)
    return tuple(kinds)


def _p_value(comparison: Comparison, significant: bool, novel: bool) -> float:
    """Return the column's own p-value over both ways in which it can drift."""
    by_effect = (comparison.pvalue or 0.0) / EFFECT_WEIGHT if significant else 1.0
    by_novelty = comparison.novelty_pvalue / NOVELTY_WEIGHT if novel else 1.0
    return min(1.0, by_effect, by_novelty)


def _standalone_p_value(
    comparison: Comparison, significant: bool, novel: bool
) -> float:
    """Return the p-value that includes the reference's own variation over time."""
    effect, novelty = comparison.baseline, comparison.baseline_novelty
    by_effect = by_novelty = 1.0
    if significant:
        baseline = effect.pvalue(comparison.effect) if effect else 0.0
        by_effect = max(baseline, comparison.pvalue or 0.0) / EFFECT_WEIGHT
    if novel:
        baseline = novelty.pvalue(comparison.novelty) if novelty else 0.0
        by_novelty = max(baseline, comparison.novelty_pvalue) / NOVELTY_WEIGHT
    return min(1.0, by_effect, by_novelty)


def findings_on(
    scores: tuple[ColumnScore, ...], reference: Dataset
) -> tuple[Finding, ...]:
    """Return findings on the scores: novel rows, autocorrelation, own variation.

    Of autocorrelated columns and of those within the reference's own variation only
    the most affected one is reported.
    """
    findings: list[Finding] = []
    for score in scores:
        if score.novelty:
            categorical = isinstance(reference.columns[score.name], Categories)
            reason = Reason.UNSEEN_CATEGORIES if categorical else Reason.OUT_OF_RANGE
            detail = f"{score.novelty:.1%} of the rows are unlike the reference"
            findings.append(_remark(reason, score, detail))
    dependent = max(scores, key=lambda score: score.dependence, default=None)
    if dependent and dependent.dependence >= DEPENDENT:
        detail = f"consecutive rows are correlated ({dependent.dependence:.2f})"
        findings.append(_remark(Reason.AUTOCORRELATED_ROWS, dependent, detail))
    within = [score for score in scores if score.within_baseline]
    largest = max(within, key=lambda score: score.effect, default=None)
    if largest:
        detail = f"it varies over time by up to {largest.threshold:.2f}"
        findings.append(_remark(Reason.NON_STATIONARY_REFERENCE, largest, detail))
    return tuple(findings)


def _remark(reason: Reason, score: ColumnScore, detail: str) -> Finding:
    return Finding(reason, score.name, detail, data_quality=False)


def compare_columns(
    request: CheckRequest, reference: Dataset, current: Dataset
) -> tuple[dict[str, Comparison], tuple[Finding, ...]]:
    """Compare the columns of both sides.

    Returns
    -------
    tuple
        The comparisons by column; findings on columns that could not be compared, and
        on columns that became constant or are no longer constant.
    """
    compared: dict[str, Comparison] = {}
    findings = []
    sampling_factor_ratio = sampling_factor(reference) / sampling_factor(current)
    for name, column in reference.columns.items():
        if name not in current.columns:
            continue
        findings += _constants(name, column, current.columns[name])
        result = compare(
            column, current.columns[name], request.minimum_rows, sampling_factor_ratio
        )
        if isinstance(result, Comparison):
            compared[name] = result
        else:
            findings.append(Finding(Reason.UNCHECKED, name, result, data_quality=False))
    return compared, tuple(findings)


def sampling_factor(dataset: Dataset) -> float:
    """Return all rows over the rows that were compared, at least 1."""
    return dataset.rows / dataset.sampled if dataset.sampled else 1.0


def _constants(name: str, reference: Column, current: Column) -> list[Finding]:
    """Return a finding on a column that became constant, or is no longer constant."""
    before, after = _constant(reference), _constant(current)
    if after and not before:
        detail = "it has a single value, but several in the reference"
        return [Finding(Reason.CONSTANT, name, detail, data_quality=False)]
    if before and not after and current.present:
        detail = "it has several values, but a single one in the reference"
        return [Finding(Reason.WAS_CONSTANT, name, detail, data_quality=False)]
    return []


def _constant(column: Column) -> bool:
    if isinstance(column, ReferenceHistogram):
        return column.edges.size > 1 and bool(column.counts.max() == column.present)
    if isinstance(column, WindowHistogram):
        return column.present > 1 and column.least == column.largest
    if isinstance(column, Numbers):
        values = column.values
        return column.present > 1 and bool(values[0] == values[-1])
    return column.present > 1 and len(column.counts) == 1
