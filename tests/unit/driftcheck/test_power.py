"""What docs/verdict.md claims of false alarms and power, at the edge of the claims."""

import numpy as np

from benchmarks.power import compared, rates


def test_a_hundred_rows_raise_no_false_alarms() -> None:
    """Where effects alone would alarm daily, hardly one check in a hundred does."""
    rng = np.random.default_rng(1)
    pool = compared(rng, 100, 0.0, 0.0, 600)
    for columns in (1, 5, 50):
        found = rates(rng, pool, pool, columns, 400)
        assert found.ours <= 0.01
        assert found.any_effect >= 0.4


def test_five_hundred_rows_show_a_third_of_a_deviation() -> None:
    """In nine of ten windows at least, beside nineteen columns that stayed."""
    rng = np.random.default_rng(2)
    calm = compared(rng, 500, 0.0, 0.0, 200)
    moved = compared(rng, 500, 0.0, 0.3, 200, normal_only=True)
    assert rates(rng, calm, moved, 20, 400).ours >= 0.9
