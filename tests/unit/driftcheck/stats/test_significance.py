"""p-values, by property and against SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from driftcheck.stats import category_significance
from driftcheck.stats import distance as d
from driftcheck.stats import significance as s

PVALUES = st.lists(st.floats(0, 1), min_size=1, max_size=50).map(np.array)


@pytest.mark.parametrize(("n", "m"), [(100, 100), (1000, 300), (20_000, 500)])
@pytest.mark.parametrize("shift", [0.0, 0.1, 0.3])
def test_ks_pvalue_matches_scipy(n: int, m: int, shift: float) -> None:
    """The asymptotic p-value is SciPy's exact one to within a tenth."""
    rng = np.random.default_rng(n + m)
    one = np.sort(rng.normal(size=n))
    other = np.sort(rng.normal(shift, size=m))
    expected = stats.ks_2samp(one, other, method="asymp").pvalue
    found = s.kolmogorov_smirnov_pvalue(d.overlay(one, other).height(), n, m)
    assert found == pytest.approx(expected, rel=0.1, abs=1e-9)


@given(st.lists(st.tuples(*[st.integers(20, 900)] * 2), min_size=2, max_size=12))
def test_chi_square_matches_scipy(pairs: list[tuple[int, int]]) -> None:
    """On full tables the test is SciPy's, without Yates' correction."""
    table = np.array(pairs, float).T
    if stats.contingency.expected_freq(table).min() < 5:
        return
    expected = stats.chi2_contingency(table, correction=False).pvalue
    found = category_significance.chi_square_pvalue(table[0], table[1])
    assert found == pytest.approx(expected, abs=1e-12)


@given(PVALUES)
def test_benjamini_hochberg_matches_scipy(pvalues: d.Floats) -> None:
    """The adjustment is SciPy's."""
    expected = stats.false_discovery_control(pvalues)
    assert s.benjamini_hochberg(pvalues) == pytest.approx(expected, abs=1e-12)


def test_adjusting_nothing_gives_nothing() -> None:
    """No columns, no p-values."""
    assert s.benjamini_hochberg(np.array([])).size == 0


@given(PVALUES)
def test_adjusting_never_lowers_a_pvalue(pvalues: d.Floats) -> None:
    """Being one of many is never p_value."""
    assert (s.benjamini_hochberg(pvalues) >= pvalues - 1e-15).all()


@pytest.mark.parametrize("categories", [3, 10, 50])
def test_chi_square_keeps_its_level(categories: int) -> None:
    """Without a change about one test in twenty is below 0.05."""
    rng = np.random.default_rng(categories)
    shares = rng.dirichlet(np.ones(categories))
    below = 0
    for _ in range(400):
        one = rng.multinomial(1000, shares).astype(float)
        other = rng.multinomial(1000, shares).astype(float)
        pvalue = category_significance.chi_square_pvalue(one, other)
        below += pvalue is not None and pvalue <= 0.05
    assert below / 400 <= 0.09


def test_one_category_cannot_be_tested() -> None:
    """A column with a single category on both sides has no p-value, not p = 0."""
    assert (
        category_significance.chi_square_pvalue(np.array([100.0]), np.array([50.0]))
        is None
    )
    assert (
        category_significance.chi_square_pvalue(
            np.array([100.0, 0]), np.array([50.0, 0])
        )
        is None
    )


def test_rare_categories_are_pooled() -> None:
    """A hundred categories of one row each do not make a p-value of zero."""
    reference = np.concatenate([[900.0], np.ones(100), np.zeros(100)])
    current = np.concatenate([[900.0], np.zeros(100), np.ones(100)])
    pvalue = category_significance.chi_square_pvalue(reference, current)
    assert pvalue is not None
    assert pvalue > 0.05


def test_shares_that_differ_by_chance_are_no_evidence() -> None:
    """One null among three rows says nothing; half of a thousand does."""
    assert s.share_pvalue(0, 1000, 1, 3) > 0.01 or s.share_pvalue(0, 1000, 1, 3) == 1
    assert s.share_pvalue(10, 1000, 500, 1000) < 1e-9
    assert s.share_pvalue(0, 1000, 0, 1000) == 1
    assert s.share_pvalue(0, 0, 5, 10) == 1


def test_unseen_rows_are_judged_by_what_the_reference_missed() -> None:
    """A reference full of singletons makes unseen categories unsurprising."""
    assert category_significance.unseen_pvalue(0, 100, 0, 1000) == 1
    assert category_significance.unseen_pvalue(1, 100, 0, 1000) > 0.05
    assert category_significance.unseen_pvalue(5, 100, 0, 1000) < 1e-4
    assert category_significance.unseen_pvalue(50, 100, 600, 1000) > 0.5
