"""Non-stationary references, and those that only look non-stationary."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from scipy.signal import lfilter
from scipy.stats import t as student

from driftcheck.contract import ColumnRule, Verdict
from driftcheck.judge.verdict import judge
from driftcheck.stats.block_tables import blocks_of_categories, blocks_of_numbers
from driftcheck.stats.block_variability import BaselineVariation, BlockVariability
from driftcheck.stats.category_distance import spread_of_categories
from driftcheck.stats.comparison import Comparison, compare
from driftcheck.stats.distance import spread_of_numbers
from tests.unit.driftcheck.samples import (
    WINDOW,
    judged,
    normal,
    reference_dataset,
    request,
    window_dataset,
)

Floats = npt.NDArray[np.float64]
CRITICAL = (ColumnRule("a", critical=True),)


def series(seed: int, rows: int, rho: float = 0.9) -> Floats:
    """A first-order autoregressive series of unit deviation."""
    noise = normal(seed, rows)
    noise[1:] *= np.sqrt(1 - rho**2)
    found: Floats = lfilter([1.0], [1.0, -rho], noise)
    return found


def table(values: Floats) -> Floats | None:
    """The limits of a column of numbers."""
    return blocks_of_numbers(values, np.sort(values))


def labels(values: Floats) -> list[str]:
    """Numbers as one of six categories."""
    return [f"c{code}" for code in np.digitize(values, [-1.5, -0.7, 0, 0.7, 1.5])]


@pytest.mark.parametrize("rows", [100, 1000, 20_000])
def test_independent_rows_have_no_limits(rows: int) -> None:
    """Of a hundred references at most a few look non-stationary, of whatever shape."""
    found = 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        found += table(rng.normal(size=rows)) is not None
        found += table(np.round(rng.exponential(3, rows))) is not None
        codes = rng.integers(0, 30, rows).astype(np.int32)
        found += blocks_of_categories(codes) is not None
    assert found <= 3


@pytest.mark.parametrize("rho", [0.5, 0.9])
def test_dependent_rows_have_limits(rho: float) -> None:
    """Whether they are numbers or categories; a constant has none."""
    values = series(1, 5000, rho)
    assert table(values) is not None
    codes = np.digitize(values, [-1, 0, 1]).astype(np.int32)
    assert blocks_of_categories(codes) is not None
    assert table(np.full(5000, 3.0)) is None


@pytest.mark.parametrize("kind", ["numbers", "categories"])
def test_variation_over_time_is_not_drift(kind: str) -> None:
    """At most one in fifty windows with ten effective rows drifts."""
    make: Any = labels if kind == "categories" else np.asarray
    alarms = reported = 0
    for seed in range(10):
        values = series(seed, 9000)
        before = {"a": make(values[:4000])}
        for start in range(4500, 9000, 450):
            after = {"a": make(values[start : start + 200])}
            found = judged(before, after, columns=CRITICAL).verdict
            alarms += found.verdict is not Verdict.NO_DRIFT
            reported += "NonStationaryReference: a" in found.findings
    assert alarms <= 2
    assert reported >= 30


def test_a_change_beyond_all_variation_is_drift() -> None:
    """A shift of two deviations exceeds the variation of all blocks."""
    for seed in range(10):
        found = judged({"a": series(seed, 4000)}, {"a": 2 + series(seed + 50, 200)})
        assert found.verdict.verdict is Verdict.DRIFT


def test_shuffled_rows_keep_their_power() -> None:
    """The same values in no order: a third of a deviation is seen as ever."""
    rng = np.random.default_rng(3)
    seen = 0
    for seed in range(20):
        before = rng.permutation(series(seed, 4000))
        after = rng.permutation(series(seed + 50, 4000) + 0.4)[:500]
        found = judged({"a": before}, {"a": after}, columns=CRITICAL).verdict
        seen += found.verdict is Verdict.DRIFT
    assert seen >= 19


def test_a_sorted_or_grouped_reference_hides_no_drift() -> None:
    """Its blocks differ, but the window is more heterogeneous than every block."""
    groups = np.repeat([-1.0, 0.0, 1.0, 2.0], 500)
    for before in (np.sort(normal(1, 2000)), groups + 0.3 * normal(2, 2000)):
        after = np.random.default_rng(3).choice(before, 500) + 0.4 * before.std()
        assert table(before) is not None
        found = judged({"a": before}, {"a": after})
        assert found.verdict.verdict is Verdict.DRIFT
        assert found.scores[0].threshold == 0.1
        assert found.scores[0].pvalue


def test_a_sorted_reference_of_categories_hides_no_drift() -> None:
    """As when a file is sorted by its label."""
    before = ["x"] * 1000 + ["y"] * 1000
    found = judged({"a": before}, {"a": ["x"] * 150 + ["y"] * 350}).verdict
    assert found.verdict is Verdict.DRIFT


def test_strange_rows_that_the_reference_has_in_spells_are_no_drift() -> None:
    """Rare storms, of values that no other block has, are part of the variation."""
    values = series(1, 4000)
    for place in range(0, 4000, 500):
        values[place : place + 12] += 6 + place / 100
    calm, storm = series(2, 200), series(3, 200)
    storm[90:102] += 60
    before = {"a": values}
    for after in (calm, storm):
        found = judged(before, {"a": after}, columns=CRITICAL).verdict
        assert found.verdict is Verdict.NO_DRIFT


def test_a_sampled_reference_counts_its_rows_in_time() -> None:
    """Of a reference sampled tenfold, a window's rows lie ten times as close."""
    values = series(1, 200_000, 0.999)
    reference = reference_dataset(a=values[::10])
    window = window_dataset(reference, a=values[5000:6000])
    before, after = reference.columns["a"], window.columns["a"]
    found = [
        compare(before, after, 100, sampling_factor) for sampling_factor in (1.0, 10.0)
    ]
    close, far = [c for c in found if isinstance(c, Comparison)]
    assert close.baseline
    assert far.baseline
    assert far.baseline.limit > 1.3 * close.baseline.limit


