"""Resamples of whole blocks, and the interval that follows from them."""

import numpy as np
import pytest

from driftcheck.contract.evaluation import (
    Metric,
)
from driftcheck.stats.block_bootstrap import (
    RESAMPLES,
    block_length,
    paired_interval,
    resample_weights,
)
from driftcheck.stats.metrics import definition_of


@pytest.mark.parametrize("rows", [1, 2, 7, 100, 1001])
def test_resamples_are_made_of_whole_blocks(rows: int) -> None:
    """Every resample has all its rows, every row occurs equally often on average."""
    weights = np.concatenate(list(resample_weights(rows, 5)))
    length = block_length(rows)
    assert weights.shape == (RESAMPLES, rows)
    assert (weights.sum(axis=1) == -(-rows // length) * length).all()
    assert (weights >= 0).all()
    assert weights.mean(axis=0) == pytest.approx(weights.mean(), rel=0.2)


def test_resamples_follow_from_the_seed() -> None:
    """Equal digests give equal intervals."""
    one, other, third = (
        np.concatenate(list(resample_weights(100, seed))) for seed in (1, 1, 2)
    )
    assert (one == other).all()
    assert (one != third).any()


def test_the_interval_covers_the_truth() -> None:
    """Of 95 % intervals of independent rows about 95 of 100 hold the true value."""
    covered = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        labels = np.zeros(200)
        one, other = np.abs(rng.normal(size=(2, 200))) + np.array([[0.3], [0.0]])
        metric = Metric.MEAN_ABSOLUTE_ERROR
        found = paired_interval(
            definition_of(metric).scorer(labels, other),
            definition_of(metric).scorer(labels, one),
            200,
            seed,
        )
        assert found is not None
        covered += found[0] <= 0.3 <= found[1]
    assert 88 <= covered <= 100
