"""The 95 % interval of a paired difference, for rows that follow each other in time.

Both versions are scored on the same resamples, so what makes rows hard for both
cancels out. Neighbouring rows resemble each other; resampling them one by one would
feign more p_value than there is, so blocks of neighbours are drawn.
"""

from collections.abc import Iterator

import numpy as np

from driftcheck.stats.distance import Floats
from driftcheck.stats.metrics import Scorer

RESAMPLES = 2000
PERCENTILES = (2.5, 97.5)
CELLS_AT_ONCE = 2_000_000


def block_length(rows: int) -> int:
    """How many neighbours are drawn together: the cube root of the rows, rounded up.

    Source of the rate: Hall, Horowitz and Jing (1995), "On blocking rules for the
    bootstrap with dependent data".
    """
    return max(1, int(np.ceil(np.cbrt(rows) - 1e-9)))


def paired_interval(
    champion: Scorer, candidate: Scorer, rows: int, seed: int
) -> tuple[float, float] | None:
    """The interval of candidate less champion; None where resamples have no score.

    Percentile interval over RESAMPLES circular block resamples (Politis and Romano,
    1992, "A circular block-resampling procedure for stationary data"), equal for
    equal rows and seed.
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
    """How often each row occurs in each resample, some resamples at a time."""
    random = np.random.default_rng(seed)
    length = block_length(rows)
    blocks = -(-rows // length)
    at_once = max(1, CELLS_AT_ONCE // rows)
    for first in range(0, RESAMPLES, at_once):
        count = min(at_once, RESAMPLES - first)
        starts = random.integers(0, rows, (count, blocks))
        starts += np.arange(count)[:, None] * rows
        begun = np.bincount(starts.ravel(), minlength=count * rows)
        begun = begun.reshape(count, rows)
        # A row occurs once for each block begun at it or up to `length` - 1 before.
        wrapped = np.concatenate([begun[:, rows - length + 1 :], begun], axis=1)
        total = np.cumsum(wrapped, axis=1)
        weights = total[:, length - 1 :].astype(np.float64)
        weights[:, 1:] -= total[:, :-length]
        yield weights
