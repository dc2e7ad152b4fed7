"""Tail probabilities against SciPy's."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from driftcheck.stats import tail_probabilities as t

DRIFT = Path(__file__).parents[4] / "drift"


@given(st.floats(0, 12))
def test_the_kolmogorov_tail_is_scipys(x: float) -> None:
    """From certainty to nothing."""
    expected = special.kolmogorov(x)
    assert t.kolmogorov_tail(x) == pytest.approx(expected, rel=1e-10, abs=1e-14)


@given(st.integers(1, 300), st.floats(0, 4000))
def test_the_chi_square_tail_is_scipys(degrees: int, x: float) -> None:
    """For as many categories as are kept, and far out."""
    expected = special.chdtrc(degrees, x)
    assert t.chi_square_tail(degrees, x) == pytest.approx(expected, rel=1e-9, abs=1e-13)


@given(st.integers(0, 100_000), st.data(), st.floats(0, 1))
def test_the_binomial_tails_are_scipys(
    trials: int, data: st.DataObject, chance: float
) -> None:
    """Both of them, for windows of any size."""
    count = data.draw(st.integers(0, trials))
    head = special.bdtr(count, trials, chance)
    assert t.binomial_head(count, trials, chance) == pytest.approx(
        head, rel=1e-7, abs=1e-13
    )
    tail = special.bdtrc(count - 1, trials, chance) if count else 1.0
    assert t.binomial_tail(count, trials, chance) == pytest.approx(
        tail, rel=1e-7, abs=1e-13
    )


def test_no_heavy_library_is_imported_for_a_check() -> None:
    """A check's start is numpy, pyarrow and the driver, nothing else of weight."""
    program = (
        "import sys, driftcheck.check.run, driftcheck.report.text;"
        "import driftcheck.reference.profile;"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(DRIFT)},
    )
    assert not {"scipy", "pandas", "mlflow", "evidently"} & set(ran.stdout.split())
