"""Effect sizes, by property and against SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from driftcheck.stats import distance as d
from driftcheck.stats.category_distance import (
    corrected_jensen_shannon_distance,
    jensen_shannon_divergence,
)

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=60).map(
    lambda values: np.sort(np.array(values))
)
COUNTS = st.lists(st.integers(0, 500), min_size=2, max_size=20)
RNG = np.random.default_rng(7)


def normal(rows: int, mean: float = 0.0, deviation: float = 1.0) -> d.Floats:
    """A sorted normal sample."""
    return np.sort(RNG.normal(mean, deviation, rows))


@given(NUMBERS, NUMBERS)
def test_wasserstein_matches_scipy(one: d.Floats, other: d.Floats) -> None:
    """The area between the distribution functions is SciPy's distance."""
    expected = stats.wasserstein_distance(one, other)
    assert d.overlay(one, other).area() == pytest.approx(expected, abs=1e-6)


@given(NUMBERS, NUMBERS)
def test_ks_distance_matches_scipy(one: d.Floats, other: d.Floats) -> None:
    """The largest gap is SciPy's statistic."""
    expected = stats.ks_2samp(one, other, method="asymp").statistic
    assert d.overlay(one, other).height() == pytest.approx(expected)


@given(COUNTS, st.data())
def test_jensen_shannon_matches_scipy(one: list[int], data: st.DataObject) -> None:
    """The root of the divergence of counts is SciPy's distance of their shares."""
    sizes = st.lists(st.integers(0, 500), min_size=len(one), max_size=len(one))
    p, q = np.array(one, float), np.array(data.draw(sizes), float)
    p[0] += 1
    q[0] += 1
    distance = np.sqrt(jensen_shannon_divergence(p, q))
    assert distance == pytest.approx(jensenshannon(p, q), abs=1e-6)


@given(NUMBERS)
def test_a_sample_has_no_distance_from_itself(sample: d.Floats) -> None:
    """Equal samples are at distance zero, constants included."""
    assert d.overlay(sample, sample).area() == 0
    assert d.overlay(sample, sample).height() == 0
    assert d.normed_wasserstein_distance(sample, sample) == 0


@pytest.mark.parametrize("shift", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e6])
def test_shift_by_c_deviations_gives_c(shift: float, scale: float) -> None:
    """The unit is the reference's standard deviation, at any scale."""
    reference = normal(20_000) * scale
    found = d.normed_wasserstein_distance(reference, reference + shift * scale)
    assert found == pytest.approx(shift, rel=0.05)


def test_one_absurd_value_in_the_reference_hides_no_drift() -> None:
    """A shift of three deviations stays visible beside a 1e9."""
    reference = np.sort(np.append(normal(10_000), 1e9))
    assert d.normed_wasserstein_distance(reference, normal(10_000, 3.0)) > 2


def test_one_absurd_value_in_the_window_causes_no_drift() -> None:
    """A single 1e9 among ten thousand rows does not matter."""
    current = np.sort(np.append(normal(10_000), 1e9))
    assert d.normed_wasserstein_distance(normal(10_000), current) < 0.1


def test_a_constant_that_stays_is_no_drift_and_one_that_moves_is() -> None:
    """A constant column is compared by the share of values that differ."""
    reference = np.full(1000, 1000.0)
    effect_significant = np.append(reference[:750], np.full(250, 1000.5))
    assert d.normed_wasserstein_distance(reference, reference + 1e-9) == 0
    assert d.normed_wasserstein_distance(reference, effect_significant) == 0.25


def test_rare_events_that_become_common_are_seen() -> None:
    """Clipping a nearly constant reference does not hide that half the rows moved."""
    reference = np.append(np.zeros(9999), 1.0)
    current = np.append(np.zeros(500), np.ones(500))
    assert d.normed_wasserstein_distance(reference, current) == pytest.approx(0.4999)


@pytest.mark.parametrize("categories", [10, 50, 100])
def test_many_categories_alone_are_no_distance(categories: int) -> None:
    """Two samples of one distribution are mostly within the noise floor."""
    rng = np.random.default_rng(categories)
    shares = np.full(categories, 1 / categories)
    found = [
        corrected_jensen_shannon_distance(
            rng.multinomial(2000, shares).astype(float),
            rng.multinomial(1000, shares).astype(float),
        )
        for _ in range(100)
    ]
    assert np.mean(np.array(found) >= 0.1) <= 0.05


def test_disjoint_categories_are_almost_as_far_as_can_be() -> None:
    """The correction costs little where the difference is complete."""
    found = corrected_jensen_shannon_distance(
        np.array([1000.0, 0.0]), np.array([0.0, 1000.0])
    )
    assert 0.83 < found < np.sqrt(np.log(2))
