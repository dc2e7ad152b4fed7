"""The interval of a score over rows that follow one another in time.

Neighbouring rows are often right or wrong together, and an interval as of independent
rows is then far too narrow. So the rows are cut into n_blocks, each long against the
memory that they show, and the score is taken again without each of them.
"""

from collections.abc import Callable

import numpy as np

from driftcheck.stats.distance import Floats

N_BLOCKS = 30
LEAST_STRETCHES = 5
# So many times as long as the rows' memory: nearly independent of the next stretch.
TIMES_MEMORY = 3
# Student's t, 97.5 %, for 4 to 29 degrees of freedom.
QUANTILES = (
    *(2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604),
    *(2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687),
    *(2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452),
)


def integrated_autocorrelation_time(values: Floats) -> float:
    r"""The integrated autocorrelation time of a series in rows, at least 1.

    .. math:: \tau = 1 + 2 \sum_{k=1}^{m} \rho_k

    with the first m that is at least five times the sum so far: 1 for independent
    rows, (1 + ρ) / (1 - ρ) for AR(1).

    Source: Sokal (1997), "Monte Carlo methods in statistical mechanics", section 3.
    """
    rows = values.size
    centred = values - values.mean()
    variance = float(centred @ centred)
    if variance == 0:
        return 1.0
    spectrum = np.fft.rfft(centred, 2 * rows)
    correlations = np.fft.irfft(np.abs(spectrum) ** 2)[:rows] / variance
    sums = 1 + 2 * np.cumsum(correlations[1 : max(2, rows // 2)])
    enough = np.flatnonzero(np.arange(1, sums.size + 1) >= 5 * sums)
    found = sums[enough[0]] if enough.size else sums[-1]
    return max(1.0, float(found))


def n_blocks(values: Floats) -> int | None:
    """How many blocks the rows are cut into; None where memory leaves too few."""
    longest = max(
        TIMES_MEMORY * integrated_autocorrelation_time(values), values.size / N_BLOCKS
    )
    count = int(values.size // longest)
    return min(count, N_BLOCKS) if count >= LEAST_STRETCHES else None


def interval(
    score: Callable[[Floats], Floats], influence: Floats
) -> tuple[float, float] | None:
    """The 95 % interval of a score; None where the rows do not suffice for one.

    `score` takes weights of B x n rows (see `evaluation.metrics`); `influence` is what
    each of the n rows, in order of time, adds to it, and shows their memory.
    Pseudo-values of the delete-a-block jackknife with Student's t.

    Source: Künsch (1989), "The jackknife and the bootstrap for general stationary
    observations"; Tukey (1958) for the pseudo-values.
    """
    rows = influence.size
    count = n_blocks(influence)
    if count is None:
        return None
    edges = np.linspace(0, rows, count + 1).astype(int)
    weights = np.ones((count, rows))
    for place in range(count):
        weights[place, edges[place] : edges[place + 1]] = 0
    whole = float(score(np.ones((1, rows)))[0])
    pseudo = count * whole - (count - 1) * score(weights)
    if not np.isfinite(pseudo).all():
        return None
    error = float(pseudo.std(ddof=1)) / np.sqrt(count)
    reach = QUANTILES[count - LEAST_STRETCHES] * error
    return float(whole - reach), float(whole + reach)
