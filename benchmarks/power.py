"""How often each policy cries wolf, and how small a drift it still sees.

    python -m benchmarks.power [--comparisons N] [--checks N] [--tables alarms]

Columns are compared once each, by the worker's own code and by the default rules of
two peers (`benchmarks.peers`); checks are put together from them at random and judged
by the worker's own rules, and by the peers'. Prints the tables of docs/verdict.md. Ten
minutes on one core.
"""

import argparse
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from benchmarks.peers import NannyMl, evidently_drifted
from driftcheck.arrow.conversion import numbers_from
from driftcheck.contract import (
    CheckRequest,
    ColumnRule,
    Features,
    LogSource,
    Reference,
    WindowGrid,
)
from driftcheck.judge.drift import columns_drifted, inconclusive_drift
from driftcheck.judge.scores import judge_columns
from driftcheck.stats.block_tables import blocks_of_categories
from driftcheck.stats.category_significance import category_dependence
from driftcheck.stats.columns import Categories, Column, Numbers, Order
from driftcheck.stats.comparison import Comparison, compare
from driftcheck.stats.reduction import reduced
from driftcheck.storage.limits import MAXIMUM_ROWS

Floats: TypeAlias = npt.NDArray[np.float64]

REFERENCE_ROWS = 20_000
SHORT_REFERENCE = 1_500
SIZES = (100, 200, 500, 1000, 10_000, 100_000)
COLUMNS = (1, 5, 20, 50, 200)
SHIFTS = (0.1, 0.2, 0.3, 0.5)
CHECKS_A_YEAR, CHECKS_A_MONTH = 365, 30
WINDOWS = 50
NORMAL, LOG_NORMAL, CATEGORIES = 0, 2, 3


@dataclass(frozen=True)
class World:
    """What columns are drawn from: a first-order autoregressive series.

    `rho` its correlation; `reference_rows` the reference's rows, more where a window
    is longer than a sixth of that.
    """

    rho: float = 0.0
    reference_rows: int = REFERENCE_ROWS

    def values(self, rng: np.random.Generator, rows: int, kind: int) -> Floats:
        """Rows in time order: normal, log-normal, or numbers of ten categories."""
        noise = rng.normal(size=rows)
        noise[1:] *= np.sqrt(1 - self.rho**2)
        values: Floats = lfilter([1.0], [1.0, -self.rho], noise)
        return shaped(values, kind)


@dataclass(frozen=True)
class Seen:
    """One column of one window, as each policy sees it."""

    ours: Comparison
    evidently: bool
    nannyml: bool


@dataclass(frozen=True)
class Rates:
    """Of all checks, the share that each policy calls drift; ours can also abstain.

    `half_evidently`: at least half of the columns, which is Evidently's verdict on a
    data set; `any_…`: at least one column, which is what its table, or NannyML, shows.
    """

    ours: float
    abstains: float
    half_evidently: float
    any_evidently: float
    any_nannyml: float


