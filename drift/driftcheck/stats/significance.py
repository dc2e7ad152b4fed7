"""p-values: how surprising a difference would be if nothing had changed.

All lie between 0 and 1, and smaller means more surprising. They assume independent
rows; that is why no verdict rests on them alone (see `verdict`), and why rows that
resemble the ones before are counted for less (`effective_share`).
"""

import numpy as np
from numpy.typing import NDArray

from driftcheck.stats.distance import Floats
from driftcheck.stats.tail_probabilities import (
    binomial_head,
    binomial_tail,
    chi_square_tail,
    kolmogorov_tail,
)

MINIMUM_EXPECTED = 5.0
LEAST_EFFECTIVE_ROWS = 25


def kolmogorov_smirnov_pvalue(distance: float, n: float, m: float) -> float:
    r"""Two-sided p-value of the Kolmogorov-Smirnov distance of n and m rows.

    .. math:: Q_{KS}\left((\sqrt{e} + 0.12 + 0.11/\sqrt{e}) D\right),
              \quad e = nm/(n + m)

    Asymptotic, with the correction for small samples; conservative where values tie.

    Source: Stephens (1970), "Use of the Kolmogorov-Smirnov, Cramer-von Mises and
    related statistics without extensive tables".
    """
    root = np.sqrt(n * m / (n + m))
    return kolmogorov_tail(float((root + 0.12 + 0.11 / root) * distance))


def chi_square_pvalue(reference: Floats, current: Floats) -> float | None:
    """p-value of homogeneity of two count vectors: Pearson's test on the 2 x K table.

    Both sides are samples (taking the reference's shares as exact would alarm far
    too often). Categories that expect fewer than 5 rows on a side are pooled; None
    where fewer than two categories remain, as there is nothing to test.

    Source: Pearson (1900); the rule of five: Cochran (1954), "Some methods for
    strengthening the common chi-square tests".
    """
    table = _pooled(np.array([reference, current], dtype=np.float64))
    if table.shape[1] < 2:
        return None
    expected = _expected(table)
    statistic = float(np.sum((table - expected) ** 2 / expected))
    return chi_square_tail(table.shape[1] - 1, statistic)


def _expected(table: Floats) -> Floats:
    rows, columns = table.sum(axis=1, keepdims=True), table.sum(axis=0, keepdims=True)
    expected: Floats = rows * columns / table.sum()
    return expected


def _pooled(table: Floats) -> Floats:
    """The table without empty categories, the rare ones joined into one."""
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return table
    order = np.argsort(-table.sum(axis=0), kind="stable")
    table = table[:, order]
    rare = _expected(table).min(axis=0) < MINIMUM_EXPECTED
    if rare.sum() == 0:
        return table
    pooled = table[:, rare].sum(axis=1, keepdims=True)
    kept = table[:, ~rare]
    together = np.hstack([kept, pooled])
    if kept.shape[1] > 1 and _expected(together)[:, -1].min() < MINIMUM_EXPECTED:
        kept[:, -1:] += pooled
        return kept
    return together


def share_pvalue(
    reference_hits: int, reference_rows: int, current_hits: int, current_rows: int
) -> float:
    """p-value that two shares are equal: the chi-square test on the 2 x 2 table.

    With too few rows for that test the answer is 1: no evidence.
    """
    reference = np.array([reference_hits, reference_rows - reference_hits], float)
    current = np.array([current_hits, current_rows - current_hits], float)
    table = np.array([reference, current])
    if min(reference_rows, current_rows) == 0 or (table.sum(axis=0) == 0).any():
        return 1.0
    if _expected(table).min() < 1:
        return 1.0
    expected = _expected(table)
    statistic = float(np.sum((table - expected) ** 2 / expected))
    return chi_square_tail(1, statistic)


def unseen_pvalue(
    unseen: int, rows: int, singletons: int, reference_rows: int
) -> float:
    """p-value of so many rows in categories that the reference has never seen.

    Even without a change some rows fall into unseen categories: their share is
    estimated by the share of categories seen exactly once (plus one, so that it is
    never zero), and the p-value is the binomial tail from `unseen` up.

    Source: Good (1953), "The population frequencies of species and the estimation
    of population parameters".
    """
    if unseen == 0:
        return 1.0
    chance = min(1.0, (singletons + 1) / max(1, reference_rows))
    return binomial_tail(unseen, rows, chance)


