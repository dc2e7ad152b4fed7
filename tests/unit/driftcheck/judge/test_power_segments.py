"""The simulation of false alarms with segments, on little: it runs, and it can fail."""

import numpy as np

from benchmarks.power import World
from benchmarks.segments import Case, pools, rates


def test_a_moved_segment_is_seen_and_calm_ones_are_not() -> None:
    """One of five segments moves by a deviation; a check of calm ones is calm."""
    rng = np.random.default_rng(3)
    case = Case(World(), 5, 200)
    calm, effect_significant = pools(rng, case, 100), pools(rng, case, 100, 1.0)
    assert rates(rng, case, (calm, calm), 5, 50)[1] <= 0.02
    assert rates(rng, case, (calm, effect_significant), 5, 50)[1] >= 0.95


def test_rows_that_resemble_each_other_decide_nothing_when_few() -> None:
    """200 rows with a correlation of 0.9 are worth ten: no segment drifts by them."""
    rng = np.random.default_rng(3)
    case = Case(World(0.9), 5, 200)
    calm, effect_significant = pools(rng, case, 100), pools(rng, case, 100, 1.0)
    alone, both = rates(rng, case, (calm, effect_significant), 5, 50)
    assert both <= alone