def test_longer_windows_have_lower_limits() -> None:
    """Down to the longest block, and on as far as chance goes."""
    found = table(series(1, 20_000))
    assert found is not None
    blocks = BlockVariability(found)
    limits = [blocks.effect(rows, rows).limit for rows in (50, 200, 1000, 10_000)]
    assert limits == sorted(limits, reverse=True)
    assert limits[0] > 4 * limits[-1] > 0


def test_the_size_of_a_normal_value_has_its_own_pvalue() -> None:
    """Known from ten blocks it is Student's, by SciPy's tail, to a tenth."""
    mean, deviation = np.sqrt(2 / np.pi), np.sqrt(1 - 2 / np.pi)
    usual = BaselineVariation(float(mean), float(deviation), 10)
    for value in (0.5, 1.0, 2.0, 4.0, 8.0):
        assert usual.pvalue(value) == pytest.approx(2 * student.sf(value, 9), rel=0.1)
    assert BaselineVariation(0.0, 0.0, 10).pvalue(0.1) == 0
    assert BaselineVariation(0.0, 0.0, 10).pvalue(0.0) == 1


def test_spreads_are_what_their_definition_says() -> None:
    """The mean distance of all pairs, and the share of pairs that differ."""
    values = np.sort(normal(1, 300))
    pairs = np.abs(values[:, None] - values[None, :]).mean()
    assert spread_of_numbers(values) == pytest.approx(float(pairs))
    assert spread_of_categories(np.array([1.0, 1.0, 2.0])) == pytest.approx(0.625)


def test_limits_do_not_depend_on_chance() -> None:
    """The same reference has the same limits, to the last digit."""
    values = series(4, 3000)
    first, second = table(values), table(values)
    assert first is not None
    assert second is not None
    assert np.array_equal(first, second)
    assert pa.array(first[0]).to_pylist() == [16, 32, 64, 128, 256, 500]


def test_a_reference_too_short_for_blocks_is_worth_less() -> None:
    """At most one in twelve windows of five effective rows drifts, with a reason."""
    asked = request("a", minimum_rows=30)
    said = []
    for seed in range(60):
        values = series(seed, 300)
        reference = reference_dataset(a=values[:90])
        window = window_dataset(reference, in_time=True, a=values[200:240])
        said.append(judge(asked, WINDOW, reference, window).verdict.reason)
    assert said.count("AutocorrelatedRows") >= 15
    assert said.count("ColumnsDrifted") <= 5
    far = judged({"a": series(1, 90)}, {"a": series(2, 40) + 5}, minimum_rows=30)
    assert far.verdict.verdict is Verdict.DRIFT
