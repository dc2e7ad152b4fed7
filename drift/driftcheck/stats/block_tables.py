"""Measures the blocks of a reference: the tables of `BlockVariability`."""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from driftcheck.stats.block_variability import SIGMAS
from driftcheck.stats.category_distance import MAXIMUM_CATEGORIES, ROWS_PER_CATEGORY
from driftcheck.stats.distance import CLIP_QUANTILES, HUGE, Floats, inner_range
from driftcheck.stats.tail_probabilities import chi_square_tail

MIN_BLOCK_ROWS = 16
"""Rows of the shortest blocks; longer ones double from there.

Four rows in each quarter of the values, near the five that a chi-square test asks for.
Shorter blocks find shorter variation, with a less exact test of it.
"""

MIN_BLOCKS = 6
"""Blocks of the greatest length, so a sixth of the rows each.

A standard deviation of fewer blocks says little; NannyML warns below the same number of
chunks. More blocks would know nothing about windows longer than a smaller share of the
reference.
"""

EDGES = 64
"""Bin edges for the distances of blocks, at evenly spread ranks.

64 bins reproduce Wasserstein distances to 5e-4 standard deviations (measured at 1M
rows), far below a block's own variation. More bins cost time in proportion.
"""

CHANCE = 0.001
"""Significance of the tests for non-stationarity.

About one in 1,000 stationary columns gets limits, and loses power by them. A smaller
value leaves more non-stationary columns without limits.
"""

QUARTERS = 4
"""Classes of values, of about equal size, over which stationarity is tested.

More classes would need longer blocks for the same number of rows in each.
"""

LONG_BLOCKS = 8
"""Number of the long blocks over which stationarity is tested.

It finds slow variation, such as a season, that many short blocks do not show.
"""

Codes: TypeAlias = NDArray[np.int64]


