"""How often each policy cries wolf, and how small a drift it still sees.

    python -m benchmarks.power [--comparisons N] [--checks N]

Columns are compared once each by the worker's own code; checks are put together from
them at random and judged by the worker's own rules, and beside them by two policies
in common use. Prints the tables of docs/verdict.md. A few minutes on one core.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from driftcheck.columns import Categories, Column
from driftcheck.comparison import Comparison, compare
from driftcheck.contract import (
    CheckRequest,
    ColumnRule,
    Features,
    LogSource,
    Reference,
    Verdict,
    WindowGrid,
)
from driftcheck.schema import numbers_from
from driftcheck.scores import judge_columns
from driftcheck.verdict import decide

Floats: TypeAlias = npt.NDArray[np.float64]
Policy: TypeAlias = Callable[[dict[str, Comparison]], bool]

REFERENCE_ROWS = 20_000
SIZES = (100, 200, 500, 1000, 10_000)
COLUMNS = (1, 5, 20, 50)
SHIFTS = (0.1, 0.2, 0.3, 0.5)
DEPENDENCE = (0.0, 0.5, 0.9)
CHECKS_A_YEAR = 365


@dataclass(frozen=True)
class Rates:
    """Of all checks, the share that each policy calls drift; ours can also abstain."""

    ours: float
    abstains: float
    any_pvalue: float
    any_effect: float
    half_effect: float


def main(arguments: list[str]) -> int:
    """Print all tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.power")
    parser.add_argument("--comparisons", type=int, default=6000)
    parser.add_argument("--checks", type=int, default=4000)
    options = parser.parse_args(arguments)
    for rho in DEPENDENCE:
        print_alarms(rho, options.comparisons, options.checks)
    print_power(options.comparisons // 10, options.checks // 4)
    return 0


def print_alarms(rho: float, comparisons: int, checks: int) -> None:
    """A table of false alarms in data that never change."""
    print(f"\n### False alarms, rows with correlation {rho:g}\n")
    print("| rows | columns | ours, a year | ours abstains | any p <= 0.05 "
          "| any effect >= 0.1 | half of effects >= 0.1 |")  # fmt: skip
    print("| --- | --- | --- | --- | --- | --- | --- |")
    rng = np.random.default_rng(int(rho * 10))
    for rows in SIZES:
        pool = compared(rng, rows, rho, 0.0, comparisons)
        for columns in COLUMNS:
            found = rates(rng, pool, pool, columns, checks)
            print(
                f"| {rows:,} | {columns} | {found.ours * CHECKS_A_YEAR:.2f} "
                f"| {found.abstains:.1%} | {found.any_pvalue:.0%} "
                f"| {found.any_effect:.0%} | {found.half_effect:.0%} |",
                flush=True,
            )


def print_power(comparisons: int, checks: int) -> None:
    """A table of how often a shift of the one critical column of 20 is seen."""
    print("\n### Power: one critical column of 20 moves, rows independent\n")
    shifts = " | ".join(f"{shift:g} sd" for shift in SHIFTS)
    print(f"| rows | {shifts} |")
    print("| --- |" + " --- |" * len(SHIFTS))
    rng = np.random.default_rng(77)
    for rows in SIZES:
        calm = compared(rng, rows, 0.0, 0.0, comparisons)
        seen = []
        for shift in SHIFTS:
            moved = compared(rng, rows, 0.0, shift, comparisons, normal_only=True)
            seen.append(rates(rng, calm, moved, 20, checks).ours)
        print(f"| {rows:,} | " + " | ".join(f"{s:.0%}" for s in seen) + " |")


def compared(
    rng: np.random.Generator,
    rows: int,
    rho: float,
    shift: float,
    count: int,
    *,
    normal_only: bool = False,
) -> list[Comparison]:
    """Comparisons of columns of several shapes; each reference serves fifty."""
    found: list[Comparison] = []
    while len(found) < count:
        kind = 0 if normal_only else len(found) // 50 % 4
        reference = column(rng, REFERENCE_ROWS, rho, 0.0, kind)
        for _ in range(50):
            result = compare(reference, column(rng, rows, rho, shift, kind), 100)
            if isinstance(result, str):
                raise TypeError(result)
            found.append(result)
    return found


def column(
    rng: np.random.Generator, rows: int, rho: float, shift: float, kind: int
) -> Column:
    """Normal (twice as often), log-normal, or ten categories, in time order."""
    noise = rng.normal(size=rows)
    noise[1:] *= np.sqrt(1 - rho**2)
    values: Floats = lfilter([1.0], [1.0, -rho], noise) + shift
    if kind == 3:
        from driftcheck.significance import category_dependence

        codes = np.digitize(values, np.linspace(-1.5, 1.5, 9)).astype(np.int32)
        counts = np.bincount(codes, minlength=10)
        named = {str(i): int(c) for i, c in enumerate(counts) if c}
        return Categories(named, dependence=category_dependence(codes, counts))
    return numbers_from(np.exp(values) if kind == 2 else values)


def rates(
    rng: np.random.Generator,
    others: list[Comparison],
    critical: list[Comparison],
    columns: int,
    checks: int,
) -> Rates:
    """What the policies say of checks whose first column is the critical one."""
    asked = request(columns)
    names = asked.log.features.names
    said = np.zeros(5)
    for _ in range(checks):
        first = critical[rng.integers(len(critical))]
        rest = (others[i] for i in rng.integers(len(others), size=columns - 1))
        check = dict(zip(names, (first, *rest), strict=True))
        verdict = decide(asked, judge_columns(asked, check))[0]
        large = [found.effect >= 0.1 for found in check.values()]
        nominal = [found.nominal for found in check.values()]
        said += (
            verdict is Verdict.DRIFT,
            verdict is Verdict.INCONCLUSIVE,
            any(p is not None and p <= 0.05 for p in nominal),
            any(large),
            2 * sum(large) >= columns,
        )
    return Rates(*(said / checks).tolist())


def request(columns: int) -> CheckRequest:
    """The defaults, with the first column critical: both ways to Drift are open."""
    names = tuple(f"c{i}" for i in range(columns))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    base = CheckRequest(
        name="simulation",
        namespace="none",
        spec_hash="none",
        reference=Reference("none"),
        log=LogSource("none", "none", "at", Features("Columns", names)),
        window_seconds=86400,
        windows=WindowGrid(now, 1),
    )
    return replace(base, columns=(ColumnRule("c0", critical=True),))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
