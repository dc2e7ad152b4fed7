"""What a reduced reference keeps: bins stand for all rows, or the rows stay."""

from typing import Any

import numpy as np
import pytest

from driftcheck.arrow.conversion import numbers_from
from driftcheck.stats import distance as d
from driftcheck.stats.columns import Numbers, ReferenceHistogram
from driftcheck.stats.histogram import binned_deciles, binned_distances, histogram_of
from driftcheck.stats.reduction import reduced
from tests.unit.driftcheck.samples import normal

RNG = np.random.default_rng(5)


SHAPES: dict[str, Any] = {
    "normal": lambda rng, rows, moved: rng.normal(moved, 1, rows),
    "log-normal": lambda rng, rows, moved: rng.lognormal(moved, 2, rows),
    "cauchy": lambda rng, rows, moved: rng.standard_cauchy(rows) + moved,
    "ties": lambda rng, rows, moved: np.round(rng.normal(moved, 1, rows), 1),
    "counts": lambda rng, rows, moved: rng.poisson(0.3 + moved, rows).astype(float),
    "small": lambda rng, rows, moved: rng.normal(moved, 1, rows) * 1e-9,
    "offset": lambda rng, rows, moved: rng.normal(moved, 1, rows) + 1e5,
    "outlier": lambda rng, rows, moved: np.append(rng.normal(moved, 1, rows - 1), 1e12),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("moved", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("rows", [100, 5000])
def test_bins_give_the_distances_of_all_rows(
    shape: str, moved: float, rows: int
) -> None:
    """To within 0.003, for every shape, size and shift."""
    make, rng = SHAPES[shape], np.random.default_rng(5)
    reference = numbers_from(make(rng, 50_000, 0.0))
    current = numbers_from(make(rng, rows, moved)).values
    bins = reduced(reference)
    assert isinstance(bins, ReferenceHistogram)
    assert (bins.present, bins.edges.size <= 1600) == (50_000, True)
    tally = histogram_of(bins, Numbers(current))
    assert tally.present == rows
    height, effect = binned_distances(bins, tally)
    exact = d.normed_wasserstein_distance(reference.values, current)
    expected = d.overlay(reference.values, current).height()
    deciles = d.decile_counts(reference.values, current)
    assert [side.tolist() for side in binned_deciles(bins, tally)] == [
        side.tolist() for side in deciles
    ]
    assert effect == pytest.approx(exact, abs=3e-3)
    assert height == pytest.approx(expected, abs=3e-3)


ODD: dict[str, Any] = {
    "short": normal(1, 4000),
    "wide": RNG.uniform(-1, 1, 9000) * 1.7e308,
    "narrow": RNG.uniform(-1, 1, 9000) * 1e-300,
}


@pytest.mark.parametrize("odd", ODD)
def test_what_bins_cannot_hold_keeps_its_rows(odd: str) -> None:
    """Short and absurdly scaled columns are compared exactly."""
    assert isinstance(reduced(numbers_from(ODD[odd])), Numbers)


CONSTANTS: dict[str, Any] = {
    "constant": np.full(9000, 7.0),
    "zero": np.zeros(9000),
    "nearly constant": np.append(np.zeros(8999), 1.0),
    "jitter": 1e3 + RNG.normal(0, 1e-6, 9000),
    "and outliers": np.append(np.full(8990, -7.0), RNG.normal(0, 1e9, 10)),
}


@pytest.mark.parametrize("constant", CONSTANTS)
@pytest.mark.parametrize("moved", [0.0, 1e-9, 0.5, -3.0])
def test_a_constant_needs_no_rows_either(constant: str, moved: float) -> None:
    """Its distances are those of all rows, for a window that moved in half its rows."""
    values = CONSTANTS[constant]
    reference = numbers_from(values)
    current = numbers_from(np.append(values[::4], values[::4] + moved)).values
    bins = reduced(reference)
    assert isinstance(bins, ReferenceHistogram)
    assert bins.edges.size <= 1600
    height, effect = binned_distances(bins, histogram_of(bins, Numbers(current)))
    exact = d.normed_wasserstein_distance(reference.values, current)
    assert effect == pytest.approx(exact, abs=1e-12)
    expected = d.overlay(reference.values, current).height()
    # Values within a millionth of the constant equal it.
    assert height == pytest.approx(expected if abs(moved) > 1e-6 else height, abs=3e-3)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rows", [100, 1000, 3000])
def test_short_references_can_be_binned_too(shape: str, rows: int) -> None:
    """For comparisons that see no rows; up to 1,000 rows the gap is exact.

    The effect of most samples is within 0.01; where tails are heavy and the rows few,
    a bin of the tail is wide, and it is off by up to 0.12.
    """
    make, errors = SHAPES[shape], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        reference = numbers_from(make(rng, rows, 0.0))
        current = numbers_from(make(rng, 500, 0.2))
        bins = reduced(reference, longest=0)
        assert isinstance(bins, ReferenceHistogram)
        height, effect = binned_distances(bins, histogram_of(bins, current))
        exact = d.normed_wasserstein_distance(reference.values, current.values)
        expected = d.overlay(reference.values, current.values).height()
        assert height == pytest.approx(expected, abs=1e-12 if rows <= 1000 else 0.01)
        errors.append(abs(effect - exact))
    assert np.median(errors) <= 0.01
    assert max(errors) <= (0.12 if rows == 100 else 0.03)
