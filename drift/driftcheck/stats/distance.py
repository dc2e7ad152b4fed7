"""Effect sizes: how far a window's column lies from the reference's.

Each is 0 for equal distributions and grows with drift. Samples are float64 arrays,
finite and sorted ascending unless said otherwise; sorting is left to the caller,
who sorts each column once.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Number = TypeVar("Number", np.float64, np.int64)

CLIP_QUANTILES = (0.001, 0.999)
CONSTANT_TOLERANCE = 1e-6
HUGE = 1e100


@dataclass(frozen=True, eq=False)
class Overlay:
    """Two samples laid over each other, the basis of all distances of numbers.

    `points`: the values of both sides, ascending; `gaps`: how far the two empirical
    distribution functions are apart at each point, from 0 to 1, right where the
    point is the last of its equals.
    """

    points: Floats
    gaps: Floats

    def area(self, low: float = -np.inf, high: float = np.inf) -> float:
        """The area between the distribution functions, values clipped to a range."""
        points = np.clip(self.points, low, high)
        return float(np.sum(self.gaps[:-1] * np.diff(points)))

    def height(self) -> float:
        """The largest gap."""
        last = np.append(self.points[1:] != self.points[:-1], True)
        return float(np.max(self.gaps[last]))


def overlay(reference: Floats, current: Floats) -> Overlay:
    """Both samples merged; linear in time, as each is sorted already."""
    points = np.concatenate([reference, current])
    order = np.argsort(points, kind="stable")
    of_reference = np.cumsum(order < reference.size)
    of_current = np.arange(1, points.size + 1) - of_reference
    gaps = np.abs(of_reference / reference.size - of_current / current.size)
    return Overlay(points[order], gaps)


def wasserstein_distance(reference: Floats, current: Floats) -> float:
    r"""First Wasserstein distance (earth mover's distance) of two sorted samples.

    .. math:: W_1 = \int_{-\infty}^{\infty} |F(x) - G(x)| \, dx
                  = \int_0^1 |F^{-1}(u) - G^{-1}(u)| \, du

    in the samples' own unit, from 0 upwards, for the empirical distribution
    functions F and G; exact, by the second form: between the steps of both quantile
    functions, whose places depend on the numbers of rows alone.

    Source: Vallender (1974), "Calculation of the Wasserstein distance between
    probability distributions on the line".
    """
    if reference.size == current.size:
        return float(np.mean(np.abs(reference - current)))
    widths, of_reference, of_current = _steps(reference.size, current.size)
    return float(np.dot(widths, np.abs(reference[of_reference] - current[of_current])))


@lru_cache(maxsize=1)
def _steps(n: int, m: int) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Of n and m rows' quantile functions: widths of the steps, and the rows there."""
    ends = np.concatenate([np.arange(1, n + 1) * m, np.arange(1, m) * n])
    ends.sort()
    widths = np.diff(ends, prepend=0) / (n * m)
    return widths, (ends - 1) // m, (ends - 1) // n


def inner_range(reference: Floats) -> tuple[float, float]:
    """The reference's 0.1 % and 99.9 % quantiles, as values that occur in it.

    Taken inwards: of three values or more the least and the largest never are the
    range, so that a single absurd value does not decide how far it reaches.
    """
    steps = reference.size - 1
    low = max(1, int(np.ceil(steps * CLIP_QUANTILES[0])))
    high = min(steps - 1, int(np.floor(steps * CLIP_QUANTILES[1])))
    if low > high:
        return float(reference[0]), float(reference[-1])
    return float(reference[low]), float(reference[high])


def normed_wasserstein_distance(
    reference: Floats, current: Floats, laid: Overlay | None = None
) -> float:
    """Wasserstein distance in standard deviations of the reference, robust to tails.

    Both samples are clipped to the reference's inner range, so that one absurd value
    can neither feign a drift nor hide one; the standard deviation is that of the
    clipped reference. A shift by c standard deviations gives about c.

    Where the clipped reference is constant there is no such unit: then it is the
    share of current values that differ from the constant, less the reference's own
    share of such values (0 to 1). `laid` is the samples' overlay, where it is known.
    """
    low, high = inner_range(reference)
    scale = max(abs(low), abs(high))
    if scale > HUGE or 0 < scale < 1 / HUGE:
        # Differences or squares of such values leave the range of a float.
        return normed_wasserstein_distance(
            np.clip(reference, low, high) / scale, np.clip(current, low, high) / scale
        )
    deviation = float(np.std(np.clip(reference, low, high)))
    if deviation <= CONSTANT_TOLERANCE * scale:
        centre = float(reference[reference.size // 2])
        differing = share_differing(current, centre) - share_differing(
            reference, centre
        )
        return max(0.0, differing)
    return (laid or overlay(reference, current)).area(low, high) / deviation


def share_differing(sample: Floats, constant: float) -> float:
    """Share of values (0 to 1) off a constant by more than one part in a million."""
    tolerance = CONSTANT_TOLERANCE * abs(constant)
    low = np.searchsorted(sample, constant - tolerance, side="left")
    high = np.searchsorted(sample, constant + tolerance, side="right")
    return float(1 - (high - low) / sample.size)


def kolmogorov_smirnov_distance(reference: Floats, current: Floats) -> float:
    r"""Largest gap between two empirical distribution functions, from 0 to 1.

    .. math:: D = \sup_x |F(x) - G(x)|

    It depends on ranks only: heavy tails and units do not matter.

    Source: Smirnov (1948), "Table for estimating the goodness of fit of empirical
    distributions".
    """
    return overlay(reference, current).height()


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


def stability_index(reference: Floats, current: Floats) -> float:
    r"""Population stability index of two count vectors, from 0 upwards.

    .. math:: \sum_i (p_i - q_i) \ln(p_i / q_i)

    An empty place counts as half a row, so that the sum stays finite. By custom 0.1
    is a small change and 0.25 a large one. No verdict rests on it: without a change
    its mean is (K - 1)(1/n + 1/m) for K places, which the custom ignores.

    Source: Siddiqi (2006), "Credit risk scorecards".
    """
    some = (reference + current) > 0
    p, q = np.maximum(reference[some], 0.5), np.maximum(current[some], 0.5)
    p, q = p / p.sum(), q / q.sum()
    return float(np.sum((p - q) * np.log(p / q)))


def spread_of_numbers(ordered: Floats) -> float:
    r"""How far two values of a sample lie apart on average, in the sample's unit.

    .. math:: 2 \int F (1 - F) \, dx

    Source: Gini (1912), "Variabilita e mutabilita".
    """
    below = np.arange(1, ordered.size) / ordered.size
    return float(2 * np.sum(below * (1 - below) * np.diff(ordered)))


def spread_of_categories(counts: Floats) -> float:
    """The chance that two rows differ: 0 for one category, near 1 for very many.

    Source: Simpson (1949), "Measurement of diversity".
    """
    return float(1 - np.sum((counts / counts.sum()) ** 2))


def decile_edges(reference: Floats) -> Floats:
    """The reference's deciles, those that tie once."""
    return distinct(reference[np.arange(1, 10) * reference.size // 10])


def distinct(ordered: NDArray[Number]) -> NDArray[Number]:
    """Ascending values, each once."""
    found: NDArray[Number] = ordered[np.append(True, ordered[1:] != ordered[:-1])]
    return found


def decile_counts(reference: Floats, current: Floats) -> tuple[Floats, Floats]:
    """Rows of both sides between the reference's deciles; one outlier moves none."""
    edges = decile_edges(reference)
    sides = []
    for side in (reference, current):
        below = np.searchsorted(side, edges, side="right")
        sides.append(np.diff(np.concatenate([[0], below, [side.size]])).astype(float))
    return sides[0], sides[1]


def _divergence(reference: Floats, current: Floats) -> float:
    p = reference / reference.sum()
    q = current / current.sum()
    middle = (p + q) / 2
    return max(0.0, (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2)


def _relative_entropy(p: Floats, q: Floats) -> float:
    some = p > 0
    return float(np.sum(p[some] * np.log(p[some] / q[some])))