def blocks_of_numbers(values: Floats, ordered: Floats) -> Floats | None:
    """Return the variability of a numeric column over blocks of consecutive rows.

    Parameters
    ----------
    values
        float64, shape (n,), finite, in the reference's order.
    ordered
        The same values in ascending order.

    Returns
    -------
    numpy.ndarray or None
        The table of `BlockVariability`; None if the rows are stationary, fewer than
        MIN_BLOCKS * MIN_BLOCK_ROWS, constant, or larger than HUGE.
    """
    if values.size < MIN_BLOCKS * MIN_BLOCK_ROWS:
        return None
    if max(-ordered[0], ordered[-1]) > HUGE:
        return None
    quarters = ordered[np.arange(1, QUARTERS) * ordered.size // QUARTERS]
    codes = sum((values > cut).astype(np.int64) for cut in quarters)
    if not is_non_stationary(codes):
        return None
    low, high = inner_range(ordered)
    places = np.linspace(0, ordered.size - 1, EDGES).astype(np.int64)
    edges = np.unique(np.clip(ordered[places], low, high))
    deviation = float(np.std(np.clip(ordered, low, high)))
    if edges.size < 2 or deviation == 0:
        return None
    bins = np.searchsorted(edges, values)
    widths = np.diff(edges) / deviation
    order = np.argsort(values, kind="stable")
    shuffled = _shuffled(bins)
    rows = []
    for length in _lengths(values.size):
        effects, spreads = _number_effects(bins, length, widths)
        chance, _ = _number_effects(shuffled, length, widths)
        novelty = _novelty_of_numbers(values, order, length)
        rows.append(_row(length, effects, chance, novelty, spreads))
    return np.array(rows).T


def blocks_of_categories(codes: NDArray[np.int32]) -> Floats | None:
    """Return the variability of a categorical column over blocks of consecutive rows.

    Parameters
    ----------
    codes
        int32, shape (n,), the category of each row, from 0, in the reference's order.

    Returns
    -------
    numpy.ndarray or None
        The table of `BlockVariability`; None if the rows are stationary, or fewer than
        MIN_BLOCKS * MIN_BLOCK_ROWS.
    """
    if codes.size < MIN_BLOCKS * MIN_BLOCK_ROWS:
        return None
    counts = np.bincount(codes)
    rank = np.empty(counts.size, np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(counts.size)
    ranked = np.minimum(rank[codes], MAXIMUM_CATEGORIES)
    if not is_non_stationary(np.minimum(ranked, QUARTERS - 1)) and not _repeating(
        codes, counts
    ):
        return None
    shuffled = _shuffled(ranked)
    rows = []
    for length in _lengths(codes.size):
        effects, spreads, novelty = _category_effects(ranked, length)
        chance, _, _ = _category_effects(shuffled, length)
        rows.append(_row(length, effects, chance, novelty, spreads))
    return np.array(rows).T


def is_non_stationary(codes: Codes) -> bool:
    """Return whether blocks of consecutive rows differ more than by chance.

    Pearson's test of homogeneity, see `category_significance.chi_square_pvalue`, over
    blocks of MIN_BLOCK_ROWS and over LONG_BLOCKS long ones, at CHANCE over the number
    of tests; either decides.

    Parameters
    ----------
    codes
        int64, shape (n,), the class of each row, from 0, in the reference's order; a
        few classes of about equal size.
    """
    size, classes = codes.size, int(codes.max()) + 1
    lengths = {MIN_BLOCK_ROWS, max(MIN_BLOCK_ROWS, size // LONG_BLOCKS)}
    for length in lengths:
        table = _counts(codes, length, classes)
        table = table[:, table.sum(axis=0) > 0]
        blocks, columns = table.shape
        if columns < 2:
            return False
        expected = length * table.sum(axis=0) / table.sum()
        statistic = float(np.sum((table - expected) ** 2 / expected))
        degrees = (blocks - 1) * (columns - 1)
        if chi_square_tail(degrees, statistic) <= CHANCE / len(lengths):
            return True
    return False


def _repeating(codes: NDArray[np.int32], counts: NDArray[np.intp]) -> bool:
    """Return whether consecutive rows share a category more often than by chance.

    A one-sided test of the share against its binomial standard deviation. The factor
    erfc(z / sqrt(2)) is the two-sided tail, so it is decided at half of CHANCE.
    """
    expected = float(np.sum((counts / codes.size) ** 2))
    same = float(np.mean(codes[1:] == codes[:-1]))
    deviation = math.sqrt(expected * (1 - expected) / (codes.size - 1))
    return math.erfc((same - expected) / max(deviation, 1e-9) / math.sqrt(2)) <= CHANCE


def _lengths(size: int) -> list[int]:
    """Return the lengths of blocks, doubling up to the size over MIN_BLOCKS."""
    longest = size // MIN_BLOCKS
    doubling = (MIN_BLOCK_ROWS << step for step in range(longest.bit_length()))
    return [*(length for length in doubling if length < longest), longest]


def _shuffled(codes: Codes) -> Codes:
    """Return the codes in a random order that depends only on their number."""
    return np.random.default_rng(codes.size).permutation(codes)


def _counts(codes: Codes, length: int, classes: int) -> Floats:
    """Count rows by block and class, shape (blocks, classes), full blocks only."""
    blocks = codes.size // length
    places = np.arange(blocks * length) // length * classes + codes[: blocks * length]
    counts = np.bincount(places, minlength=blocks * classes)
    return counts.reshape(blocks, classes).astype(np.float64)


def _number_effects(bins: Codes, length: int, widths: Floats) -> tuple[Floats, Floats]:
    """Return each block's Wasserstein distance from all other rows, and its spread.

    Both have the shape (blocks,) and the unit of `widths`, the widths of the bins in
    standard deviations of the reference.
    """
    classes = widths.size + 2
    total = np.cumsum(np.bincount(bins, minlength=classes))
    inside = np.cumsum(_counts(bins, length, classes), axis=1)
    block = inside[:, :-2] / length
    others = (total - inside)[:, :-2] / (bins.size - length)
    effects: Floats = np.abs(block - others) @ widths
    spreads: Floats = 2 * (block * (1 - block)) @ widths
    return effects, spreads


def _category_effects(ranked: Codes, length: int) -> tuple[Floats, Floats, Floats]:
    """Return each block's corrected Jensen-Shannon distance, spread and unseen share.

    All have the shape (blocks,). The distance is that of all other rows, see
    `distance.corrected_jensen_shannon_distance`.
    """
    classes = int(ranked.max()) + 1
    whole = _counts(ranked, length, classes)
    total = np.bincount(ranked, minlength=classes)
    named = whole[:, :MAXIMUM_CATEGORIES]
    unseen = np.where(named == total[:MAXIMUM_CATEGORIES], named, 0.0).sum(axis=1)
    kept = max(1, min(MAXIMUM_CATEGORIES, length // ROWS_PER_CATEGORY))
    counts = _counts(np.minimum(ranked, kept), length, min(classes, kept + 1))
    others = np.bincount(np.minimum(ranked, kept)) - counts
    p = counts / length
    q = others / others.sum(axis=1, keepdims=True)
    divergence = _entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2
    present = np.count_nonzero(counts + others, axis=1)
    floor = (present - 1) / 8 * (1 / length + 1 / (ranked.size - length))
    effects: Floats = np.sqrt(np.maximum(0.0, divergence - floor))
    spreads: Floats = 1 - np.sum(p**2, axis=1)
    return effects, spreads, unseen / length


def _entropy(shares: Floats) -> Floats:
    """Return Shannon's entropy in nats of each row of shares."""
    logs = np.log(np.where(shares > 0, shares, 1.0))
    entropies: Floats = -np.sum(shares * logs, axis=1)
    return entropies


def _novelty_of_numbers(values: Floats, order: Codes, length: int) -> Floats:
    """Return each block's share of rows outside the inner range of all other rows."""
    blocks = values.size // length
    beyond = np.zeros(blocks)
    others = values.size - length
    left_out = max(1, int(np.ceil((others - 1) * CLIP_QUANTILES[0])))
    owner = order // length
    for ranked in (owner, owner[::-1]):
        head = ranked[: length + left_out + 1]
        for block in np.unique(head[: left_out + 1]):
            if block < blocks:
                # The block's rows before the first of the others that is in range.
                limit = np.flatnonzero(head != block)[left_out]
                beyond[block] += np.count_nonzero(head[:limit] == block)
    return beyond / length


def _row(
    length: int, effects: Floats, chance: Floats, novelty: Floats, spreads: Floats
) -> tuple[float, ...]:
    """Return one column of the table of `BlockVariability`."""
    return (
        float(length),
        float(np.mean(effects)),
        float(np.std(effects, ddof=1)),
        float(np.mean(chance) + SIGMAS * np.std(chance, ddof=1)),
        float(np.mean(novelty)),
        float(np.std(novelty, ddof=1)),
        float(np.max(spreads)),
        float(effects.size),
    )
