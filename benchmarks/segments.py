"""False alarms and power of a check with segments, beside the whole's alone.

    python -m benchmarks.segments [--comparisons N] [--checks N]

Each segment is a series of its own (`benchmarks.power`), the whole their rows mixed at
random, so that a row of the whole resembles none of those beside it even where each
segment's do. Columns are compared by the worker's own code; checks are put together
from them at random and judged by the worker's own rules. Prints the tables of
docs/verdict.md. Twenty minutes on one core.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.power import (
    CHECKS_A_YEAR,
    NORMAL,
    REFERENCE_ROWS,
    WINDOWS,
    Floats,
    World,
    column,
    known,
    request,
)
from driftcheck.contract import CheckRequest, SegmentRule
from driftcheck.judge.column_score import ColumnScore
from driftcheck.judge.drift import columns_drifted, statistically_supported
from driftcheck.judge.evidence import EffectiveRows, effective_rows_of
from driftcheck.judge.scores import judge_columns
from driftcheck.judge.segments import request_of_segment, request_of_whole
from driftcheck.stats.columns import Order
from driftcheck.stats.comparison import Comparison, compare

SEGMENTS = (5, 20)
ROWS = (100, 500, 2000)  # of one segment in a window
COLUMNS = (5, 20)
SHIFTS = (0.3, 0.5, 1.0)
RULE = SegmentRule("segment")


@dataclass(frozen=True)
class Case:
    """So many segments, and the rows of each in a window."""

    world: World
    segments: int
    rows: int


@dataclass(frozen=True)
class Pools:
    """Comparisons of columns: of the whole, and of one segment."""

    whole: list[Comparison]
    segment: list[Comparison]


def main(arguments: list[str]) -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.segments")
    parser.add_argument("--comparisons", type=int, default=2000)
    parser.add_argument("--checks", type=int, default=2000)
    options = parser.parse_args(arguments)
    for rho in (0.0, 0.9):
        print_alarms(World(rho), options.comparisons, options.checks)
    print_power(World(), options.comparisons // 5, options.checks // 5)
    return 0


def print_alarms(world: World, comparisons: int, checks: int) -> None:
    """A table of false alarms in data that never change."""
    print(f"\n### Correlation within a segment {world.rho:g}\n")
    print("| segments | rows of each | columns | the whole alone, a year "
          "| with segments, a year |")  # fmt: skip
    print("| --- | --- | --- | --- | --- |")
    rng = np.random.default_rng(int(world.rho * 10))
    for segments in SEGMENTS:
        for rows in ROWS:
            count = max(400, int(comparisons * min(1, 200 / rows)))
            case = Case(world, segments, rows)
            calm = pools(rng, case, count)
            for columns in COLUMNS:
                alone, parted = rates(rng, case, (calm, calm), columns, checks)
                print(
                    f"| {segments} | {rows:,} | {columns} "
                    f"| {alone * CHECKS_A_YEAR:.2f} | {parted * CHECKS_A_YEAR:.2f} |",
                    flush=True,
                )


def print_power(world: World, comparisons: int, checks: int) -> None:
    """A table of how often a shift of one column in one segment is seen."""
    print("\n### Power: the one critical column of 20 moves in one segment\n")
    shifts = " | ".join(f"{shift:g} sd" for shift in SHIFTS)
    print(f"| segments | rows of each | judged | no shift | {shifts} |")
    print("| --- | --- | --- | --- |" + " --- |" * len(SHIFTS))
    rng = np.random.default_rng(77)
    for segments in SEGMENTS:
        for rows in ROWS:
            case = Case(world, segments, rows)
            calm = pools(rng, case, comparisons)
            found = [rates(rng, case, (calm, calm), 20, checks)]
            for shift in SHIFTS:
                effect_significant = pools(rng, case, comparisons, shift)
                found.append(rates(rng, case, (calm, effect_significant), 20, checks))
            for place, label in enumerate(("the whole alone", "with segments")):
                told = " | ".join(f"{one[place]:.0%}" for one in found)
                print(f"| {segments} | {rows:,} | {label} | {told} |", flush=True)


def pools(
    rng: np.random.Generator, case: Case, count: int, shift: float = 0.0
) -> Pools:
    """Columns of several shapes; each reference serves fifty windows.

    With a shift all are normal, and one segment's lie so many deviations higher.
    """
    found = Pools([], [])
    each = max(REFERENCE_ROWS // case.segments, 6 * case.rows)
    while len(found.whole) < count:
        kind = NORMAL if shift else len(found.whole) // WINDOWS % 4
        parts = series(rng, case, each, kind)
        before = [known(rng, mixed(rng, parts), kind), known(rng, parts[0], kind)]
        for _ in range(WINDOWS):
            window = series(rng, case, case.rows, kind)
            window[0] += shift
            for pool, (reference, sampling_factor_ratio), values in zip(
                (found.whole, found.segment),
                before,
                (mixed(rng, window), window[0]),
                strict=True,
            ):
                now = column(values, kind, Order.TIME)
                compared = compare(
                    reference, now, RULE.minimum_rows, sampling_factor_ratio
                )
                if isinstance(compared, str):
                    raise TypeError(compared)
                pool.append(compared)
    return found


def series(rng: np.random.Generator, case: Case, rows: int, kind: int) -> list[Floats]:
    """So many rows of each segment, in time order."""
    return [case.world.values(rng, rows, kind) for _ in range(case.segments)]


def mixed(rng: np.random.Generator, parts: Sequence[Floats]) -> Floats:
    """All rows in time order: each segment's in their own, the segments at random."""
    sizes = [part.size for part in parts]
    turns = rng.permutation(np.repeat(np.arange(len(parts)), sizes))
    values = np.empty(sum(sizes))
    for place, part in enumerate(parts):
        values[turns == place] = part
    return values


