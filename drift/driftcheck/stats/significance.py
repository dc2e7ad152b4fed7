"""p-values: the probability of a difference at least as large if nothing had changed.

All lie between 0 and 1. They assume independent rows. Therefore no verdict rests on
them alone (see `judge.verdict`), and autocorrelated rows enter with their effective
sample size (`effective_share`).
"""

import numpy as np

from driftcheck.stats.distance import Floats
from driftcheck.stats.tail_probabilities import (
    binomial_head,
    chi_square_tail,
    kolmogorov_tail,
)

LEAST_EFFECTIVE_ROWS = 25
"""Effective sample size, in rows, below which autocorrelation is not counted further.

A shift of a whole standard deviation (a Kolmogorov-Smirnov distance of 0.38) needs 24
rows to be significant at `judge.drift.alarm_level` (0.00125), and so plain a change
must not be missed. The price is up to 2 false alarms a year for 100 rows with an
autocorrelation of 0.9, and up to 5 with a short reference (docs/verdict.md). A lower
value raises fewer false alarms and misses more changes.
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


def expected_counts(table: Floats) -> Floats:
    """Return the expected counts of a table of shape (2, K) with the same margins."""
    rows, columns = table.sum(axis=1, keepdims=True), table.sum(axis=0, keepdims=True)
    expected: Floats = rows * columns / table.sum()
    return expected


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
    if expected_counts(table).min() < 1:
        return 1.0
    expected = expected_counts(table)
    statistic = float(np.sum((table - expected) ** 2 / expected))
    return chi_square_tail(1, statistic)


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


def dependence(values: Floats, ordered: Floats) -> float:
    r"""Return the lag-1 autocorrelation of a series, estimated robustly.

    .. math:: \rho = \sin(\pi \kappa / 2)

    kappa is the excess share of consecutive pairs on one side of the median (see
    `beyond_chance`); the formula is exact for a Gaussian series. Tails and units do
    not matter.

    Source: Kedem (1994), "Time series analysis by higher order crossings".

    Parameters
    ----------
    values
        float64, shape (n,), finite, in order of time.
    ordered
        The same values in ascending order.

    Returns
    -------
    float
        The autocorrelation, 0 to 1; negative ones count as 0, as do series of fewer
        than 3 values.
    """
    if values.size < 3:
        return 0.0
    above = values > ordered[values.size // 2]
    share = float(np.mean(above))
    same = float(np.mean(above[1:] == above[:-1]))
    kappa = beyond_chance(same, share**2 + (1 - share) ** 2)
    return float(np.sin(np.pi / 2 * kappa))


def beyond_chance(same: float, by_chance: float) -> float:
    """Return Cohen's kappa of two shares from 0 to 1, at least 0."""
    return 0.0 if by_chance >= 1 else max(0.0, (same - by_chance) / (1 - by_chance))


def effective_share(
    dependence: float, rows: int, min_rows: float = LEAST_EFFECTIVE_ROWS
) -> float:
    r"""Return the effective sample size of autocorrelated rows, as a share of all rows.

    .. math:: \frac{1 - \rho}{1 + \rho}, \quad
              \rho = r + \sqrt{\frac{1 - r^2}{n}} + \frac{1 + 3 r}{n}

    The first formula is that of a first-order autoregressive series (Bayley and
    Hammersley). The observed r is raised by its standard error (Bartlett) and its bias
    (Kendall), because a short series shows too little of its autocorrelation. An r of
    at most 2/sqrt(n), which independent rows show by chance, does not count.

    Sources: Bayley and Hammersley (1946), "The effective number of independent
    observations in an autocorrelated time series"; Bartlett (1946), "On the theoretical
    specification and sampling properties of autocorrelated time-series"; Kendall
    (1954), "Note on bias in the estimation of autocorrelation".

    Parameters
    ----------
    dependence
        The observed lag-1 autocorrelation r, 0 to 1.
    rows
        The number of rows n, at least 1.
    min_rows
        The smallest effective sample size to return, in rows.

    Returns
    -------
    float
        The share, above 0 and at most 1.
    """
    if dependence <= 2 / np.sqrt(max(rows, 1)):
        return 1.0
    error = np.sqrt((1 - dependence**2) / rows) + (1 + 3 * dependence) / rows
    correlation = min(dependence + float(error), 1.0)
    share = (1 - correlation) / (1 + correlation)
    return min(1.0, max(share, min_rows / rows))
