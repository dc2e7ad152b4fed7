"""The score of each column: whether it drifted, how, and how sure that is."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from driftcheck.contract import CheckRequest, ColumnRule, Kind
from driftcheck.contract.reasons import Reason
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
RANGE_SHARE = 0.1
# Of a column's own chance of error, nine tenths are the effect's, one is the share's.
WEIGHT, NOVELTY_WEIGHT = 0.9, 0.1
DEPENDENT = 0.3


@dataclass(frozen=True)
class ColumnScore:
    """The judgement on one column.

    `pvalue` is corrected for the number of columns, None where nothing was tested.
    `p_value` is the chance of seeing so much in this one column if nothing changed; 1
    where it did not drift; `standalone_p_value` the same where no other column confirms
    it, so that the moods of the reference count, too. `inconclusive`: it would have
    drifted if its rows were independent, which they are not. `within_baseline`: it
    would have drifted if the reference's own stretches did not differ as much.
    `decisive`: critical, or the prediction; one is enough. `weight`: how much it counts
    where the share of drifted columns decides.
    """

    name: str
    effect: float
    threshold: float
    pvalue: float | None
    critical: bool
    kinds: tuple[Kind, ...]
    prediction: bool = False
    weight: float = 1.0
    p_value: float = 1.0
    standalone_p_value: float = 1.0
    stability_index: float | None = None
    novelty: float = 0.0
    dependence: float = 0.0
    inconclusive: bool = False
    within_baseline: bool = False

    @property
    def drifted(self) -> bool:
        """Whether any kind of drift was seen."""
        return bool(self.kinds)

    @property
    def decisive(self) -> bool:
        """Whether this column alone can make the dataset's drift."""
        return self.critical or self.prediction

    @property
    def severity(self) -> tuple[bool, float]:
        """Sorts by how much a column matters: drifted first, then by effect."""
        return (self.drifted, self.effect / max(self.threshold, 1e-9))


def compare_columns(
    request: CheckRequest, reference: Dataset, current: Dataset
) -> tuple[dict[str, Comparison], tuple[Finding, ...]]:
    """The columns of both sides compared, and remarks on what could not be."""
    compared: dict[str, Comparison] = {}
    remarks = []
    sampling_factor_ratio = sampling_factor(reference) / sampling_factor(current)
    for name, column in reference.columns.items():
        if name in current.columns:
            remarks += _constants(name, column, current.columns[name])
            result = compare(
                column,
                current.columns[name],
                request.minimum_rows,
                sampling_factor_ratio,
            )
            if isinstance(result, Comparison):
                compared[name] = result
            else:
                remarks.append(
                    Finding(Reason.UNCHECKED, name, result, data_quality=False)
                )
    return compared, tuple(remarks)


def sampling_factor(dataset: Dataset) -> float:
    """How many rows there were for each that was compared."""
    return dataset.rows / dataset.sampled if dataset.sampled else 1.0


def judge_columns(
    request: CheckRequest, compared: Mapping[str, Comparison], part: float = 1.0
) -> tuple[ColumnScore, ...]:
    """The scores, worst first; `part` of each threshold is enough.

    A column drifted where its effect reaches the threshold AND its corrected p-value
    is at most `significance` AND the robust measure agrees; or where a share of its
    rows has no like in the reference: at least 1 % in unseen categories, or, of
    numbers outside the reference's range, a tenth of the threshold.

    p-values are corrected among the decisive columns and among the others apart, so
    that a critical column does not lose power to how many others there are.
    """
    rules = {rule.name: rule for rule in request.columns}
    decisive = {rule.name for rule in request.columns if rule.critical}
    decisive |= {str(request.log.prediction_column)}
    scores: list[ColumnScore] = []
    for family in (
        {name: c for name, c in compared.items() if name in decisive},
        {name: c for name, c in compared.items() if name not in decisive},
    ):
        scores += _judge(request, family, rules, part)
    return tuple(sorted(scores, key=lambda score: score.severity, reverse=True))


