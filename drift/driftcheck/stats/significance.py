"""p-values: the probability of a difference at least as large if nothing had changed.

All lie between 0 and 1. They assume independent rows. Therefore no verdict rests on
them alone (see `judge.verdict`), and autocorrelated rows enter with their effective
sample size (`autocorrelation`).
"""

import numpy as np

from driftcheck.stats.distance import Floats
from driftcheck.stats.tail_probabilities import (
    binomial_head,
    binomial_tail,
    chi_square_tail,
    kolmogorov_tail,
)

MINIMUM_EXPECTED = 5.0
"""Expected rows of a category on each side, below which it is pooled with others.

The usual lower limit for the chi-square approximation: Cochran (1954), "Some methods
for strengthening the common chi-square tests".
"""


def kolmogorov_smirnov_pvalue(distance: float, n: float, m: float) -> float:
    r"""Return the two-sided p-value of a Kolmogorov-Smirnov distance.

    .. math:: Q_{KS}\left((\sqrt{e} + 0.12 + 0.11/\sqrt{e}) D\right),
              \quad e = nm/(n + m)

    Asymptotic, with the correction for small samples; conservative if values tie.

    Source: Stephens (1970), "Use of the Kolmogorov-Smirnov, Cramer-von Mises and
    related statistics without extensive tables".

    Parameters
    ----------
    distance
        The distance D, 0 to 1.
    n, m
        Rows of both sides, above 0; effective sample sizes need not be whole.

    Returns
    -------
    float
        The p-value, 0 to 1.
    """
    root = np.sqrt(n * m / (n + m))
    return kolmogorov_tail(float((root + 0.12 + 0.11 / root) * distance))


def chi_square_pvalue(reference: Floats, current: Floats) -> float | None:
    r"""Return the p-value of Pearson's test of homogeneity of two count vectors.

    .. math:: \sum_{ij} \frac{(O_{ij} - E_{ij})^2}{E_{ij}} \sim \chi^2_{K - 1}

    on the 2 x K table, E being the product of the margins over the total. Both sides
    are samples: taking the reference's shares as exact raised 24 to 97 % false alarms
    at a nominal 5 %. Categories that expect fewer than MINIMUM_EXPECTED rows on a side
    are pooled.

    Source: Pearson (1900), "On the criterion that a given system of deviations ... can
    be reasonably supposed to have arisen from random sampling".

    Parameters
    ----------
    reference, current
        Count vectors of shape (K,), aligned by category; effective counts need not be
        whole.

    Returns
    -------
    float or None
        The p-value, 0 to 1; None if fewer than two categories remain, because there is
        nothing to test.
    """
    table = _pooled(np.array([reference, current], dtype=np.float64))
    if table.shape[1] < 2:
        return None
    expected = _expected(table)
    statistic = float(np.sum((table - expected) ** 2 / expected))
    return chi_square_tail(table.shape[1] - 1, statistic)


def _expected(table: Floats) -> Floats:
    """Return the expected counts of a table of shape (2, K) with the same margins."""
    rows, columns = table.sum(axis=1, keepdims=True), table.sum(axis=0, keepdims=True)
    expected: Floats = rows * columns / table.sum()
    return expected


def _pooled(table: Floats) -> Floats:
    """Return the table of shape (2, K) without empty categories, rare ones pooled."""
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
    """Return the p-value of two equal shares: Pearson's test on the 2 x 2 table.

    Source: Pearson (1900), see `chi_square_pvalue`.

    Parameters
    ----------
    reference_hits, current_hits
        Rows with the property, on each side.
    reference_rows, current_rows
        All rows of each side.

    Returns
    -------
    float
        The p-value, 0 to 1; 1 if a cell expects fewer than one row, because the
        approximation then fails (Cochran, 1954).
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
    r"""Return the p-value of rows in categories that the reference does not have.

    .. math:: P(X \ge u), \quad X \sim B\left(m, \frac{s + 1}{n}\right)

    Even without a change, some rows fall into unseen categories. The Good-Turing
    estimate of their share is s/n; one more singleton keeps it above zero.

    Source: Good (1953), "The population frequencies of species and the estimation
    of population parameters".

    Parameters
    ----------
    unseen
        The window's rows u in unseen categories.
    rows
        All rows m of the window.
    singletons
        Categories s that occur exactly once in the reference.
    reference_rows
        All rows n of the reference.

    Returns
    -------
    float
        The p-value, 0 to 1.
    """
    if unseen == 0:
        return 1.0
    chance = min(1.0, (singletons + 1) / max(1, reference_rows))
    return binomial_tail(unseen, rows, chance)


def beyond_pvalue(
    beyond_reference: int, reference_rows: int, beyond_current: int, current_rows: int
) -> float:
    r"""Return the p-value of values beyond a limit that few of the reference exceed.

    .. math:: P(X \le r), \quad X \sim B\left(r + x, \frac{n}{n + m}\right)

    The limit is the reference's own (r + 1)-th most extreme value. If nothing changed,
    each of the r + x most extreme values of both sides belongs to the reference with
    probability n/(n + m), whatever the distribution. The binomial distribution holds
    for r + x small against n and m. Values that equal the limit are not beyond it.

    Source: Wilks (1942), "Statistical prediction with special reference to the
    problem of tolerance limits".

    Parameters
    ----------
    beyond_reference, beyond_current
        Values r and x beyond the limit, of the reference and the window.
    reference_rows, current_rows
        All values n and m of both sides.

    Returns
    -------
    float
        The p-value, 0 to 1.
    """
    if beyond_current == 0:
        return 1.0
    chance = reference_rows / (reference_rows + current_rows)
    drawn = beyond_reference + beyond_current
    return binomial_head(beyond_reference, drawn, chance)


def benjamini_hochberg(pvalues: Floats) -> Floats:
    r"""Return p-values adjusted for their number: the false discovery rate.

    .. math:: \min_{j \ge i} \frac{K}{j} p_{(j)}

    for the i-th smallest of K p-values. Of the adjusted p-values that are at most q,
    an expected share of at most q is false.

    Source: Benjamini and Hochberg (1995), "Controlling the false discovery rate".

    Parameters
    ----------
    pvalues
        float64, shape (K,), each 0 to 1; may be empty.

    Returns
    -------
    numpy.ndarray
        float64, shape (K,), the adjusted p-values in the given order, 0 to 1.
    """
    count = pvalues.size
    if count == 0:
        return pvalues
    order = np.argsort(pvalues, kind="stable")
    scaled = pvalues[order] * count / np.arange(1, count + 1)
    adjusted = np.empty(count)
    adjusted[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return np.minimum(adjusted, 1.0)
