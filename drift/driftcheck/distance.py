"""Effect sizes: how far a window's column lies from the reference's.

Each is 0 for equal distributions and grows with drift. Samples are float64 arrays,
finite and sorted ascending unless said otherwise; sorting is left to the caller,
who sorts each column once.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

CLIP_QUANTILES = (0.001, 0.999)
CONSTANT_TOLERANCE = 1e-6


def wasserstein_distance(reference: Floats, current: Floats) -> float:
    r"""First Wasserstein distance (earth mover's distance) of two sorted samples.

    .. math:: W_1 = \int_{-\infty}^{\infty} |F(x) - G(x)| \, dx

    in the samples' own unit, from 0 upwards, for the empirical distribution
    functions F and G; exact, by the sum over the gaps between all values.

    Source: Vallender (1974), "Calculation of the Wasserstein distance between
    probability distributions on the line".
    """
    points = np.concatenate([reference, current])
    points.sort(kind="stable")
    gaps = np.diff(points)
    below = points[:-1]
    share_reference = np.searchsorted(reference, below, side="right") / reference.size
    share_current = np.searchsorted(current, below, side="right") / current.size
    return float(np.sum(np.abs(share_reference - share_current) * gaps))


def normed_wasserstein_distance(reference: Floats, current: Floats) -> float:
    """Wasserstein distance in standard deviations of the reference, robust to tails.

    Both samples are clipped to the reference's 0.1 % and 99.9 % quantiles, so that
    one absurd value can neither feign a drift nor hide one; the standard deviation
    is that of the clipped reference. A shift by c standard deviations gives about c.

    Where the clipped reference is constant there is no such unit: then it is the
    share of current values that differ from the constant, less the reference's own
    share of such values (0 to 1).
    """
    low, high = np.quantile(reference, CLIP_QUANTILES)
    clipped = np.clip(reference, low, high)
    deviation = float(np.std(clipped))
    if deviation <= CONSTANT_TOLERANCE * max(abs(low), abs(high)):
        centre = float(np.median(reference))
        differing = share_differing(current, centre) - share_differing(
            reference, centre
        )
        return max(0.0, differing)
    return wasserstein_distance(clipped, np.clip(current, low, high)) / deviation


def share_differing(sample: Floats, constant: float) -> float:
    """Share of values (0 to 1) off a constant by more than one part in a million."""
    tolerance = CONSTANT_TOLERANCE * abs(constant)
    return float(np.mean(np.abs(sample - constant) > tolerance))


def kolmogorov_smirnov_distance(reference: Floats, current: Floats) -> float:
    r"""Largest gap between two empirical distribution functions, from 0 to 1.

    .. math:: D = \sup_x |F(x) - G(x)|

    It depends on ranks only: heavy tails and units do not matter.

    Source: Smirnov (1948), "Table for estimating the goodness of fit of empirical
    distributions".
    """
    points = np.concatenate([reference, current])
    share_reference = np.searchsorted(reference, points, side="right") / reference.size
    share_current = np.searchsorted(current, points, side="right") / current.size
    return float(np.max(np.abs(share_reference - share_current)))


def jensen_shannon_distance(reference: Floats, current: Floats) -> float:
    r"""Jensen-Shannon distance of two count vectors, natural logarithm.

    .. math:: \sqrt{\tfrac12 KL(p \| m) + \tfrac12 KL(q \| m)}, \quad m = (p + q) / 2

    from 0 to sqrt(ln 2) = 0.8326. Counts are aligned by category, not sorted.

    Source: Endres and Schindelin (2003), "A new metric for probability
    distributions".
    """
    return float(np.sqrt(_divergence(reference, current)))


def corrected_jensen_shannon_distance(reference: Floats, current: Floats) -> float:
    r"""Jensen-Shannon distance less what chance alone gives.

    Of two samples of one distribution over K categories, of n and m rows, the
    squared distance has the mean (K - 1)/8 (1/n + 1/m): the delta method's
    chi-square with K - 1 degrees of freedom. That is subtracted before the root is
    taken, and what is left below zero counts as 0; so many categories or few rows
    are no drift by themselves. Range as `jensen_shannon_distance`.
    """
    n, m = float(reference.sum()), float(current.sum())
    categories = int(np.count_nonzero(reference + current))
    floor = (categories - 1) / 8 * (1 / n + 1 / m)
    return float(np.sqrt(max(0.0, _divergence(reference, current) - floor)))


def _divergence(reference: Floats, current: Floats) -> float:
    p = reference / reference.sum()
    q = current / current.sum()
    middle = (p + q) / 2
    return max(0.0, (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2)


def _relative_entropy(p: Floats, q: Floats) -> float:
    some = p > 0
    return float(np.sum(p[some] * np.log(p[some] / q[some])))
