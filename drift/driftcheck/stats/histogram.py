"""A long numeric column reduced to a few kilobytes, and compared without its rows.

Above MAXIMUM_VALUES every reference is reduced, whether a profile is kept or not, so
that keeping one never changes a verdict. A window's column is then counted in the
reference's bins: that is all that the distances need of it, whoever counted. They
differ from those of all rows by less than 0.003 (tested).
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from driftcheck.stats.columns import Numbers, ReferenceHistogram, WindowHistogram
from driftcheck.stats.distance import (
    CONSTANT_TOLERANCE,
    HUGE,
    Floats,
    decile_edges,
    distinct,
    inner_range,
)

MAXIMUM_VALUES = 4096
BINS = 1024
TAIL = 0.02
TAIL_BINS = 256
COARSE_BINS = 192
COARSE_TAIL_BINS = 32
MAXIMUM = float(np.finfo(np.float64).max)


def reduced(
    column: Numbers, longest: int = MAXIMUM_VALUES
) -> Numbers | ReferenceHistogram:
    """The column in bins, or itself where it is at most so long or absurdly wide."""
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
        sums=_sums(values, ends, (low, high)),
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
    """Edges at evenly spread ranks, closer in the tails, which are wide.

    All deciles are among them, the ends of the inner range, and those of what counts
    as equal to a constant. A short reference has them before each of its values, too,
    so that rows between two of them are told from rows that equal one.
    """
    last = values.size - 1
    places = (spread_shares(BINS, TAIL_BINS) * last).astype(np.int64)
    found = [values[distinct(np.sort(places))], decile_edges(values), np.array(inner)]
    if centre is not None:
        found.append(np.array(equal_range(centre)))
    if last < BINS:
        found.append(np.nextafter(values, -np.inf))
    return distinct(np.sort(np.concatenate(found)))


def equal_range(centre: float) -> tuple[float, float]:
    """The edges of the bins that hold what is equal to a constant, see `distance`."""
    tolerance = CONSTANT_TOLERANCE * abs(centre)
    return float(np.nextafter(centre - tolerance, -np.inf)), centre + tolerance


def histogram_of(reference: ReferenceHistogram, column: Numbers) -> WindowHistogram:
    """A window's column, counted in the reference's bins."""
    values = column.values
    ends = np.searchsorted(values, reference.edges, side="right")
    low, high = widened_range(reference)
    return WindowHistogram(
        edges=reference.edges,
        counts=np.diff(ends, prepend=0, append=values.size).astype(np.float64),
        sums=_sums(values, ends, (reference.low, reference.high)),
        under=int(np.searchsorted(values, reference.edges[0])),
        below=int(np.searchsorted(values, low)),
        above=values.size - int(np.searchsorted(values, high, side="right")),
        least=float(values[0]) if values.size else 0.0,
        largest=float(values[-1]) if values.size else 0.0,
        nulls=column.nulls,
        infinite=column.infinite,
        dependence=column.dependence,
    )


def binned_spread(reference: ReferenceHistogram, current: WindowHistogram) -> float:
    """`spread_of_numbers` of a window in the reference's bins, in its deviations."""
    width = (reference.high - reference.low) or 1.0
    edges = np.clip((reference.edges - reference.low) / width, 0.0, 1.0)
    below = np.cumsum(current.counts[:-2]) / current.present
    spread = 2 * float(np.sum(below * (1 - below) * np.diff(edges)))
    return spread / reference.deviation if reference.deviation > 0 else 0.0


def widened_range(reference: ReferenceHistogram) -> tuple[float, float]:
    """The reference's inner range, widened by what may be a rounding error."""
    return widened(reference.low, reference.high)


def widened(low: float, high: float) -> tuple[float, float]:
    """A range by one part in a million of its larger end wider on both sides."""
    margin = CONSTANT_TOLERANCE * max(abs(low), abs(high))
    return max(low - margin, -MAXIMUM), min(high + margin, MAXIMUM)


def binned_distances(
    reference: ReferenceHistogram, current: WindowHistogram
) -> tuple[float, float]:
    r"""Kolmogorov-Smirnov and normed Wasserstein distance from a reference in bins.

    Over one bin the area between the distribution functions is taken as

    .. math:: \left| \int_a^b F - G \right|

    which follows from counts and sums alone, by parts. It is exact unless F and G
    cross inside the bin. The largest gap is looked for at the bins' edges. Of a
    constant reference the share that differs from it stands for the Wasserstein
    distance, as in `normed_wasserstein_distance`.
    """
    n, m = reference.present, current.present
    counts = current.counts[:-1]
    gap: Floats = np.cumsum(reference.counts) / n - np.cumsum(counts) / m
    height = max(float(np.max(np.abs(gap))), current.under / m)
    if reference.centre is not None:
        return height, _differing(reference, reference.centre, current)
    width = reference.high - reference.low
    edges = np.clip((reference.edges - reference.low) / width, 0.0, 1.0)
    inside = (
        np.concatenate([[0.0], gap[:-1]]) * np.diff(edges, prepend=edges[0])
        + (reference.counts * edges - reference.sums) / n
        - (counts * edges - current.sums) / m
    )
    return height, float(np.sum(np.abs(inside))) / reference.deviation


def _differing(
    reference: ReferenceHistogram, centre: float, current: WindowHistogram
) -> float:
    """The share of values off the constant, less the reference's own share of them."""
    first, last = np.searchsorted(reference.edges, equal_range(centre)) + 1
    before = float(reference.counts[first:last].sum()) / reference.present
    after = float(current.counts[first:last].sum()) / current.present
    return max(0.0, before - after)


def binned_deciles(
    reference: ReferenceHistogram, current: WindowHistogram
) -> tuple[Floats, Floats]:
    """Rows of both sides between the reference's deciles."""
    starts = np.searchsorted(reference.edges, reference.deciles) + 1
    starts = np.concatenate([[0], starts])
    before = np.append(reference.counts, 0.0)
    return np.add.reduceat(before, starts), np.add.reduceat(current.counts, starts)


def _sums(values: Floats, ends: NDArray[np.intp], inner: tuple[float, float]) -> Floats:
    """Sums of sorted values from each end to the next, in units of the inner range.

    Each bin lies within the range or outside of it; values outside are clipped.
    """
    low, high = inner
    counts = np.diff(ends, prepend=0)
    sums = np.zeros(counts.size)
    (some,) = np.nonzero(counts)
    if high == low or not some.size:
        return sums
    sums[some] = np.add.reduceat(values[: ends[-1]], (ends - counts)[some])
    unit: Floats = (sums - counts * low) / (high - low)
    return np.clip(unit, 0.0, counts)


def coarser(reference: ReferenceHistogram) -> ReferenceHistogram:
    """The same column in a sixth of the bins, for whoever has to count by them.

    Counts and sums stay exact; what is lost is where in its bin a value lies.
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


def spread_shares(bins: int, tail_bins: int) -> Floats:
    """Evenly spread shares of all rows, closer in the tails, which are wide."""
    spread = np.linspace(0, 1, bins + 1)
    tail = np.linspace(0, TAIL, tail_bins)
    return np.concatenate([spread, tail, 1 - tail])
