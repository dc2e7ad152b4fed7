"""Where the manifest's drift thresholds come from: the reference's own restlessness.

A window of the story holds some fifty trading days, and markets have moods: two such
windows of the same quiet years differ. A column's threshold is therefore the distance
from the whole reference that only one in twenty of its own windows exceeds, rounded
up. Nothing of what is replayed later goes into it. Prints YAML for `spec.drift`.
"""

import sys
from math import ceil

import numpy as np
from scipy.stats import wasserstein_distance

from .market import FEATURES, TRAINING, rows

WINDOW_ROWS = 100  # 20 seconds of the feeder at 5 rows a second
CLIP = (0.001, 0.999)  # as the check clips, to the reference's quantiles


def main() -> int:
    """Print the threshold of each column."""
    reference = np.array([row.features for row in rows(TRAINING)])
    print("columns:")
    for name, values in zip(FEATURES, reference.T, strict=True):
        clipped = np.clip(values, *np.quantile(values, CLIP))
        distances = [
            wasserstein_distance(clipped[start : start + WINDOW_ROWS], clipped)
            for start in range(len(clipped) - WINDOW_ROWS + 1)
        ]
        threshold = ceil(10 * np.quantile(distances, 0.95) / clipped.std()) / 10
        print(f'  - {{name: {name}, threshold: "{threshold:.1f}"}}')
    return 0


if __name__ == "__main__":
    sys.exit(main())