def main(arguments: list[str]) -> int:
    """Print all tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.power")
    parser.add_argument("--comparisons", type=int, default=4000)
    parser.add_argument("--checks", type=int, default=3000)
    parser.add_argument("--tables", default="alarms,power")
    options = parser.parse_args(arguments)
    if "alarms" in options.tables:
        for world in (World(), World(0.5), World(0.9), World(0.9, SHORT_REFERENCE)):
            print_alarms(world, options.comparisons, options.checks)
    if "power" in options.tables:
        for world in (World(), World(0.9)):
            print_power(world, options.comparisons // 10, options.checks // 3)
    return 0


def print_alarms(world: World, comparisons: int, checks: int) -> None:
    """A table of false alarms in data that never change."""
    print(f"\n### Correlation {world.rho:g}, reference {world.reference_rows:,} rows\n")
    print("| rows | columns | ours, a year | ours abstains | Evidently, half of the "
          "columns | Evidently, any column | NannyML, any column |")  # fmt: skip
    print("| --- | --- | --- | --- | --- | --- | --- |")
    rng = np.random.default_rng(int(world.rho * 10))
    for rows in SIZES:
        if world.reference_rows < REFERENCE_ROWS and rows > world.reference_rows // 3:
            continue
        # Few do for long windows: by far no effect of theirs reaches a threshold.
        pool = compared(rng, world, rows, max(400, min(1, 2000 / rows) * comparisons))
        for columns in COLUMNS:
            found = rates(rng, pool, pool, columns, checks)
            print(
                f"| {rows:,} | {columns} | {found.ours * CHECKS_A_YEAR:.2f} "
                f"| {found.abstains:.1%} | {both(found.half_evidently)} "
                f"| {both(found.any_evidently)} | {both(found.any_nannyml)} |",
                flush=True,
            )


def both(share: float) -> str:
    """The share of checks, and of months with a check a day, that raise an alarm."""
    return f"{share:.1%} / {1 - (1 - share) ** CHECKS_A_MONTH:.0%}"


def print_power(world: World, comparisons: int, checks: int) -> None:
    """A table of how often a shift of the one critical column of 20 is seen."""
    print(f"\n### Power, correlation {world.rho:g}: one critical column of 20 moves\n")
    shifts = " | ".join(f"{shift:g} sd" for shift in SHIFTS)
    print(f"| rows | policy | no shift | {shifts} |")
    print("| --- | --- | --- |" + " --- |" * len(SHIFTS))
    rng = np.random.default_rng(77)
    for rows in SIZES[:-1]:
        calm = compared(rng, world, rows, comparisons)
        found = [rates(rng, calm, calm, 20, checks)]
        for shift in SHIFTS:
            effect_significant = compared(rng, world, rows, comparisons, shift)
            found.append(rates(rng, calm, effect_significant, 20, checks))
        for label, shares in (
            ("ours", [one.ours for one in found]),
            ("Evidently, half of the columns", [one.half_evidently for one in found]),
            ("Evidently, any column", [one.any_evidently for one in found]),
            ("NannyML, any column", [one.any_nannyml for one in found]),
        ):
            line = " | ".join(f"{share:.0%}" for share in shares)
            print(f"| {rows:,} | {label} | {line} |", flush=True)


def compared(
    rng: np.random.Generator,
    world: World,
    rows: int,
    count: float,
    shift: float | None = None,
) -> list[Seen]:
    """Columns of several shapes seen by each policy; each reference serves fifty.

    With a shift all are normal, and the window's lie so many deviations higher.
    """
    found: list[Seen] = []
    while len(found) < count:
        kind = NORMAL if shift else len(found) // WINDOWS % 4
        values = world.values(
            rng, max(world.reference_rows, min(6 * rows, 10**6)), kind
        )
        categorical = kind == CATEGORIES
        peer = NannyMl(values, rows, categorical=categorical)
        reference, sampling_factor = known(rng, values, kind)
        for _ in range(WINDOWS):
            window = world.values(rng, rows, kind) + (shift or 0.0)
            ours = compare(
                reference, column(window, kind, Order.TIME), 100, sampling_factor
            )
            if isinstance(ours, str):
                raise TypeError(ours)
            evidently = evidently_drifted(values, window, categorical=categorical)
            found.append(Seen(ours, evidently, peer.alerts(window)))
    return found


def known(rng: np.random.Generator, values: Floats, kind: int) -> tuple[Column, float]:
    """The reference as the worker keeps it: a sample, in bins, and its factor."""
    kept = values
    if values.size > MAXIMUM_ROWS:
        kept = values[np.sort(rng.choice(values.size, MAXIMUM_ROWS, replace=False))]
    found = column(kept, kind, Order.REFERENCE)
    whole = reduced(found) if isinstance(found, Numbers) else found
    return whole, values.size / kept.size


def column(values: Floats, kind: int, order: Order) -> Column:
    """Rows in time order as the worker holds them."""
    if kind != CATEGORIES:
        return numbers_from(values, order)
    codes = values.astype(np.int32)
    counts = np.bincount(codes, minlength=10)
    in_time = order is Order.TIME
    return Categories(
        {str(i): int(c) for i, c in enumerate(counts) if c},
        dependence=category_dependence(codes, counts) if in_time else 0.0,
        blocks=None if in_time else blocks_of_categories(codes),
    )


def shaped(values: Floats, kind: int) -> Floats:
    """Normal values as such, or made log-normal, or categories."""
    if kind == LOG_NORMAL:
        return np.exp(values)
    if kind == CATEGORIES:
        return np.digitize(values, np.linspace(-1.5, 1.5, 9)).astype(np.float64)
    return values


def rates(
    rng: np.random.Generator,
    others: list[Seen],
    critical: list[Seen],
    columns: int,
    checks: int,
) -> Rates:
    """Return what the policies say of checks whose first column is the critical one."""
    asked = request(columns)
    names = asked.log.features.names
    said = np.zeros(5)
    for _ in range(checks):
        first = critical[rng.integers(len(critical))]
        rest = (others[i] for i in rng.integers(len(others), size=columns - 1))
        check = (first, *rest)
        ours = {n: seen.ours for n, seen in zip(names, check, strict=True)}
        scores = judge_columns(asked, ours)
        drift = columns_drifted(asked, scores)
        drifted = sum(seen.evidently for seen in check)
        said += (
            drift,
            not drift and inconclusive_drift(asked, scores) is not None,
            2 * drifted >= columns,
            drifted > 0,
            any(seen.nannyml for seen in check),
        )
    return Rates(*(said / checks).tolist())


def request(columns: int) -> CheckRequest:
    """The defaults, with the first column critical: both ways to Drift are open."""
    names = tuple(f"c{i}" for i in range(columns))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    base = CheckRequest(
        name="simulation",
        namespace="none",
        request_fingerprint="none",
        reference=Reference("none"),
        log=LogSource("none", "none", "at", Features("Columns", names)),
        window_seconds=86400,
        windows=WindowGrid(now, 1),
    )
    return replace(base, columns=(ColumnRule("c0", critical=True),))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
