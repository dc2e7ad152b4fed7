"""Compare one column of both sides: effect size, significance and robustness."""

from dataclasses import dataclass, replace

import numpy as np

from driftcheck.stats.block_tables import MIN_BLOCK_ROWS, MIN_BLOCKS
from driftcheck.stats.block_variability import BaselineVariation, BlockVariability
from driftcheck.stats.category_distance import (
    aligned_counts,
    corrected_jensen_shannon_distance,
    one_spelling,
    spread_of_categories,
    unseen_rows,
)
from driftcheck.stats.category_significance import chi_square_pvalue, unseen_pvalue
from driftcheck.stats.columns import (
    Categories,
    Column,
    Numbers,
    ReferenceHistogram,
    WindowHistogram,
)
from driftcheck.stats.distance import (
    Floats,
    decile_counts,
    inner_range,
    normed_wasserstein_distance,
    overlay,
    spread_of_numbers,
    stability_index,
)
from driftcheck.stats.histogram import (
    binned_deciles,
    binned_distances,
    binned_spread,
    histogram_of,
    widened,
)
from driftcheck.stats.significance import (
    beyond_pvalue,
    effective_share,
    kolmogorov_smirnov_pvalue,
)

MINIMUM_KS_DISTANCE = 0.03
"""Kolmogorov-Smirnov distance, 0 to 1, from which the robust measure agrees.

A normal shift of 0.1 standard deviations, the default threshold, has 0.04, so 0.05
would be too strict. On real data 0.03 and 0.05 flagged the same columns, and either
removed the false alarms of heavy tails (a Wasserstein distance of 0.67 with 0.003).
"""


@dataclass(frozen=True)
class Comparison:
    """The result of comparing one column of both sides.

    Attributes
    ----------
    effect
        The normed Wasserstein distance, in standard deviations, or the corrected
        Jensen-Shannon distance, 0 to 0.8326.
    pvalue
        The p-value of the effect with effective sample sizes, 0 to 1; None if there is
        nothing to test.
    nominal
        The same p-value as if all rows were independent.
    agrees
        Whether the measure that heavy tails do not affect confirms the effect; always
        true for categories.
    stability_index
        The PSI over deciles or categories, 0 or more.
    novelty
        The share of rows, 0 to 1, in unseen categories, or the excess share of values
        outside the reference's range.
    novelty_pvalue
        The p-value of `novelty` with effective sample sizes, 0 to 1.
    categorical
        Whether categories were compared.
    dependence
        The window's autocorrelation, 0 to 1, or that of a short reference if larger.
    baseline, baseline_novelty
        The variation of `effect` and `novelty` over blocks of the reference; None if
        the reference is stationary (see `block_variability`).
    """

    effect: float
    pvalue: float | None
    nominal: float | None
    agrees: bool
    stability_index: float
    novelty: float
    novelty_pvalue: float
    categorical: bool
    dependence: float
    baseline: BaselineVariation | None = None
    baseline_novelty: BaselineVariation | None = None


def compare(
    reference: Column, current: Column, minimum_rows: int, sampling_factor: float = 1.0
) -> Comparison | str:
    """Compare one column of both sides.

    Parameters
    ----------
    reference, current
        The column of the reference and of the window.
    minimum_rows
        Rows with a value that each side needs.
    sampling_factor
        The ratio of the sampling rates: the reference's rows per kept row, over the
        window's (see `judge.scores.sampling_factor`). It converts the window's
        rows into the time that they cover in the reference.

    Returns
    -------
    Comparison or str
        The comparison, or the reason why there is none.
    """
    compared = _compare(reference, current, minimum_rows)
    if isinstance(compared, str) or isinstance(reference, WindowHistogram):
        return compared
    if reference.blocks is None:
        return compared
    blocks, span = BlockVariability(reference.blocks), current.present / sampling_factor
    if not blocks.holds(span, _spread(reference, current)):
        return compared
    return replace(
        compared,
        baseline=blocks.effect(span, current.present),
        baseline_novelty=blocks.novelty(span),
    )


def _compare(reference: Column, current: Column, minimum_rows: int) -> Comparison | str:
    fewest = min(reference.present, current.present)
    if fewest < minimum_rows:
        return f"{fewest} of at least {minimum_rows} values"
    if isinstance(reference, ReferenceHistogram) and isinstance(current, Numbers):
        current = histogram_of(reference, current)
    if isinstance(reference, ReferenceHistogram) and isinstance(
        current, WindowHistogram
    ):
        return _compare_numbers(reference, current)
    if isinstance(reference, Numbers) and isinstance(current, Numbers):
        return _compare_numbers(reference, current)
    if isinstance(reference, Categories) and isinstance(current, Categories):
        return _compare_categories(reference, current)
    return "a category on one side, a number on the other"