def rates(
    rng: np.random.Generator,
    case: Case,
    of: tuple[Pools, Pools],
    columns: int,
    checks: int,
) -> tuple[float, float]:
    """Of all checks the share that is Drift: of the whole alone, and with segments.

    `of`: calm columns, and moved ones: the first column, which is critical, is one of
    these in the whole and in one segment.
    """
    calm, effect_significant = of
    asked = request(columns)
    halved = request_of_whole(replace(asked, segments=RULE))
    parted = request_of_segment(asked, RULE, case.segments)
    alone = both = 0
    for _ in range(checks):
        whole = drawn(rng, calm.whole, effect_significant.whole, columns)
        alone += drifted(asked, whole)
        both += (
            drifted(halved, whole)
            or surely(
                parted,
                drawn(rng, calm.segment, effect_significant.segment, columns),
                case.rows,
            )
            or any(
                surely(
                    parted, drawn(rng, calm.segment, calm.segment, columns), case.rows
                )
                for _ in range(case.segments - 1)
            )
        )
    return alone / checks, both / checks


def drawn(
    rng: np.random.Generator,
    others: list[Comparison],
    critical: list[Comparison],
    columns: int,
) -> list[Comparison]:
    """Return a check's columns, the critical one first."""
    first = critical[rng.integers(len(critical))]
    return [first, *(others[i] for i in rng.integers(len(others), size=columns - 1))]


def drifted(asked: CheckRequest, columns: list[Comparison]) -> bool:
    """Return whether the worker's rules call that Drift."""
    return columns_drifted(asked, scored(asked, columns))


def surely(asked: CheckRequest, columns: list[Comparison], rows: int) -> bool:
    """Return the same of a segment, whose rows must be worth enough."""
    scores = scored(asked, columns)
    if not columns_drifted(asked, scores):
        return False
    effective_rows = {
        score.name: EffectiveRows(effective_rows_of(score, rows), rows)
        for score in scores
    }
    return statistically_supported(asked, scores, effective_rows, RULE.minimum_rows)


def scored(asked: CheckRequest, columns: list[Comparison]) -> tuple[ColumnScore, ...]:
    """Return the worker's scores of these columns."""
    named = dict(zip(asked.log.features.names, columns, strict=True))
    return judge_columns(asked, named)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
