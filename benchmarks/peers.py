"""The default rules of two peers for one column, computed as their sources have them.

Evidently 0.7.23 (`calculate_drift` with default options): see `evidently_drifted`.
NannyML 0.13.1 (`UnivariateDriftCalculator` with default options): see `NannyMl`.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2, ks_2samp

Floats: TypeAlias = npt.NDArray[np.float64]

PVALUE = 0.05
DISTANCE = 0.1
FEW_REFERENCE_ROWS = 1000


def evidently_drifted(reference: Floats, current: Floats, *, categorical: bool) -> bool:
    """Return whether Evidently calls a column drifted.

    Above 1,000 reference rows the Wasserstein distance over the reference's standard
    deviation, or the Jensen-Shannon distance of categories, of at least 0.1; up to
    there Kolmogorov-Smirnov, or chi-square with the reference's shares taken as exact,
    of a p-value below 0.05. Categories are whole numbers from 0 here.
    """
    if categorical:
        before, after = _counted(reference, current)
        if reference.size > FEW_REFERENCE_ROWS:
            distance = _jensen_shannon(before / before.sum(), after / after.sum())
            return distance >= DISTANCE
        expected = before / before.sum() * after.sum()
        some = expected > 0
        statistic = float(np.sum((after[some] - expected[some]) ** 2 / expected[some]))
        return bool(chi2.sf(statistic, np.count_nonzero(some) - 1) < PVALUE)
    if reference.size > FEW_REFERENCE_ROWS:
        deviation = max(float(np.std(reference)), 0.001)
        return _wasserstein(reference, current) / deviation >= DISTANCE
    return bool(ks_2samp(reference, current).pvalue < PVALUE)


class NannyMl:
    """NannyML's alert for a column: an unusual Jensen-Shannon distance (base 2).

    Unusual is more than the mean plus three standard deviations over the chunks of
    the reference, each of as many rows as the window and held against all of it.
    Numbers are counted in Doane's bins of the reference, and what lies outside of
    them in one more.
    """

    def __init__(self, reference: Floats, rows: int, *, categorical: bool) -> None:
        self._edges = (
            np.arange(reference.max() + 2) - 0.5
            if categorical
            else np.histogram_bin_edges(reference, bins="doane")
        )
        self._shares = np.histogram(reference, self._edges)[0] / reference.size
        chunks = reference[: reference.size // rows * rows].reshape(-1, rows)
        distances = self._distances(chunks)
        self._limit = float(distances.mean() + 3 * distances.std())

    def alerts(self, current: Floats) -> bool:
        """Return whether a window of as many rows as a chunk raises an alert."""
        return bool(self._distances(current[None, :])[0] > self._limit)

    def _distances(self, chunks: Sequence[Floats] | Floats) -> Floats:
        reference = np.append(self._shares, 0.0)
        found = []
        for chunk in chunks:
            inside = np.histogram(chunk, self._edges)[0] / chunk.size
            shares = np.append(inside, max(0.0, 1 - float(inside.sum())))
            found.append(_jensen_shannon(reference, shares) / np.sqrt(np.log(2)))
        return np.array(found)


def _wasserstein(reference: Floats, current: Floats) -> float:
    """Return the first Wasserstein distance of two samples that are not sorted."""
    points = np.concatenate([reference, current])
    order = np.argsort(points, kind="stable")
    of_reference = np.cumsum(order < reference.size)
    of_current = np.arange(1, points.size + 1) - of_reference
    gaps = np.abs(of_reference / reference.size - of_current / current.size)
    return float(np.sum(gaps[:-1] * np.diff(points[order])))


def _counted(reference: Floats, current: Floats) -> tuple[Floats, Floats]:
    most = int(max(reference.max(), current.max())) + 1
    sides = [
        np.bincount(side.astype(np.int64), minlength=most).astype(np.float64)
        for side in (reference, current)
    ]
    some = (sides[0] + sides[1]) > 0
    return sides[0][some], sides[1][some]


def _jensen_shannon(p: Floats, q: Floats) -> float:
    """Return the Jensen-Shannon distance of two vectors of shares (natural log)."""
    middle = (p + q) / 2
    divergence = 0.0
    for side in (p, q):
        some = side > 0
        divergence += float(np.sum(side[some] * np.log(side[some] / middle[some]))) / 2
    return float(np.sqrt(max(0.0, divergence)))
