"""Tail probabilities of three distributions, without the start-up cost of SciPy.

Importing SciPy's would take longer than the rest of a check's start. These agree with
it to ten digits and more (tested).
"""

import math

import numpy as np

PRECISION = 1e-16
MAXIMUM_TERMS = 100_000
TINY = 1e-30


def kolmogorov_tail(x: float) -> float:
    r"""The limit of :math:`P(\sqrt{n} D_n > x)`.

    .. math:: 2 \sum_{k \ge 1} (-1)^{k-1} e^{-2 k^2 x^2}
        = 1 - \frac{\sqrt{2 \pi}}{x} \sum_{k \ge 1} e^{-(2k - 1)^2 \pi^2 / (8 x^2)}

    The first series is quick for large x, the second for small.

    Source: Kolmogorov (1933), "Sulla determinazione empirica di una legge di
    distribuzione".
    """
    if x <= TINY:
        return 1.0
    if x < 1:
        terms = (
            math.exp(-((2 * k - 1) ** 2) * math.pi**2 / (8 * x * x))
            for k in range(1, 20)
        )
        return min(1.0, max(0.0, 1 - math.sqrt(2 * math.pi) / x * sum(terms)))
    signed = ((-1.0) ** (k - 1) * math.exp(-2 * (k * x) ** 2) for k in range(1, 20))
    return min(1.0, max(0.0, 2 * sum(signed)))


def chi_square_tail(degrees: float, x: float) -> float:
    r"""P of a chi-square variable being above x: the upper incomplete gamma ratio.

    By its power series below the mean and its continued fraction above.

    Source: Abramowitz and Stegun (1964), 6.5.29 and 6.5.31.
    """
    if x <= TINY:
        return 1.0
    a, z = degrees / 2, x / 2
    factor = math.exp(a * math.log(z) - z - math.lgamma(a))
    if z < a + 1:
        return min(1.0, max(0.0, 1 - factor * _gamma_series(a, z)))
    return min(1.0, factor * _gamma_fraction(a, z))


def _gamma_series(a: float, z: float) -> float:
    """The sum of z^k / (a (a + 1) ... (a + k))."""
    term = total = 1 / a
    for k in range(1, MAXIMUM_TERMS):
        term *= z / (a + k)
        total += term
        if term < total * PRECISION:
            break
    return total


def _gamma_fraction(a: float, z: float) -> float:
    """1/(z + 1 - a - (1 - a)/(z + 3 - a - 2 (2 - a)/(z + 5 - a - ...))).

    Evaluated forwards by the ratios of following numerators and denominators.
    """
    below = z + 1 - a
    numerators, denominators = math.inf, 1 / below
    found = denominators
    for k in range(1, MAXIMUM_TERMS):
        partial = -k * (k - a)
        below += 2
        denominators = 1 / (partial * denominators + below)
        numerators = below + partial / numerators
        step = numerators * denominators
        found *= step
        if abs(step - 1) < 10 * PRECISION:
            break
    return found


def binomial_head(most: int, trials: int, chance: float) -> float:
    """P of at most so many successes."""
    if most >= trials or chance <= 0:
        return 1.0
    if chance >= 1 or most < 0:
        return 0.0
    return min(1.0, _binomial_sum(0, most, trials, chance))


def binomial_tail(least: int, trials: int, chance: float) -> float:
    """P of at least so many successes."""
    if least <= 0 or chance >= 1:
        return 1.0
    if least > trials or chance <= 0:
        return 0.0
    return min(1.0, _binomial_sum(least, trials, trials, chance))


def _binomial_sum(first: int, last: int, trials: int, chance: float) -> float:
    """The probabilities from `first` to `last` summed, in logarithms from the largest.

    Each follows from the one before by (n - k)/(k + 1) p/(1 - p).
    """
    start = (
        math.lgamma(trials + 1)
        - math.lgamma(first + 1)
        - math.lgamma(trials - first + 1)
        + first * math.log(chance)
        + (trials - first) * math.log1p(-chance)
    )
    k = np.arange(first, last, dtype=np.float64)
    odds = math.log(chance) - math.log1p(-chance)
    steps = np.log(trials - k) - np.log(k + 1) + odds
    logs = start + np.concatenate([[0.0], np.cumsum(steps)])
    largest = float(logs.max())
    return math.exp(largest) * float(np.sum(np.exp(logs - largest)))
