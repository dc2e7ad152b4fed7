"""The scores without our corrections: the values that Evidently 0.7 itself computes.

No clipping, no noise floor, its own bins. No verdict rests on them; they prove in the
tests that our arithmetic is the same, and show in the benchmark what the same set of
scores costs here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftcheck.stats.category_distance import jensen_shannon_divergence
from driftcheck.stats.columns import Categories, Column, Numbers
from driftcheck.stats.distance import Floats, overlay

DEVIATION_FLOOR = 0.001
FEW_VALUES = 20
CATEGORY_VALUES = 5


@dataclass(frozen=True)
class PlainScores:
    """One column's scores; what does not apply to its kind is None."""

    jensen_shannon: float
    stability_index: float
    wasserstein: float | None = None
    ks_distance: float | None = None

    @property
    def default(self) -> float:
        """Return the score that Evidently picks above 1,000 reference rows."""
        return self.jensen_shannon if self.wasserstein is None else self.wasserstein


def plain_scores(reference: Column, current: Column) -> PlainScores:
    """Return the scores of one column; both sides of one kind and not empty."""
    if isinstance(reference, Numbers) and isinstance(current, Numbers):
        laid = overlay(reference.values, current.values)
        deviation = max(float(np.std(reference.values)), DEVIATION_FLOOR)
        before, after = _binned(reference.values, current.values)
        return PlainScores(
            jensen_shannon_distance(before, after),
            _stability_index(before, after),
            laid.area() / deviation,
            laid.height(),
        )
    if isinstance(reference, Categories) and isinstance(current, Categories):
        before, after = _by_value(reference.counts, current.counts)
        return PlainScores(
            jensen_shannon_distance(before, after), _stability_index(before, after)
        )
    raise TypeError("a number cannot be compared with a category")


def plain_default(reference: Column, current: Column) -> float:
    """Only the score that Evidently picks above 1,000 reference rows.

    Numbers with at most five different values on both sides are categories to it.
    """
    if isinstance(reference, Numbers) and isinstance(current, Numbers):
        if _few(reference.values, current.values, CATEGORY_VALUES):
            return jensen_shannon_distance(*_binned(reference.values, current.values))
        deviation = max(float(np.std(reference.values)), DEVIATION_FLOOR)
        return wasserstein_distance(reference.values, current.values) / deviation
    return plain_scores(reference, current).jensen_shannon


def _few(reference: Floats, current: Floats, most: int) -> bool:
    values = set(reference[: most + 1].tolist())
    for side in (reference, current):
        place = 0
        while place < side.size and len(values) <= most:
            values.add(float(side[place]))
            place = int(np.searchsorted(side, side[place], side="right"))
    return len(values) <= most


def _binned(reference: Floats, current: Floats) -> tuple[Floats, Floats]:
    """Counts by equal bins over both sides, or by value where values are few."""
    if _few(reference, reference, FEW_VALUES):
        sides = [np.unique(s, return_counts=True) for s in (reference, current)]
        counts = [dict(zip(v.tolist(), c.tolist(), strict=True)) for v, c in sides]
        return _by_value(counts[0], counts[1])
    both = np.concatenate([reference, current])
    edges = np.histogram_bin_edges(both, bins="sturges")
    before, after = (
        np.histogram(s, edges)[0].astype(float) for s in (reference, current)
    )
    return before, after


def _by_value(
    before: Mapping[Any, int], after: Mapping[Any, int]
) -> tuple[Floats, Floats]:
    keys = list(dict.fromkeys([*before, *after]))
    one = np.array([before.get(key, 0) for key in keys], dtype=np.float64)
    return one, np.array([after.get(key, 0) for key in keys], dtype=np.float64)


def _stability_index(before: Floats, after: Floats) -> float:
    p, q = _filled(before / before.sum()), _filled(after / after.sum())
    return float(np.sum((p - q) * np.log(p / q)))


def _filled(shares: Floats) -> Floats:
    """Empty places get a share that depends on the smallest other one."""
    least = float(shares[shares > 0].min())
    return np.where(shares == 0, least / 10**6 if least <= 0.0001 else 0.0001, shares)


def jensen_shannon_distance(reference: Floats, current: Floats) -> float:
    """Return the Jensen-Shannon distance of two count vectors, without a correction."""
    return float(np.sqrt(jensen_shannon_divergence(reference, current)))


def wasserstein_distance(reference: Floats, current: Floats) -> float:
    r"""Return the first Wasserstein distance (earth mover's distance) of two samples.

    .. math:: W_1 = \int_{-\infty}^{\infty} |F(x) - G(x)| \, dx
                  = \int_0^1 |F^{-1}(u) - G^{-1}(u)| \, du

    for the empirical distribution functions F and G. It is computed exactly by the
    second form, between the steps of both quantile functions; their positions depend
    only on n and m.

    Parameters
    ----------
    reference, current
        Sorted samples of shapes (n,) and (m,).

    Returns
    -------
    float
        The distance in the samples' unit, 0 or more.

    Source: Vallender (1974), "Calculation of the Wasserstein distance between
    probability distributions on the line".
    """
    if reference.size == current.size:
        return float(np.mean(np.abs(reference - current)))
    widths, of_reference, of_current = _steps(reference.size, current.size)
    return float(np.dot(widths, np.abs(reference[of_reference] - current[of_current])))


@lru_cache(maxsize=1)
def _steps(n: int, m: int) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Return the widths of the steps of two quantile functions, and the rows there.

    All three arrays have the shape (n + m - 1,); the widths add up to 1.
    """
    ends = np.concatenate([np.arange(1, n + 1) * m, np.arange(1, m) * n])
    ends.sort()
    widths = np.diff(ends, prepend=0) / (n * m)
    return widths, (ends - 1) // m, (ends - 1) // n
