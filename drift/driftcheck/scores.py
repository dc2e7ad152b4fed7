"""The score of each column: an effect size, its significance, a second opinion."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from driftcheck.columns import Categories, Column, Dataset, Finding, Numbers
from driftcheck.contract import CheckRequest, ColumnRule, Kind
from driftcheck.distance import (
    Floats,
    corrected_jensen_shannon_distance,
    kolmogorov_smirnov_distance,
    normed_wasserstein_distance,
)
from driftcheck.significance import (
    benjamini_hochberg,
    chi_square_pvalue,
    kolmogorov_smirnov_pvalue,
    unseen_pvalue,
)

MINIMUM_KS_DISTANCE = 0.03
MINIMUM_UNSEEN_SHARE = 0.01
MAXIMUM_CATEGORIES = 200
ROWS_PER_CATEGORY = 5


@dataclass(frozen=True)
class Comparison:
    """One column of both sides compared.

    `effect`: Wasserstein distance in standard deviations, or Jensen-Shannon
    distance. `agrees`: whether the measure that heavy tails cannot mislead sees a
    difference too. `unseen` and `unseen_pvalue`: the share of rows in categories
    that the reference does not have; None for numbers.
    """

    effect: float
    pvalue: float
    agrees: bool
    unseen: float | None = None
    unseen_pvalue: float = 1.0


@dataclass(frozen=True)
class ColumnScore:
    """The judgement on one column; `pvalue` is corrected for the columns' number."""

    name: str
    effect: float
    threshold: float
    pvalue: float
    critical: bool
    kinds: tuple[Kind, ...]

    @property
    def drifted(self) -> bool:
        """Whether any kind of drift was seen."""
        return bool(self.kinds)

    @property
    def severity(self) -> tuple[bool, float]:
        """Sorts by how much a column matters: drifted first, then by effect."""
        return (self.drifted, self.effect / max(self.threshold, 1e-9))


def score_columns(
    request: CheckRequest, reference: Dataset, current: Dataset
) -> tuple[tuple[ColumnScore, ...], tuple[Finding, ...]]:
    """The scores, worst first, and the columns that could not be compared.

    A column drifted where its effect reaches the threshold AND its corrected p-value
    is at most `significance` AND the robust measure agrees; or where at least 1 % of
    its rows lie in categories that the reference has never seen.
    """
    compared: dict[str, Comparison] = {}
    unchecked = []
    for name, column in reference.columns.items():
        if name in current.columns:
            result = compare(column, current.columns[name], request.minimum_rows)
            if isinstance(result, Comparison):
                compared[name] = result
            else:
                unchecked.append(Finding("Unchecked", name, result, quality=False))
    rules = {rule.name: rule for rule in request.columns}
    return _judge(request, compared, rules), tuple(unchecked)


def _judge(
    request: CheckRequest,
    compared: Mapping[str, Comparison],
    rules: Mapping[str, ColumnRule],
) -> tuple[ColumnScore, ...]:
    pvalues = np.array([result.pvalue for result in compared.values()])
    adjusted = benjamini_hochberg(pvalues)
    unseen_pvalues = np.array([result.unseen_pvalue for result in compared.values()])
    unseen_adjusted = benjamini_hochberg(unseen_pvalues)
    scores = []
    for index, (name, result) in enumerate(compared.items()):
        rule = rules.get(name, ColumnRule(name))
        threshold = (
            request.default_threshold if rule.threshold is None else rule.threshold
        )
        kinds = []
        pvalue = float(adjusted[index])
        if (
            result.effect >= threshold
            and pvalue <= request.significance
            and result.agrees
        ):
            kinds.append(Kind.COVARIATE)
        if (
            result.unseen is not None
            and result.unseen >= MINIMUM_UNSEEN_SHARE
            and unseen_adjusted[index] <= request.significance
        ):
            kinds.append(Kind.NEW_CATEGORY)
        scores.append(
            ColumnScore(
                name, result.effect, threshold, pvalue, rule.critical, tuple(kinds)
            )
        )
    return tuple(sorted(scores, key=lambda score: score.severity, reverse=True))


def compare(reference: Column, current: Column, minimum_rows: int) -> Comparison | str:
    """The comparison of one column, or in words why there is none."""
    fewest = min(reference.present, current.present)
    if fewest < minimum_rows:
        return f"{fewest} of at least {minimum_rows} values"
    if isinstance(reference, Numbers) and isinstance(current, Numbers):
        return _compare_numbers(reference.values, current.values)
    if isinstance(reference, Categories) and isinstance(current, Categories):
        return _compare_categories(reference, current)
    return "a category on one side, a number on the other"


def _compare_numbers(reference: Floats, current: Floats) -> Comparison:
    distance = kolmogorov_smirnov_distance(reference, current)
    return Comparison(
        effect=normed_wasserstein_distance(reference, current),
        pvalue=kolmogorov_smirnov_pvalue(distance, reference.size, current.size),
        agrees=distance >= MINIMUM_KS_DISTANCE,
    )


def _compare_categories(reference: Categories, current: Categories) -> Comparison | str:
    repeated = sum(count for count in reference.counts.values() if count > 1)
    if repeated * 2 < reference.present:
        return "most values occur once, as in an identifier"
    before, after = aligned_counts(reference, current)
    pvalue = chi_square_pvalue(before, after)
    unseen = int(after[-1])
    singletons = sum(1 for count in reference.counts.values() if count == 1)
    return Comparison(
        effect=corrected_jensen_shannon_distance(before, after),
        pvalue=1.0 if pvalue is None else pvalue,
        agrees=True,
        unseen=unseen / current.present,
        unseen_pvalue=unseen_pvalue(
            unseen, current.present, singletons, reference.present
        ),
    )


def aligned_counts(reference: Categories, current: Categories) -> tuple[Floats, Floats]:
    """Counts by category on both sides: the frequent ones, all others, the unseen.

    Kept are the reference's most frequent categories, so many that each has five
    rows or more on average on either side: below that no correction helps.
    """
    fewest = min(reference.present, current.present)
    keep = max(1, min(MAXIMUM_CATEGORIES, fewest // ROWS_PER_CATEGORY))
    ranked = sorted(reference.counts.items(), key=lambda item: (-item[1], item[0]))
    kept = [name for name, _ in ranked[:keep]]
    before = [reference.counts[name] for name in kept]
    after = [current.counts.get(name, 0) for name in kept]
    unseen = sum(
        count for name, count in current.counts.items() if name not in reference.counts
    )
    other_before = reference.present - sum(before)
    other_after = current.present - sum(after) - unseen
    return (
        np.array([*before, other_before, 0], dtype=np.float64),
        np.array([*after, other_after, unseen], dtype=np.float64),
    )
