"""Reduces a long numeric column of the reference to a few kilobytes.

A reference of more than MAXIMUM_VALUES values is always reduced, whether a profile is
kept or not, so that keeping one never changes a verdict.
"""

from dataclasses import replace

import numpy as np

from driftcheck.stats.columns import Numbers, ReferenceHistogram
from driftcheck.stats.distance import (
    CONSTANT_TOLERANCE,
    HUGE,
    Floats,
    decile_edges,
    distinct,
    inner_range,
)
from driftcheck.stats.histogram import equal_range, sums_of

MAXIMUM_VALUES = 4096
"""Values that a column keeps as they are (32 KB); longer ones are reduced to bins.

Above it the bins are smaller than the values. Below it distances are exact.
"""

BINS = 1024
"""Bins over all rows, each with 0.1 % of them.

The Kolmogorov-Smirnov distance is off by up to one bin (0.001), the Wasserstein one
by up to 3e-4 standard deviations (60 normal, log-normal and exponential references of
10,000 rows). With 256 bins these are 0.003 and 6e-4, with 2,048 they are 0.0005 and
3e-4; the profile grows in proportion.
"""

TAIL = 0.02
"""Share of rows in each tail that gets bins of its own.

Tails are wide: these rows span most of the range of a heavy-tailed column. Without bins
of their own the Wasserstein distance is off three to seven times as far.
"""

TAIL_BINS = 256
"""Further bins in each tail, each with 0.008 % of all rows; see BINS."""

COARSE_BINS = 192
"""Bins over all rows where a warehouse has to count by them: a sixth of BINS.

Each edge is a branch of the SQL expression that counts. The Kolmogorov-Smirnov distance
is then off by up to 0.004, the Wasserstein distance by up to 1.3e-3 standard deviations
(measured as for BINS).
"""


COARSE_TAIL_BINS = 32
"""Further bins in each tail where a warehouse has to count; see COARSE_BINS."""


def coarser(reference: ReferenceHistogram) -> ReferenceHistogram:
    """Return the column in COARSE_BINS bins, for a warehouse that counts by them.

    Parameters
    ----------
    reference
        The reference's column.

    Returns
    -------
    ReferenceHistogram
        The column with fewer edges. Counts and sums stay exact; the position of a value
        within its bin is lost.
    """
    last = reference.edges.size - 1
    if last < COARSE_BINS:
        return reference
    reached = np.cumsum(reference.counts) / reference.present
    shares = spread_shares(COARSE_BINS, COARSE_TAIL_BINS)
    kept = np.minimum(np.searchsorted(reached, shares), last)
    fixed = [reference.low, reference.high, *reference.deciles]
    if reference.centre is not None:
        fixed += equal_range(reference.centre)
    kept = np.concatenate([kept, np.searchsorted(reference.edges, fixed), [0, last]])
    kept = distinct(np.sort(kept))
    starts = np.concatenate([[0], kept[:-1] + 1])
    return replace(
        reference,
        edges=reference.edges[kept],
        counts=np.add.reduceat(reference.counts, starts),
        sums=np.add.reduceat(reference.sums, starts),
    )


def reduced(
    column: Numbers, longest: int = MAXIMUM_VALUES
) -> Numbers | ReferenceHistogram:
    """Return a numeric column of the reference in bins.

    Parameters
    ----------
    column
        The column, with n values.
    longest
        The number of values up to which a column is returned unchanged.

    Returns
    -------
    Numbers or ReferenceHistogram
        About 1,500 bins; the column itself if it is short, or if its values are so
        large or so close to each other that sums over bins leave the range of a float.
    """
    values = column.values
    if values.size <= longest or not values.size:
        return column
    low, high = inner_range(values)
    scale = max(abs(low), abs(high))
    if max(-values[0], values[-1]) > HUGE or 0 < scale < 1 / HUGE:
        return column
    width = high - low
    unit = (np.clip(values, low, high) - low) / (width or 1.0)
    deviation = float(np.std(unit))
    centre = None
    if deviation * width <= CONSTANT_TOLERANCE * scale:
        centre = float(values[values.size // 2])
    elif width < 1 / HUGE:
        return column
    deciles = decile_edges(values)
    edges = _edges(values, (low, high), centre)
    ends = np.searchsorted(values, edges, side="right")
    return ReferenceHistogram(
        edges=edges,
        counts=np.diff(ends, prepend=0).astype(np.float64),
        sums=sums_of(values, ends, (low, high)),
        deciles=deciles,
        low=low,
        high=high,
        deviation=deviation,
        below=int(np.searchsorted(values, low)),
        above=values.size - int(np.searchsorted(values, high, side="right")),
        nulls=column.nulls,
        infinite=column.infinite,
        centre=centre,
        blocks=column.blocks,
    )


def _edges(values: Floats, inner: tuple[float, float], centre: float | None) -> Floats:
    """Return edges at evenly spread ranks, closer in the tails.

    They include all deciles, the limits of the inner range, and the limits of what
    equals a constant. A short reference also has an edge before each of its values, so
    that rows between two values are distinguished from rows that equal one.
    """
    last = values.size - 1
    places = (spread_shares(BINS, TAIL_BINS) * last).astype(np.int64)
    parts = [values[distinct(np.sort(places))], decile_edges(values), np.array(inner)]
    if centre is not None:
        parts.append(np.array(equal_range(centre)))
    if last < BINS:
        parts.append(np.nextafter(values, -np.inf))
    return distinct(np.sort(np.concatenate(parts)))


def spread_shares(bins: int, tail_bins: int) -> Floats:
    """Return evenly spread shares of all rows, closer in the tails.

    Parameters
    ----------
    bins
        Intervals over all rows.
    tail_bins
        Further shares in each tail of TAIL.

    Returns
    -------
    numpy.ndarray
        float64, shape (bins + 1 + 2 * tail_bins,), each 0 to 1, not sorted.
    """
    spread = np.linspace(0, 1, bins + 1)
    tail = np.linspace(0, TAIL, tail_bins)
    return np.concatenate([spread, tail, 1 - tail])
