"""How often answers are called too bad by chance, and how surely bad ones are found.

    python -m benchmarks.performance [--windows N] [--rho R ...]

Windows of labeled rows laid end to end, drawn so that the true value of the metric is
known, scored and judged by the worker's own code, and counted as the operator counts
them: 2 of the last 3. Prints the tables of docs/statistics.md. Five minutes on one
core.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from scipy.stats import norm

from benchmarks.power import Floats, World
from driftcheck.contract import Metric, Performance, PerformanceRule, Verdict
from driftcheck.dataset import LabeledPredictions
from driftcheck.judge.model_performance import performance_of
from driftcheck.judge.performance import judge_performance
from driftcheck.windows import Window

RHOS = (0.0, 0.5, 0.9)
SIZES = (100, 200, 500, 5000)
BREACHES, LAST = 2, 3
DAYS = 365
OFTEN = 0.1
START = datetime(2026, 1, 1, tzinfo=UTC)
SPAN = Window(START, START + timedelta(days=1), counting=True)


class Case(NamedTuple):
    """A metric with its bound, and true values from worse to better than that."""

    metric: Metric
    bound: float
    true: tuple[float, ...]

    def rule(self, minimum_rows: int = 100) -> PerformanceRule:
        """By which windows are judged."""
        if self.metric.higher_is_better:
            return PerformanceRule(self.metric, minimum_rows, minimum=self.bound)
        return PerformanceRule(self.metric, minimum_rows, maximum=self.bound)


CASES = (
    Case(Metric.ACCURACY, 0.8, (0.70, 0.75, 0.80, 0.82, 0.85)),
    Case(Metric.ROC_AUC, 0.8, (0.70, 0.75, 0.80, 0.82, 0.85)),
    Case(Metric.MEAN_ABSOLUTE_ERROR, 1.0, (1.5, 1.25, 1.0, 0.9, 0.75)),
)


def main(arguments: list[str]) -> int:
    """Print a table for each metric."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.performance")
    parser.add_argument("--windows", type=int, default=1000)
    parser.add_argument("--rho", type=float, nargs="+", default=RHOS)
    options = parser.parse_args(arguments)
    for case in CASES:
        print_table(case, options.windows, options.rho)
    return 0


def print_table(case: Case, windows: int, rhos: Sequence[float]) -> None:
    """Windows called drift and episodes, by true value.

    The last column judges windows of rows at the bound by their number alone.
    """
    side = "minimum" if case.metric.higher_is_better else "maximum"
    print(f"\n### {case.metric}, {side} {case.bound:g}\n")
    heads = [f"true {value:g}" for value in case.true]
    heads.append(f"true {case.bound:g}, rows only counted")
    print(f"| ρ | rows | not judged | {' | '.join(heads)} |")
    print("| --- " * (3 + len(heads)) + "|")
    for rho in rhos:
        for rows in SIZES:
            many = max(200, min(windows, 2_000_000 // rows))
            worlds = [(true, World(rho), rows, many) for true in case.true]
            scored = [measure_performance(case, *world) for world in worlds]
            found = [verdicts(case.rule(), one) for one in scored]
            left = np.mean([v is Verdict.INCONCLUSIVE for one in found for v in one])
            cells = " | ".join(describe(one) for one in found)
            lax = describe(verdicts(case.rule(1), scored[case.true.index(case.bound)]))
            print(f"| {rho:g} | {rows:,} | {left:.0%} | {cells} | {lax} |", flush=True)


def describe(found: list[Verdict]) -> str:
    """Return the share of windows that are Drift, with what persistence makes of them.

    That is how many episodes open in a year of days, or, of windows most of which are
    Drift, how many it takes on average until one opens.
    """
    drifted = [verdict is Verdict.DRIFT for verdict in found]
    share = np.mean(drifted)
    waits = [
        wait
        for start in range(0, len(drifted), LAST)
        if (wait := until_open(drifted[start:]))
    ]
    if share > OFTEN:
        return f"{share:.0%}, after {np.mean(waits):.1f}"
    return f"{share:.1%}, {opened(drifted) / len(drifted) * DAYS:.2f}"


def until_open(drifted: list[bool]) -> int | None:
    """Return how many windows it takes until an episode opens; None where none does."""
    for end in range(1, len(drifted) + 1):
        if sum(drifted[max(0, end - LAST) : end]) >= BREACHES:
            return end
    return None


def opened(drifted: list[bool]) -> int:
    """How often the last windows come to hold so many breaches that one opens."""
    persists = [
        sum(drifted[max(0, end - LAST) : end]) >= BREACHES
        for end in range(len(drifted) + 1)
    ]
    return sum(now and not before for before, now in pairwise(persists))


def verdicts(rule: PerformanceRule, scored: list[Performance]) -> list[Verdict]:
    """Return the verdicts on windows by a rule with a bound."""
    found = [judge_performance(rule, performance).verdict for performance in scored]
    return [verdict for verdict in found if verdict is not None]


def measure_performance(
    case: Case, true: float, world: World, rows: int, windows: int
) -> list[Performance]:
    """Return the scores of windows laid end to end, of which the true value is this."""
    rng = np.random.default_rng(int(1000 * true + rows + 10 * world.rho))
    noise = world.values(rng, rows * windows, 0)
    labels, predictions = drawn(case.metric, true, noise, rng)
    found = []
    for start in range(0, rows * windows, rows):
        part = slice(start, start + rows)
        table = pa.table({"l": labels[part], "p": predictions[part]})
        labeled_predictions = LabeledPredictions(rows, rows, table)
        found.append(performance_of(case.rule(), SPAN, labeled_predictions))
    return found


def drawn(
    metric: Metric, true: float, noise: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Labels and predictions of which the metric's true value is this."""
    if metric is Metric.ACCURACY:
        return np.ones(noise.size), (noise < norm.ppf(true)).astype(float)
    if metric is Metric.ROC_AUC:
        labels = rng.integers(0, 2, noise.size).astype(float)
        return labels, noise + labels * norm.ppf(true) * np.sqrt(2)
    return np.zeros(noise.size), noise * true / np.sqrt(2 / np.pi)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
