"""The confidence interval of a score over autocorrelated rows.

Consecutive rows are often right or wrong together, and an interval for independent rows
is then far too narrow. Therefore the rows are cut into blocks that are long against
their integrated autocorrelation time, and the score is computed without each of them.
"""

from collections.abc import Callable

import numpy as np

from driftcheck.stats.distance import Floats

N_BLOCKS = 30
"""Blocks at most, and so evaluations of the score without one of them.

With 30 blocks Student's t is within 5 % of the normal quantile; more blocks would
shorten them, and make them less independent, for little.
"""

MIN_BLOCKS = 5
"""Blocks below which there is no interval.

Student's t is 2.8 with 4 degrees of freedom and 12.7 with 1. Fewer blocks would return
intervals that say nothing.
"""

AUTOCORRELATION_TIMES = 3
"""Length of a block at least, in integrated autocorrelation times of the rows.

Blocks of this length are nearly independent of each other: the intervals hold the true
value in 95 % of 10,000 rows (the table of coverage in docs/verdict.md). Shorter blocks
make intervals too narrow, longer ones leave too few of them.
"""

QUANTILES = (
    *(2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604),
    *(2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687),
    *(2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452),
)
"""Quantiles (97.5 %) of Student's t for MIN_BLOCKS - 1 to N_BLOCKS - 1 degrees.

Rounded to four decimals; a test compares them with SciPy. Source: Student (1908), "The
probable error of a mean"; tables such as Abramowitz and Stegun (1964), 26.10.
"""

WINDOW_FACTOR = 5
"""Lags that are summed, in integrated autocorrelation times.

Sokal advises 4 to 10 of his, which are half of these: 5 is the careful end of his
range. Fewer lags cut correlations off, more lags add their noise.
"""


def integrated_autocorrelation_time(values: Floats) -> float:
    r"""Return the integrated autocorrelation time of a series.

    .. math:: \tau = 1 + 2 \sum_{k=1}^{m} \rho_k

    with the smallest m of at least WINDOW_FACTOR times the sum so far. It is 1 for
    independent rows and (1 + ρ) / (1 - ρ) for AR(1); n / tau is the effective sample
    size.

    Source: Sokal (1997), "Monte Carlo methods in statistical mechanics", section 3.

    Parameters
    ----------
    values
        float64, shape (n,), n >= 1, in order of time.

    Returns
    -------
    float
        The time in rows, at least 1.
    """
    rows = values.size
    centred = values - values.mean()
    variance = float(centred @ centred)
    if variance == 0:
        return 1.0
    spectrum = np.fft.rfft(centred, 2 * rows)
    correlations = np.fft.irfft(np.abs(spectrum) ** 2)[:rows] / variance
    sums = 1 + 2 * np.cumsum(correlations[1 : max(2, rows // 2)])
    enough = np.flatnonzero(np.arange(1, sums.size + 1) >= WINDOW_FACTOR * sums)
    time = sums[enough[0]] if enough.size else sums[-1]
    return max(1.0, float(time))


def n_blocks(values: Floats) -> int | None:
    """Return the number of blocks into which autocorrelated rows are cut.

    Parameters
    ----------
    values
        float64, shape (n,), n >= 1, in order of time.

    Returns
    -------
    int or None
        MIN_BLOCKS to N_BLOCKS; None if the rows are too few for blocks of
        AUTOCORRELATION_TIMES.
    """
    length = max(
        AUTOCORRELATION_TIMES * integrated_autocorrelation_time(values),
        values.size / N_BLOCKS,
    )
    count = int(values.size // length)
    return min(count, N_BLOCKS) if count >= MIN_BLOCKS else None


def interval(
    score: Callable[[Floats], Floats], influence: Floats
) -> tuple[float, float] | None:
    r"""Return the 95 % confidence interval of a score over autocorrelated rows.

    .. math:: \hat\theta \pm t_{0.975, b - 1} \frac{s}{\sqrt{b}}

    for the score of all rows and the standard deviation s of the pseudo-values
    :math:`b \hat\theta - (b - 1) \hat\theta_{(i)}` of the delete-a-block jackknife
    over b blocks.

    Sources: Künsch (1989), "The jackknife and the bootstrap for general stationary
    observations"; Tukey (1958), "Bias and confidence in not-quite large samples", for
    the pseudo-values.

    Parameters
    ----------
    score
        A function of weights, float64 of shape (B, n), that returns B scores (see
        `stats.metrics`).
    influence
        float64, shape (n,), the contribution of each row to the score, in order of
        time; its autocorrelation decides the blocks.

    Returns
    -------
    tuple of float or None
        The lower and the upper limit, in the score's unit; None if there are too few
        blocks, or a score without one of them is not finite.
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
    reach = QUANTILES[count - MIN_BLOCKS] * error
    return float(whole - reach), float(whole + reach)
