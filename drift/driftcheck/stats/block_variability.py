"""The reference's own variation over time, and the limits that follow from it.

In non-stationary data (markets, weather, campaigns) a window can differ from three
years of reference by far more than chance allows for independent rows, although nothing
has changed. The reference itself shows by how much: it is cut into blocks of
consecutive rows, and each block is compared with all other rows, as a window would be.
Only a reference whose blocks differ more than shuffled ones has such limits
(`is_non_stationary`).

Source of the limit, mean plus three standard deviations over the blocks: Shewhart
(1931), "Economic control of quality of manufactured product".
"""

import math
from dataclasses import dataclass

import numpy as np

from driftcheck.stats.distance import Floats

SIGMAS = 3.0
"""Standard deviations above the mean at which a limit lies (Shewhart, 1931).

A larger value misses more changes, a smaller one takes more variation for drift.
"""


WIDER = 1.1
"""Ratio to the spread of the widest block up to which a window can be a block.

A window that is more heterogeneous than every block shows that the reference is sorted
or grouped. The tenth above 1 allows for the window's own sampling error; a larger value
keeps limits that a sorted reference does not support.
"""

LENGTH, EFFECT, EFFECT_SD, SHUFFLED, NOVELTY, NOVELTY_SD, WIDEST, COUNT = range(8)
"""The rows of the table of `BlockVariability`, which describes them."""


@dataclass(frozen=True, eq=False)
class BlockVariability:
    """The variation of a reference's blocks, by their length.

    Attributes
    ----------
    table
        float64, shape (8, L) for L lengths of blocks. The rows are LENGTH (rows of a
        block, ascending), EFFECT and EFFECT_SD (mean and standard deviation of the
        blocks' effects, in the unit of `Comparison.effect`), SHUFFLED (the limit of the
        effects of shuffled rows), NOVELTY and NOVELTY_SD (of the share of a block's
        rows outside the range of all other rows, or in categories of its own), WIDEST
        (the largest spread of a block) and COUNT (of the blocks).
    """

    table: Floats

    def effect(self, span: float, rows: int) -> "BaselineVariation":
        r"""Return the variation of effects to expect of a window.

        .. math:: \sqrt{\max(0, l^2 - s^2) + s^2 \frac{span}{rows}}

        for the blocks' limit l and the limit s of shuffled rows: the part of the limit
        that chance alone has shrinks as the rows grow; the rest stays.

        Parameters
        ----------
        span
            The time that the window covers, in rows of the reference. It is limited to
            the shortest and the longest block.
        rows
            The rows of the window that are compared, at least 1.

        Returns
        -------
        BaselineVariation
            In the unit of `Comparison.effect`.
        """
        length = float(np.clip(span, self.table[LENGTH, 0], self.table[LENGTH, -1]))
        blocks = self._variation(EFFECT, EFFECT_SD, length)
        shuffled = self._at(SHUFFLED, length)
        beyond_chance = max(0.0, blocks.limit**2 - shuffled**2)
        limit = float(np.sqrt(beyond_chance + shuffled**2 * length / rows))
        return blocks.scaled(limit / blocks.limit if blocks.limit else 1.0)

    def novelty(self, span: float) -> "BaselineVariation":
        """Return the variation of the share of novel rows, for a span in rows."""
        return self._variation(NOVELTY, NOVELTY_SD, span)

    def holds(self, span: float, spread: float) -> bool:
        """Return whether a window could be one of the blocks.

        If the window is more heterogeneous than every block, the reference's rows are
        sorted or grouped, not in order of time, and its limits do not apply.

        Parameters
        ----------
        span
            The time that the window covers, in rows of the reference.
        spread
            The window's spread: the mean difference of two rows in standard deviations
            of the reference, or the probability that two rows differ in category.
        """
        return spread <= WIDER * self._at(WIDEST, span)

    def _variation(self, mean: int, deviation: int, span: float) -> "BaselineVariation":
        blocks = self._at(COUNT, span)
        return BaselineVariation(
            self._at(mean, span), self._at(deviation, span), blocks
        )

    def _at(self, name: int, span: float) -> float:
        """Interpolate linearly between the logarithms of two lengths."""
        lengths = np.log(self.table[LENGTH])
        return float(np.interp(np.log(span), lengths, self.table[name]))


@dataclass(frozen=True)
class BaselineVariation:
    """The mean and standard deviation of a measure over a number of blocks."""

    mean: float
    deviation: float
    blocks: float

    @property
    def limit(self) -> float:
        """Return mean plus SIGMAS standard deviations.

        If a measure varies like the absolute value of a normal variable, 0.9 % of
        blocks exceed it.
        """
        return self.mean + SIGMAS * self.deviation

    def pvalue(self, measure: float) -> float:
        r"""Return the probability of a measure at least as large.

        .. math:: P(|T_n| > t) \approx P\left(|Z| > \frac{8 n + 1}{8 n + 3}
                  \sqrt{n \ln(1 + t^2 / n)}\right)

        The measure is taken as the absolute value of a normal variable (mean
        sqrt(2/pi), variance 1 - 2/pi), which gives t. Student's distribution with n
        degrees of freedom accounts for a standard deviation that is known from n + 1
        blocks only.

        Source: Wallace (1959), "Bounds on normal approximations to Student's and the
        chi-square distributions".

        Parameters
        ----------
        measure
            The window's measure, in the unit of `mean`.

        Returns
        -------
        float
            The two-sided p-value, 0 to 1.
        """
        if self.deviation == 0:
            return 0.0 if measure > self.mean else 1.0
        sigmas = (measure - self.mean) / self.deviation
        mean, deviation = math.sqrt(2 / math.pi), math.sqrt(1 - 2 / math.pi)
        t, n = max(0.0, mean + deviation * sigmas), self.blocks - 1
        normal = (8 * n + 1) / (8 * n + 3) * math.sqrt(n * math.log1p(t * t / n))
        return math.erfc(normal / math.sqrt(2))

    def scaled(self, factor: float) -> "BaselineVariation":
        """Return the same variation with mean and deviation times `factor`."""
        return BaselineVariation(
            self.mean * factor, self.deviation * factor, self.blocks
        )