def _compare_numbers(
    reference: Numbers | ReferenceHistogram, current: Numbers | WindowHistogram
) -> Comparison:
    if isinstance(reference, ReferenceHistogram) and isinstance(
        current, WindowHistogram
    ):
        distance, effect = binned_distances(reference, current)
        deciles = binned_deciles(reference, current)
    else:
        merged = overlay(reference.values, current.values)
        distance = merged.height()
        effect = normed_wasserstein_distance(reference.values, current.values, merged)
        deciles = decile_counts(reference.values, current.values)
    effective_rows = effective_share(current.dependence, current.present)
    n, m = reference.present, current.present
    known = _known_rows(reference)
    novelty, novelty_pvalue = _out_of_range(reference, current, effective_rows)
    return Comparison(
        effect=effect,
        pvalue=kolmogorov_smirnov_pvalue(distance, known, effective_rows * m),
        nominal=kolmogorov_smirnov_pvalue(distance, n, m),
        agrees=distance >= MINIMUM_KS_DISTANCE,
        stability_index=stability_index(*deciles),
        novelty=novelty,
        novelty_pvalue=novelty_pvalue,
        categorical=False,
        dependence=max(current.dependence, _short_dependence(reference)),
    )


def _known_rows(reference: Column) -> float:
    """Return the effective sample size of the reference, in rows.

    It is below the number of rows only if the reference is too short for blocks.
    """
    rows = reference.present
    return rows * effective_share(_short_dependence(reference), rows, min_rows=1)


def _short_dependence(reference: Column) -> float:
    """Return the autocorrelation of a reference that is too short for blocks, else 0.

    Blocks account for the autocorrelation of any longer reference.
    """
    if (
        isinstance(reference, ReferenceHistogram)
        or reference.present >= MIN_BLOCKS * MIN_BLOCK_ROWS
    ):
        return 0.0
    return reference.dependence


def _out_of_range(
    reference: Numbers | ReferenceHistogram,
    current: Numbers | WindowHistogram,
    effective_rows: float,
) -> tuple[float, float]:
    """Return the excess share of values outside the reference's range, and its p-value.

    Clipping hides these rows from the effect. The p-value is that of the more
    significant side, doubled (Bonferroni).
    """
    if isinstance(reference, ReferenceHistogram) and isinstance(
        current, WindowHistogram
    ):
        known, seen = (reference.below, reference.above), (current.below, current.above)
    else:
        low, high = inner_range(reference.values)
        known = _beyond(reference.values, low, high)
        seen = _beyond(current.values, *widened(low, high))
    rows = max(1, int(effective_rows * current.present))
    pvalues = [
        beyond_pvalue(before, reference.present, int(effective_rows * after), rows)
        for before, after in zip(known, seen, strict=True)
    ]
    excess = sum(seen) / current.present - sum(known) / reference.present
    return max(0.0, excess), min(1.0, 2 * min(pvalues))


def _beyond(values: Floats, low: float, high: float) -> tuple[int, int]:
    """Return how many values of a sorted sample lie below and above a range."""
    above = values.size - int(np.searchsorted(values, high, side="right"))
    return int(np.searchsorted(values, low)), above


def _spread(reference: Column, current: Column) -> float:
    """Return the window's spread in the unit of the reference's blocks."""
    if isinstance(current, Categories):
        return spread_of_categories(np.array(list(current.counts.values()), float))
    if isinstance(reference, ReferenceHistogram) and isinstance(current, Numbers):
        current = histogram_of(reference, current)
    if isinstance(reference, ReferenceHistogram) and isinstance(
        current, WindowHistogram
    ):
        return binned_spread(reference, current)
    if isinstance(reference, Categories):
        return 0.0
    low, high = inner_range(reference.values)
    deviation = float(np.std(np.clip(reference.values, low, high)))
    return spread_of_numbers(np.clip(current.values, low, high)) / deviation


def _compare_categories(reference: Categories, current: Categories) -> Comparison | str:
    repeated = sum(count for count in reference.counts.values() if count > 1)
    if repeated * 2 < reference.present:
        return "most values occur once, as in an identifier"
    reference, current = one_spelling(reference, current)
    before, after = aligned_counts(reference, current)
    unseen = unseen_rows(reference, current)
    singletons = sum(1 for count in reference.counts.values() if count == 1)
    effective_rows = effective_share(current.dependence, current.present)
    return Comparison(
        effect=corrected_jensen_shannon_distance(before, after),
        pvalue=chi_square_pvalue(
            before * (_known_rows(reference) / reference.present),
            effective_rows * after,
        ),
        nominal=chi_square_pvalue(before, after),
        agrees=True,
        stability_index=stability_index(before, after),
        novelty=unseen / current.present,
        novelty_pvalue=unseen_pvalue(
            int(effective_rows * unseen),
            max(1, int(effective_rows * current.present)),
            singletons,
            reference.present,
        ),
        categorical=True,
        dependence=max(current.dependence, _short_dependence(reference)),
    )