def beyond_pvalue(
    beyond_reference: int, reference_rows: int, beyond_current: int, current_rows: int
) -> float:
    r"""p-value of so many values beyond a limit that few of the reference exceed.

    The limit is the reference's own (r + 1)-th most extreme value. Of the r + x most
    extreme values of both sides together, each is the reference's with the chance
    n/(n + m) if nothing changed, whatever the distribution; the p-value is the
    binomial tail of at most r. Values that tie with the limit are not beyond it.

    Source: Wilks (1942), "Statistical prediction with special reference to the
    problem of tolerance limits".
    """
    if beyond_current == 0:
        return 1.0
    chance = reference_rows / (reference_rows + current_rows)
    drawn = beyond_reference + beyond_current
    return binomial_head(beyond_reference, drawn, chance)


def dependence(values: Floats, ordered: Floats) -> float:
    r"""How much a row resembles the one before: about the correlation, from 0 to 1.

    From how often two following values lie on one side of the median, beyond what
    independent rows do: for a Gaussian series the correlation is
    :math:`\sin(\pi \kappa / 2)`. Tails and units do not matter. `ordered` are the
    same values ascending.

    Source: Kedem (1994), "Time series analysis by higher order crossings".
    """
    if values.size < 3:
        return 0.0
    above = values > ordered[values.size // 2]
    share = float(np.mean(above))
    same = float(np.mean(above[1:] == above[:-1]))
    kappa = _beyond_chance(same, share**2 + (1 - share) ** 2)
    return float(np.sin(np.pi / 2 * kappa))


def category_dependence(codes: NDArray[np.int32], counts: NDArray[np.intp]) -> float:
    """How much more often a category repeats itself than by chance, from 0 to 1."""
    if codes.size < 3:
        return 0.0
    same = float(np.mean(codes[1:] == codes[:-1]))
    return _beyond_chance(same, float(np.sum((counts / codes.size) ** 2)))


def _beyond_chance(same: float, by_chance: float) -> float:
    """Cohen's kappa, not below zero."""
    return 0.0 if by_chance >= 1 else max(0.0, (same - by_chance) / (1 - by_chance))


def effective_share(
    dependence: float, rows: int, least: float = LEAST_EFFECTIVE_ROWS
) -> float:
    r"""How much of an independent row each row is worth, above 0 and at most 1.

    .. math:: (1 - \rho) / (1 + \rho)

    for a first-order autoregressive series, whose correlation is taken one standard
    error higher than it looks, as a short stretch shows too little of it. Dependence
    that this many independent rows show by chance does not count. Never fewer than
    `least` rows in all: so few as 25 could not tell a change of a whole deviation from
    chance, and a plain change must not be explained away; the price is in
    docs/statistics.md.

    Sources: Bayley and Hammersley (1946), "The effective number of independent
    observations in an autocorrelated time series"; Kendall (1954), "Note on bias in
    the estimation of autocorrelation".
    """
    if dependence <= 2 / np.sqrt(max(rows, 1)):
        return 1.0
    error = np.sqrt((1 - dependence**2) / rows) + (1 + 3 * dependence) / rows
    correlation = min(dependence + float(error), 1.0)
    share = (1 - correlation) / (1 + correlation)
    return min(1.0, max(share, least / rows))


def benjamini_hochberg(pvalues: Floats) -> Floats:
    """p-values adjusted for being many: at most a share of q of those below q is false.

    Source: Benjamini and Hochberg (1995), "Controlling the false discovery rate".
    """
    count = pvalues.size
    if count == 0:
        return pvalues
    order = np.argsort(pvalues, kind="stable")
    scaled = pvalues[order] * count / np.arange(1, count + 1)
    adjusted = np.empty(count)
    adjusted[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return np.minimum(adjusted, 1.0)
