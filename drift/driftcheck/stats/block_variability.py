"""How far stretches of a reference lie from the rest of it: its own restlessness.

Where rows follow each other in moods (markets, weather, campaigns), a window differs
from three years by far more than chance allows of independent rows, and nothing has
changed. The reference itself shows by how much: it is cut into blocks of following
rows, and each is compared with all others as a window would be. Only a reference
whose blocks differ by more than shuffled ones has such limits (`is_non_stationary`).

Source of the limit, mean plus three standard deviations over the blocks: Shewhart
(1931), "Economic control of quality of manufactured product".
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from driftcheck.stats.distance import HUGE, Floats, inner_range
from driftcheck.stats.tail_probabilities import chi_square_tail

LEAST_ROWS = 16
LEAST_BLOCKS = 6
EDGES = 64
SIGMAS = 3.0
KEPT_CATEGORIES = 200
ROWS_PER_CATEGORY = 5
CHANCE = 0.001
# A window this much wider than the widest block is no stretch of such a reference.
WIDER = 1.1
Codes: TypeAlias = NDArray[np.int64]
LENGTH, EFFECT, EFFECT_SD, SHUFFLED, NOVELTY, NOVELTY_SD, WIDEST, COUNT = range(8)


@dataclass(frozen=True, eq=False)
class BlockVariability:
    """What windows of a reference hardly exceed, by their length.

    `table` has one row for each of LENGTH (rows of a block, ascending), EFFECT and
    EFFECT_SD (mean and standard deviation of the blocks' effects), SHUFFLED (the limit
    of blocks of shuffled rows), NOVELTY and NOVELTY_SD (of their shares of rows unlike
    all others), WIDEST (the spread of the widest block) and COUNT (of the blocks).
    """

    table: Floats

    def effect(self, span: float, rows: int) -> "BaselineVariation":
        """The effects of windows of `rows` rows, spread over `span` of the reference's.

        A span longer than the longest block fluctuates less than that; the part that
        chance alone has in a limit shrinks as the rows grow.
        """
        length = float(np.clip(span, self.table[LENGTH, 0], self.table[LENGTH, -1]))
        found = self._usual(EFFECT, EFFECT_SD, length)
        shuffled = self._at(SHUFFLED, length)
        beyond_chance = max(0.0, found.limit**2 - shuffled**2)
        limit = float(np.sqrt(beyond_chance + shuffled**2 * length / rows))
        return found.scaled(limit / found.limit if found.limit else 1.0)

    def novelty(self, span: float) -> "BaselineVariation":
        """The shares of strange rows of windows of that span."""
        return self._usual(NOVELTY, NOVELTY_SD, span)

    def holds(self, span: float, spread: float) -> bool:
        """Whether a window could be one of the blocks: it is not far wider than all.

        If it is, the reference's rows are sorted or grouped, not in order of time.
        """
        return spread <= WIDER * self._at(WIDEST, span)

    def _usual(self, mean: int, deviation: int, span: float) -> "BaselineVariation":
        blocks = self._at(COUNT, span)
        return BaselineVariation(
            self._at(mean, span), self._at(deviation, span), blocks
        )

    def _at(self, name: int, span: float) -> float:
        """Between two lengths on a straight line over their logarithms."""
        lengths = np.log(self.table[LENGTH])
        return float(np.interp(np.log(span), lengths, self.table[name]))


@dataclass(frozen=True)
class BaselineVariation:
    """How a measure of so many blocks spreads: its mean and standard deviation."""

    mean: float
    deviation: float
    blocks: float

    @property
    def limit(self) -> float:
        """What one block in a hundred exceeds, or fewer."""
        return self.mean + SIGMAS * self.deviation

    def pvalue(self, found: float) -> float:
        r"""The chance of so much, if it spreads as the size of a normal variable.

        That is Student's, as its spread is known from so many blocks only; by the
        normal :math:`\frac{8 n + 1}{8 n + 3} \sqrt{n \ln(1 + t^2 / n)}`.

        Source: Wallace (1959), "Bounds on normal approximations to Student's and the
        chi-square distributions".
        """
        if self.deviation == 0:
            return 0.0 if found > self.mean else 1.0
        sigmas = (found - self.mean) / self.deviation
        mean, deviation = math.sqrt(2 / math.pi), math.sqrt(1 - 2 / math.pi)
        t, n = max(0.0, mean + deviation * sigmas), self.blocks - 1
        normal = (8 * n + 1) / (8 * n + 3) * math.sqrt(n * math.log1p(t * t / n))
        return math.erfc(normal / math.sqrt(2))

    def scaled(self, factor: float) -> "BaselineVariation":
        """The same in another unit."""
        return BaselineVariation(
            self.mean * factor, self.deviation * factor, self.blocks
        )


def blocks_of_numbers(values: Floats, ordered: Floats) -> Floats | None:
    """The table of `BlockVariability` of numbers; None where rows are stationary.

    `values` in their order, `ordered` the same ascending.
    """
    if values.size < LEAST_BLOCKS * LEAST_ROWS or max(-ordered[0], ordered[-1]) > HUGE:
        return None
    quarters = ordered[np.arange(1, 4) * ordered.size // 4]
    codes = sum((values > cut).astype(np.int64) for cut in quarters)
    if not is_non_stationary(codes):
        return None
    low, high = inner_range(ordered)
    places = np.linspace(0, ordered.size - 1, EDGES).astype(np.int64)
    edges = np.unique(np.clip(ordered[places], low, high))
    deviation = float(np.std(np.clip(ordered, low, high)))
    if edges.size < 2 or deviation == 0:
        return None
    bins = np.searchsorted(edges, values)
    widths = np.diff(edges) / deviation
    order = np.argsort(values, kind="stable")
    mixed = _shuffled(bins)
    rows = []
    for length in _lengths(values.size):
        effects, spreads = _number_effects(bins, length, widths)
        chance, _ = _number_effects(mixed, length, widths)
        novelty = _novelty_of_numbers(values, order, length)
        rows.append(_row(length, effects, chance, novelty, spreads))
    return np.array(rows).T


def blocks_of_categories(codes: NDArray[np.int32]) -> Floats | None:
    """The table of `BlockVariability` of categories by number, in the rows' order."""
    if codes.size < LEAST_BLOCKS * LEAST_ROWS:
        return None
    counts = np.bincount(codes)
    rank = np.empty(counts.size, np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(counts.size)
    ranked = np.minimum(rank[codes], KEPT_CATEGORIES)
    if not is_non_stationary(np.minimum(ranked, 3)) and not _repeating(codes, counts):
        return None
    mixed = _shuffled(ranked)
    rows = []
    for length in _lengths(codes.size):
        effects, spreads, novelty = _category_effects(ranked, length)
        chance, _, _ = _category_effects(mixed, length)
        rows.append(_row(length, effects, chance, novelty, spreads))
    return np.array(rows).T


def is_non_stationary(codes: Codes) -> bool:
    """Whether blocks of following rows differ more than those of independent rows.

    Pearson's test of homogeneity over many short blocks and over eight long ones, for
    a few classes of values of about equal size; either may show it.
    """
    size, classes = codes.size, int(codes.max()) + 1
    lengths = {LEAST_ROWS, max(LEAST_ROWS, size // 8)}
    for length in lengths:
        table = _counts(codes, length, classes)
        table = table[:, table.sum(axis=0) > 0]
        blocks, columns = table.shape
        if columns < 2:
            return False
        expected = length * table.sum(axis=0) / table.sum()
        statistic = float(np.sum((table - expected) ** 2 / expected))
        degrees = (blocks - 1) * (columns - 1)
        if chi_square_tail(degrees, statistic) <= CHANCE / len(lengths):
            return True
    return False


def _repeating(codes: NDArray[np.int32], counts: NDArray[np.intp]) -> bool:
    """Whether following rows are of one category more often than by chance."""
    expected = float(np.sum((counts / codes.size) ** 2))
    same = float(np.mean(codes[1:] == codes[:-1]))
    deviation = math.sqrt(expected * (1 - expected) / (codes.size - 1))
    return math.erfc((same - expected) / max(deviation, 1e-9) / math.sqrt(2)) <= CHANCE


def _lengths(size: int) -> list[int]:
    """Doubling from the shortest to a sixth of the rows."""
    longest = size // LEAST_BLOCKS
    doubling = (LEAST_ROWS << step for step in range(longest.bit_length()))
    return [*(length for length in doubling if length < longest), longest]


def _shuffled(codes: Codes) -> Codes:
    return np.random.default_rng(codes.size).permutation(codes)


def _counts(codes: Codes, length: int, classes: int) -> Floats:
    """Rows by block and class; what does not fill a block is left out."""
    blocks = codes.size // length
    places = np.arange(blocks * length) // length * classes + codes[: blocks * length]
    found = np.bincount(places, minlength=blocks * classes)
    return found.reshape(blocks, classes).astype(np.float64)


def _number_effects(bins: Codes, length: int, widths: Floats) -> tuple[Floats, Floats]:
    """Each block's normed Wasserstein distance from all other rows, and its spread."""
    classes = widths.size + 2
    total = np.cumsum(np.bincount(bins, minlength=classes))
    inside = np.cumsum(_counts(bins, length, classes), axis=1)
    block = inside[:, :-2] / length
    others = (total - inside)[:, :-2] / (bins.size - length)
    effects: Floats = np.abs(block - others) @ widths
    spreads: Floats = 2 * (block * (1 - block)) @ widths
    return effects, spreads


def _category_effects(ranked: Codes, length: int) -> tuple[Floats, Floats, Floats]:
    """Each block's corrected Jensen-Shannon distance, spread, and unseen share."""
    classes = int(ranked.max()) + 1
    whole = _counts(ranked, length, classes)
    total = np.bincount(ranked, minlength=classes)
    named = whole[:, :KEPT_CATEGORIES]
    unseen = np.where(named == total[:KEPT_CATEGORIES], named, 0.0).sum(axis=1)
    kept = max(1, min(KEPT_CATEGORIES, length // ROWS_PER_CATEGORY))
    counts = _counts(np.minimum(ranked, kept), length, min(classes, kept + 1))
    others = np.bincount(np.minimum(ranked, kept)) - counts
    p = counts / length
    q = others / others.sum(axis=1, keepdims=True)
    divergence = _entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2
    present = np.count_nonzero(counts + others, axis=1)
    floor = (present - 1) / 8 * (1 / length + 1 / (ranked.size - length))
    effects: Floats = np.sqrt(np.maximum(0.0, divergence - floor))
    spreads: Floats = 1 - np.sum(p**2, axis=1)
    return effects, spreads, unseen / length


def _entropy(shares: Floats) -> Floats:
    logs = np.log(np.where(shares > 0, shares, 1.0))
    found: Floats = -np.sum(shares * logs, axis=1)
    return found


def _novelty_of_numbers(values: Floats, order: Codes, length: int) -> Floats:
    """Of each block the share of rows beyond the inner range of all other rows."""
    blocks = values.size // length
    beyond = np.zeros(blocks)
    others = values.size - length
    left_out = max(1, int(np.ceil((others - 1) * 0.001)))
    owner = order // length
    for ranked in (owner, owner[::-1]):
        head = ranked[: length + left_out + 1]
        for block in np.unique(head[: left_out + 1]):
            if block < blocks:
                # The block's rows before the first of the others that is in range.
                limit = np.flatnonzero(head != block)[left_out]
                beyond[block] += np.count_nonzero(head[:limit] == block)
    return beyond / length


def _row(
    length: int, effects: Floats, chance: Floats, novelty: Floats, spreads: Floats
) -> tuple[float, ...]:
    return (
        float(length),
        float(np.mean(effects)),
        float(np.std(effects, ddof=1)),
        float(np.mean(chance) + SIGMAS * np.std(chance, ddof=1)),
        float(np.mean(novelty)),
        float(np.std(novelty, ddof=1)),
        float(np.max(spreads)),
        float(effects.size),
    )
