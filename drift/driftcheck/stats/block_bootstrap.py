"""The 95 % confidence interval of a paired difference over autocorrelated rows.

Both versions are scored on the same resamples, so that rows that are hard for both
cancel out. Consecutive rows resemble each other: resampling them one by one would make
the interval too narrow, so blocks of consecutive rows are drawn.
"""

from collections.abc import Iterator

import numpy as np

from driftcheck.stats.distance import Floats
from driftcheck.stats.metrics import Scorer

RESAMPLES = 2000
"""Resamples for one interval: 50 of them lie beyond each limit.

Efron and Tibshirani (1993), "An introduction to the bootstrap", advise 1,000 or more
for percentile intervals. More resamples cost time in proportion and move the limits
less.
"""

PERCENTILES = (2.5, 97.5)
"""Percentiles of the resampled differences: the limits of a 95 % interval."""

CELLS_AT_ONCE = 2_000_000
"""Weights (resamples x rows) in memory at once: 16 MB for each array of float64.

A different value changes memory and time only, never an interval: the random numbers
are drawn in the same order.
"""


def block_length(rows: int) -> int:
    r"""Return how many consecutive rows are drawn together.

    .. math:: \lceil \sqrt[3]{n} \rceil

    the optimal rate for estimating a variance. The 1e-9 in the code keeps a cube such
    as 1,000 from being rounded up to the next integer.

    Source: Hall, Horowitz and Jing (1995), "On blocking rules for the bootstrap with
    dependent data".

    Parameters
    ----------
    rows
        The number of rows n, at least 1.

    Returns
    -------
    int
        The length of a block in rows, 1 to n.
    """
    return max(1, int(np.ceil(np.cbrt(rows) - 1e-9)))


def paired_interval(
    champion: Scorer, candidate: Scorer, rows: int, seed: int
) -> tuple[float, float] | None:
    """Return the 95 % interval of the candidate's score less the champion's.

    A percentile interval over RESAMPLES circular block resamples.

    Source: Politis and Romano (1992), "A circular block-resampling procedure for
    stationary data".

    Parameters
    ----------
    champion, candidate
        Functions of weights, float64 of shape (B, n), that return B scores each (see
        `stats.metrics`).
    rows
        The number of rows n, at least 1, in order of time.
    seed
        The seed of the random numbers; equal rows and seeds give equal intervals.

    Returns
    -------
    tuple of float or None
        The lower and the upper limit, in the score's unit; None if more than
        half of the resamples have no score.
    """
    parts = [
        candidate(weights) - champion(weights)
        for weights in resample_weights(rows, seed)
    ]
    differences = np.concatenate(parts)
    differences = differences[np.isfinite(differences)]
    if differences.size < RESAMPLES / 2:
        return None
    lower, upper = np.percentile(differences, PERCENTILES)
    return float(lower), float(upper)


def resample_weights(rows: int, seed: int) -> Iterator[Floats]:
    """Return how often each row occurs in each resample, some resamples at a time.

    Parameters
    ----------
    rows
        The number of rows n, at least 1.
    seed
        The seed of the random numbers.

    Yields
    ------
    numpy.ndarray
        float64, shape (b, n), with b <= RESAMPLES; together RESAMPLES resamples.
    """
    random = np.random.default_rng(seed)
    length = block_length(rows)
    blocks = -(-rows // length)
    at_once = max(1, CELLS_AT_ONCE // rows)
    for first in range(0, RESAMPLES, at_once):
        count = min(at_once, RESAMPLES - first)
        starts = random.integers(0, rows, (count, blocks))
        starts += np.arange(count)[:, None] * rows
        counts = np.bincount(starts.ravel(), minlength=count * rows)
        begun = counts.reshape(count, rows)
        # A row occurs once for each block begun at it or up to `length` - 1 before.
        wrapped = np.concatenate([begun[:, rows - length + 1 :], begun], axis=1)
        total = np.cumsum(wrapped, axis=1)
        weights = total[:, length - 1 :].astype(np.float64)
        weights[:, 1:] -= total[:, :-length]
        yield weights
