"""A long numeric column reduced to a few kilobytes, and compared without its rows.

Above MAXIMUM_VALUES every reference is reduced, whether a profile is kept or not, so
that keeping one never changes a verdict. The distances differ from those of all rows
by less than 0.003 (tested).
"""

import numpy as np
from numpy.typing import NDArray

from driftcheck.columns import Binned, Numbers
from driftcheck.distance import (
    CONSTANT_TOLERANCE,
    HUGE,
    Floats,
    decile_edges,
    inner_range,
)

MAXIMUM_VALUES = 4096
BINS = 1024
TAIL = 0.02
TAIL_BINS = 256


def reduced(column: Numbers) -> Numbers | Binned:
    """The column in bins, or itself where it is short, constant or absurdly wide."""
    values = column.values
    if values.size <= MAXIMUM_VALUES:
        return column
    if max(-values[0], values[-1]) > HUGE:
        return column
    low, high = inner_range(values)
    width = high - low
    if width < 1 / HUGE:
        return column
    unit = (np.clip(values, low, high) - low) / width
    scale = max(abs(low), abs(high))
    if float(np.std(unit)) * width <= 2 * CONSTANT_TOLERANCE * scale:
        return column
    edges = np.unique(np.concatenate([values[_places(values.size)], [low, high]]))
    ends = np.searchsorted(values, edges, side="right")
    deciles = decile_edges(values)
    below = int(np.searchsorted(values, low))
    return Binned(
        edges=edges,
        counts=np.diff(ends, prepend=0).astype(np.float64),
        sums=_sums(values, ends, (low, high)),
        deciles=deciles,
        decile_counts=_counts(values, deciles),
        low=low,
        high=high,
        deviation=float(np.std(unit)),
        below=below,
        above=values.size - int(np.searchsorted(values, high, side="right")),
        nulls=column.nulls,
        infinite=column.infinite,
    )


def _places(rows: int) -> NDArray[np.int64]:
    """Ranks of the edges: evenly spread, and closer in the tails, which are wide."""
    last = rows - 1
    spread = np.linspace(0, last, BINS + 1)
    tail = np.linspace(0, TAIL * last, TAIL_BINS)
    return np.concatenate([spread, tail, last - tail]).astype(np.int64)


def binned_distances(reference: Binned, current: Floats) -> tuple[float, float]:
    r"""Kolmogorov-Smirnov and normed Wasserstein distance from a reference in bins.

    Over one bin the area between the distribution functions is taken as

    .. math:: \left| \int_a^b F - G \right|

    which follows from counts and sums alone, by parts. It is exact unless F and G
    cross inside the bin. The largest gap is looked for at the bins' edges.
    """
    n, m = reference.present, current.size
    width = reference.high - reference.low
    ends = np.searchsorted(current, reference.edges, side="right")
    sums = _sums(current, ends, (reference.low, reference.high))
    edges = np.clip((reference.edges - reference.low) / width, 0.0, 1.0)
    gap: Floats = np.cumsum(reference.counts) / n - ends / m
    first = np.searchsorted(current, reference.edges[0]) / m
    height = max(float(np.max(np.abs(gap))), float(first))
    counts_current = np.diff(ends, prepend=0)
    inside = (
        np.concatenate([[0.0], gap[:-1]]) * np.diff(edges, prepend=edges[0])
        + (reference.counts * edges - reference.sums) / n
        - (counts_current * edges - sums) / m
    )
    return height, float(np.sum(np.abs(inside))) / reference.deviation


def binned_deciles(reference: Binned, current: Floats) -> tuple[Floats, Floats]:
    """Rows of both sides between the reference's deciles."""
    return reference.decile_counts, _counts(current, reference.deciles)


def _counts(values: Floats, edges: Floats) -> Floats:
    below = np.searchsorted(values, edges, side="right")
    ends = np.concatenate([[0], below, [values.size]])
    return np.diff(ends).astype(np.float64)


def _sums(
    values: Floats, ends: NDArray[np.intp], reference_range: tuple[float, float]
) -> Floats:
    """Sums of sorted values from each end to the next, in units of the range.

    Each bin lies within the range or outside of it; values outside are clipped.
    """
    low, high = reference_range
    counts = np.diff(ends, prepend=0)
    starts = np.concatenate([[0], ends])
    sums = np.add.reduceat(np.append(values, 0.0), starts)[:-1]
    sums[counts == 0] = 0.0
    unit: Floats = (sums - counts * low) / (high - low)
    return np.clip(unit, 0.0, counts)
