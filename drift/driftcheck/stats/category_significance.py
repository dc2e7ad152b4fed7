"""p-values and repetition of categories: the counterpart of `significance`."""

import numpy as np
from numpy.typing import NDArray

from driftcheck.stats.distance import Floats
from driftcheck.stats.significance import beyond_chance, expected_counts
from driftcheck.stats.tail_probabilities import binomial_tail, chi_square_tail

MINIMUM_EXPECTED = 5.0
"""Expected rows of a category on each side, below which it is pooled with others.

The usual lower limit for the chi-square approximation: Cochran (1954), "Some methods
for strengthening the common chi-square tests".
"""


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
    expected = expected_counts(table)
    statistic = float(np.sum((table - expected) ** 2 / expected))
    return chi_square_tail(table.shape[1] - 1, statistic)


def _pooled(table: Floats) -> Floats:
    """Return the table of shape (2, K) without empty categories, rare ones pooled."""
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return table
    order = np.argsort(-table.sum(axis=0), kind="stable")
    table = table[:, order]
    rare = expected_counts(table).min(axis=0) < MINIMUM_EXPECTED
    if rare.sum() == 0:
        return table
    pooled = table[:, rare].sum(axis=1, keepdims=True)
    kept = table[:, ~rare]
    together = np.hstack([kept, pooled])
    if kept.shape[1] > 1 and expected_counts(together)[:, -1].min() < MINIMUM_EXPECTED:
        kept[:, -1:] += pooled
        return kept
    return together


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


def category_dependence(codes: NDArray[np.int32], counts: NDArray[np.intp]) -> float:
    """Return how much more often a category repeats than by chance (Cohen's kappa).

    Source: Cohen (1960), "A coefficient of agreement for nominal scales".

    Parameters
    ----------
    codes
        int32, shape (n,), the category of each row in order of time.
    counts
        Integers, shape (K,), the rows of each category.

    Returns
    -------
    float
        Kappa, 0 to 1; negative ones count as 0, as do series of fewer than 3 rows.
    """
    if codes.size < 3:
        return 0.0
    same = float(np.mean(codes[1:] == codes[:-1]))
    return beyond_chance(same, float(np.sum((counts / codes.size) ** 2)))
