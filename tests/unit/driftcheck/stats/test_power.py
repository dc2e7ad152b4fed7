"""What docs/verdict.md claims of false alarms and power, at the edge of the claims."""

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from benchmarks.peers import NannyMl, evidently_drifted
from benchmarks.power import World, compared, rates


def test_a_hundred_rows_raise_no_false_alarms() -> None:
    """Where effects alone would alarm daily, hardly one check in a hundred does."""
    rng = np.random.default_rng(1)
    pool = compared(rng, World(), 100, 600)
    for columns in (1, 5, 50):
        found = rates(rng, pool, pool, columns, 400)
        assert found.ours <= 0.01
        assert found.any_evidently >= 0.4


def test_variation_over_time_raises_hardly_any_false_alarms() -> None:
    """A hundred rows of five effective ones are judged by the reference's variation."""
    rng = np.random.default_rng(4)
    pool = compared(rng, World(rho=0.9, reference_rows=5000), 100, 800)
    for columns in (1, 20):
        found = rates(rng, pool, pool, columns, 400)
        assert found.ours <= 0.015
        assert found.abstains <= 0.05
        assert found.any_evidently >= 0.8


def test_five_hundred_rows_show_a_third_of_a_deviation() -> None:
    """In nine of ten windows at least, beside nineteen columns that stayed."""
    rng = np.random.default_rng(2)
    calm = compared(rng, World(), 500, 200)
    effect_significant = compared(rng, World(), 500, 200, shift=0.3)
    assert rates(rng, calm, effect_significant, 20, 400).ours >= 0.9


def test_the_peers_rules_are_their_own() -> None:
    """Both sides of their thresholds, by SciPy's distances."""
    rng = np.random.default_rng(3)
    reference = rng.normal(size=5000)
    for shift in (0.0, 0.08, 0.12, 0.5):
        window = reference[:2000] + shift
        effect = wasserstein_distance(reference, window) / reference.std()
        found = evidently_drifted(reference, window, categorical=False)
        assert found == (effect >= 0.1)
    few, many = np.floor(rng.uniform(0, 4, 900)), np.floor(rng.uniform(0, 4, 5000))
    assert not evidently_drifted(many, many[:2000], categorical=True)
    assert evidently_drifted(few, np.zeros(100), categorical=True)
    edges = np.histogram_bin_edges(reference, bins="doane")
    shares = [np.histogram(s, edges)[0] / s.size for s in (reference, reference[:500])]
    chunks = [reference[i : i + 500] for i in range(0, 5000, 500)]
    distances = [
        jensenshannon(shares[0], np.histogram(c, edges)[0] / 500, base=2)
        for c in chunks
    ]
    limit = np.mean(distances) + 3 * np.std(distances)
    peer = NannyMl(reference, 500, categorical=False)
    for shift in (0.0, 0.1, 0.2, 0.3, 0.5):
        window = chunks[3] + shift
        inside = np.histogram(window, edges)[0] / 500
        after, before = np.append(inside, 1 - inside.sum()), np.append(shares[0], 0)
        distance = jensenshannon(before, after, base=2)
        assert peer.alerts(window) == (distance > limit)
