"""One column of both sides compared: an effect size, its significance, second views."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from driftcheck.stats.block_variability import (
    LEAST_BLOCKS,
    LEAST_ROWS,
    BaselineVariation,
    BlockVariability,
)
from driftcheck.stats.columns import (
    Categories,
    Column,
    Numbers,
    ReferenceHistogram,
    WindowHistogram,
)
from driftcheck.stats.distance import (
    Floats,
    corrected_jensen_shannon_distance,
    decile_counts,
    inner_range,
    normed_wasserstein_distance,
    overlay,
    spread_of_categories,
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
    chi_square_pvalue,
    effective_share,
    kolmogorov_smirnov_pvalue,
    unseen_pvalue,
)

MINIMUM_KS_DISTANCE = 0.03
MAXIMUM_CATEGORIES = 200
ROWS_PER_CATEGORY = 5
_SPELLINGS = {"true": "true", "false": "false", "t": "true", "f": "false"}


@dataclass(frozen=True)
class Comparison:
    """One column of both sides compared.

    `effect`: Wasserstein distance in standard deviations, or Jensen-Shannon
    distance. `pvalue`: None where there is nothing to test. `agrees`: whether the
    measure that heavy tails cannot mislead sees a difference too. `novelty`: the
    share of rows that the reference has no like of, less what is usual there:
    unseen categories, or values outside the reference's range.

    The p-values count dependent rows for less; `nominal` is what `pvalue` would be if
    all rows were independent. `baseline` and `baseline_novelty`: the effects and novel
    shares of stretches of the reference itself, None where its rows do not follow in
    moods (see `blocks`).
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
    """The comparison of one column, or in words why there is none.

    `sampling_factor`: how many of the reference's rows there were for each row of the
    window's time that was kept, where either side is a sample (see `sampling_factor`).
    """
    found = _compare(reference, current, minimum_rows)
    if isinstance(found, str) or isinstance(reference, WindowHistogram):
        return found
    if reference.blocks is None:
        return found
    blocks, span = BlockVariability(reference.blocks), current.present / sampling_factor
    if not blocks.holds(span, _spread(reference, current)):
        return found
    return replace(
        found,
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
        laid = overlay(reference.values, current.values)
        distance = laid.height()
        effect = normed_wasserstein_distance(reference.values, current.values, laid)
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
    """How many independent rows a reference is worth that is too short for blocks."""
    rows = reference.present
    return rows * effective_share(_short_dependence(reference), rows, least=1)


def _short_dependence(reference: Column) -> float:
    """How much its rows resemble each other; 0 where blocks can tell what follows."""
    if (
        isinstance(reference, ReferenceHistogram)
        or reference.present >= LEAST_BLOCKS * LEAST_ROWS
    ):
        return 0.0
    return reference.dependence


def _out_of_range(
    reference: Numbers | ReferenceHistogram,
    current: Numbers | WindowHistogram,
    effective_rows: float,
) -> tuple[float, float]:
    """The excess share of values outside the reference's inner range, its p-value.

    This is what clipping keeps from the effect: a few rows far out.
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
    """How many values lie below and above a range."""
    above = values.size - int(np.searchsorted(values, high, side="right"))
    return int(np.searchsorted(values, low)), above


def _spread(reference: Column, current: Column) -> float:
    """How far two of the window's rows differ, as of the reference's blocks."""
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


def aligned_counts(reference: Categories, current: Categories) -> tuple[Floats, Floats]:
    """Counts by category on both sides: the frequent ones, then all others.

    Kept are so many that each has five rows or more on average on either side: below
    that no correction helps. They are the most frequent of both sides together. The
    reference's most frequent would be chosen for having happened to be frequent
    there, and be rarer in any window.
    """
    fewest = min(reference.present, current.present)
    keep = max(1, min(MAXIMUM_CATEGORIES, fewest // ROWS_PER_CATEGORY))
    both = Counter(reference.counts)
    both.update(current.counts)
    ranked = sorted(both.items(), key=lambda item: (-item[1], item[0]))
    kept = [name for name, _ in ranked[:keep]]
    before = [reference.counts.get(name, 0) for name in kept]
    after = [current.counts.get(name, 0) for name in kept]
    return (
        np.array([*before, reference.present - sum(before)], dtype=np.float64),
        np.array([*after, current.present - sum(after)], dtype=np.float64),
    )


def unseen_rows(reference: Categories, current: Categories) -> int:
    """Rows of the window in categories that the reference does not have."""
    seen = reference.counts
    return sum(count for name, count in current.counts.items() if name not in seen)


def one_spelling(
    reference: Categories, current: Categories
) -> tuple[Categories, Categories]:
    """Booleans in one spelling: a file's True or t is a table's true."""
    if any(name.lower() not in _SPELLINGS for name in reference.counts):
        return reference, current
    sides = []
    for side in (reference, current):
        counts: Counter[str] = Counter()
        for name, count in side.counts.items():
            counts[_SPELLINGS.get(name.lower(), name)] += count
        sides.append(replace(side, counts=dict(counts)))
    return sides[0], sides[1]