def _judge(
    request: CheckRequest,
    family: Mapping[str, Comparison],
    rules: Mapping[str, ColumnRule],
    part: float,
) -> list[ColumnScore]:
    tested = {n: c.pvalue for n, c in family.items() if c.pvalue is not None}
    corrected = benjamini_hochberg(np.array(list(tested.values())))
    adjusted = dict(zip(tested, corrected.tolist(), strict=True))
    novelty = benjamini_hochberg(np.array([c.novelty_pvalue for c in family.values()]))
    scores = []
    for (name, found), novelty_pvalue in zip(family.items(), novelty, strict=True):
        rule = rules.get(name, ColumnRule(name))
        declared = part * (
            request.default_threshold if rule.threshold is None else rule.threshold
        )
        threshold = max(
            declared,
            part * found.baseline.limit if found.baseline else 0.0,
        )
        pvalue = adjusted.get(name)
        large = found.effect >= threshold and found.agrees
        effect_significant = (
            large and pvalue is not None and pvalue <= request.significance
        )
        nominal = 1.0 if found.nominal is None else found.nominal * len(family)
        least = RANGE_SHARE * declared
        if found.categorical:
            least = part * MINIMUM_UNSEEN_SHARE
        if found.baseline_novelty:
            least = max(least, part * found.baseline_novelty.limit)
        novel = found.novelty >= least and novelty_pvalue <= request.significance
        prediction = name == request.log.prediction_column
        scores.append(
            ColumnScore(
                name=name,
                effect=found.effect,
                threshold=threshold,
                pvalue=pvalue,
                critical=rule.critical,
                weight=rule.weight,
                kinds=_kinds(effect_significant, novel, prediction, found.categorical),
                prediction=prediction,
                p_value=_p_value(found, effect_significant, novel),
                standalone_p_value=_standalone_p_value(
                    found, effect_significant, novel
                ),
                stability_index=found.stability_index,
                novelty=found.novelty if novel else 0.0,
                dependence=found.dependence,
                inconclusive=large
                and not effect_significant
                and nominal <= request.significance,
                within_baseline=declared <= found.effect < threshold and found.agrees,
            )
        )
    return scores


def _kinds(
    effect_significant: bool, novel: bool, prediction: bool, categorical: bool
) -> tuple[Kind, ...]:
    if prediction:
        return (Kind.PREDICTION,) if effect_significant or novel else ()
    covariate = effect_significant or (novel and not categorical)
    kinds = [Kind.COVARIATE] if covariate else []
    if novel and categorical:
        kinds.append(Kind.NEW_CATEGORY)
    return tuple(kinds)


def _p_value(found: Comparison, effect_significant: bool, novel: bool) -> float:
    """The column's own p-value, over both ways in which it can drift."""
    by_effect = (found.pvalue or 0.0) / WEIGHT if effect_significant else 1.0
    by_share = found.novelty_pvalue / NOVELTY_WEIGHT if novel else 1.0
    return min(1.0, by_effect, by_share)


def _standalone_p_value(
    found: Comparison, effect_significant: bool, novel: bool
) -> float:
    """The chance of so much in a reference that has moods, see `blocks`."""
    by_effect = found.baseline.pvalue(found.effect) if found.baseline else 0.0
    by_share = (
        found.baseline_novelty.pvalue(found.novelty) if found.baseline_novelty else 0.0
    )
    by_effect = (
        max(by_effect, found.pvalue or 0.0) / WEIGHT if effect_significant else 1.0
    )
    by_share = max(by_share, found.novelty_pvalue) / NOVELTY_WEIGHT if novel else 1.0
    return min(1.0, by_effect, by_share)


def _constants(name: str, reference: Column, current: Column) -> list[Finding]:
    """A remark on a column that has stopped moving, or has begun to."""
    before, after = _constant(reference), _constant(current)
    if after and not before:
        detail = "always one value, which it was not in the reference"
        return [Finding(Reason.CONSTANT, name, detail, data_quality=False)]
    if before and not after and current.present:
        detail = "it was always one value in the reference"
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


def remarks_on(
    scores: tuple[ColumnScore, ...], reference: Dataset
) -> tuple[Finding, ...]:
    """What a reader should know about the scores: strange rows, dependent rows."""
    found: list[Finding] = []
    for score in scores:
        if score.novelty:
            categorical = isinstance(reference.columns[score.name], Categories)
            reason = Reason.UNSEEN_CATEGORIES if categorical else Reason.OUT_OF_RANGE
            detail = f"{score.novelty:.1%} of the rows are unlike the reference"
            found.append(Finding(reason, score.name, detail, data_quality=False))
    most = max(scores, key=lambda score: score.dependence, default=None)
    if most and most.dependence >= DEPENDENT:
        detail = f"rows resemble the ones before ({most.dependence:.2f})"
        found.append(
            Finding(Reason.AUTOCORRELATED_ROWS, most.name, detail, data_quality=False)
        )
    usual = [score for score in scores if score.within_baseline]
    most = max(usual, key=lambda score: score.effect, default=None)
    if most:
        detail = f"stretches of it differ by up to {most.threshold:.2f}"
        found.append(
            Finding(
                Reason.NON_STATIONARY_REFERENCE, most.name, detail, data_quality=False
            )
        )
    return tuple(found)
