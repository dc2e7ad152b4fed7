"""Autocorrelation of rows in order of time, and the effective sample size."""

import numpy as np
from numpy.typing import NDArray

from driftcheck.stats.distance import Floats

LEAST_EFFECTIVE_ROWS = 25
"""Effective sample size, in rows, below which autocorrelation is not counted further.

With fewer rows a shift of a whole standard deviation would not be significant, and a
plain change must not be explained away. The price, up to two false alarms a year for
100 rows with an autocorrelation of 0.9, is measured in docs/verdict.md. A lower value
raises fewer false alarms and misses more changes.
"""


def dependence(values: Floats, ordered: Floats) -> float:
    r"""Return the lag-1 autocorrelation of a series, estimated robustly.

    .. math:: \rho = \sin(\pi \kappa / 2)

    kappa is the excess share of consecutive pairs on one side of the median (see
    `_beyond_chance`); the formula is exact for a Gaussian series. Tails and units do
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
    kappa = _beyond_chance(same, share**2 + (1 - share) ** 2)
    return float(np.sin(np.pi / 2 * kappa))


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
    return _beyond_chance(same, float(np.sum((counts / codes.size) ** 2)))


def _beyond_chance(same: float, by_chance: float) -> float:
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
