"""The story without its machinery: what the data says, for every possible moment.

Judges each window of the replay by the thresholds of the manifest, and for each
moment at which a retraining could start compares the retrained model with version 1
on the rows that follow. No server, no operator; two minutes of arithmetic. The
README's table is its output.
"""

import sys
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml
from scipy.stats import false_discovery_control, ks_2samp, wasserstein_distance

from .market import FEATURES, STRETCHES, TRAINING, Row, rows
from .train import fit

WINDOW_ROWS = 100
EVALUATION_ROWS = 100
RATE = 5.0  # rows a second
Floats = npt.NDArray[np.float64]


def features(some: list[Row]) -> Floats:
    """The features as an array, one row each."""
    return np.array([row.features for row in some])


def labels(some: list[Row]) -> Floats:
    """The labels as an array."""
    return np.array([row.label for row in some], dtype=float)


def thresholds() -> list[float]:
    """The threshold of each column, as the manifest has them."""
    manifest = Path(__file__).with_name("modeldeployment.yaml").read_text()
    columns = yaml.safe_load(manifest)["spec"]["drift"]["columns"]
    found = {column["name"]: float(column["threshold"]) for column in columns}
    return [found[name] for name in FEATURES]


def drifted(reference: Floats, window: Floats) -> int:
    """How many columns of a window have drifted, as the check sees it."""
    tests = [ks_2samp(*pair) for pair in zip(reference.T, window.T, strict=True)]
    significant = false_discovery_control([test.pvalue for test in tests]) <= 0.05
    count = 0
    for column, threshold in enumerate(thresholds()):
        values = reference[:, column]
        low, high = np.quantile(values, (0.001, 0.999))
        clipped = np.clip(values, low, high)
        seen = np.clip(window[:, column], low, high)
        effect = wasserstein_distance(clipped, seen) / clipped.std()
        large = effect >= threshold and tests[column].statistic >= 0.03
        count += bool(large and significant[column])
    return count


def interval(differences: Floats, block: int = 10) -> tuple[float, float]:
    """The 95 % interval of a mean, by a bootstrap of blocks of following rows."""
    random = np.random.default_rng(0)
    size = len(differences)
    starts = random.integers(0, size, (2000, -(-size // block)))
    picked = (starts[:, :, None] + np.arange(block)) % size
    means = differences[picked.reshape(2000, -1)[:, :size]].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def windows(reference: Floats) -> None:
    """Print the range of drifted columns over all windows of both stretches."""
    for name, end in (("calm", date(2007, 7, 1)), ("changed", date(2009, 5, 1))):
        chosen = [row for row in rows(STRETCHES[name]) if row.day < end]
        values = features(chosen)
        starts = range(0, len(values) - WINDOW_ROWS + 1, 4)
        counts = [
            drifted(reference, values[start : start + WINDOW_ROWS]) for start in starts
        ]
        print(
            f"{name}, {chosen[0].day} to {chosen[-1].day}: {len(counts)} windows, "
            f"{min(counts)} to {max(counts)} of {len(FEATURES)} columns drift"
        )


def retrainings(past: list[Row]) -> None:
    """Print what a retraining at each moment of the changed stretch would bring."""
    calm = rows(STRETCHES["calm"])
    replay = calm + rows(STRETCHES["changed"])[: len(calm) * 5]
    first = fit(features(past), labels(past))
    print("| trained on | after the turn | version 1 | retrained | better by |")
    print("| --- | --- | --- | --- | --- |")
    for seconds in range(30, 150, 10):
        cut = len(calm) + round(seconds * RATE)
        known, later = past + replay[: cut - 2], replay[cut : cut + EVALUATION_ROWS]
        second = fit(features(known), labels(known))
        old = np.abs(first.predict(features(later)) - labels(later))
        new = np.abs(second.predict(features(later)) - labels(later))
        low, high = interval(old - new)
        better = f"{(old - new).mean():+.2f} ({low:+.2f} to {high:+.2f})"
        print(
            f"| rows to {replay[cut].day} | {seconds} s "
            f"| {old.mean():.2f} | {new.mean():.2f} | {better} |"
        )


def main() -> int:
    """Print both parts."""
    past = rows(TRAINING)
    windows(features(past))
    retrainings(past)
    return 0


if __name__ == "__main__":
    sys.exit(main())
