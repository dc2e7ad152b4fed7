"""The story without its machinery: what the data says, for every possible moment.

Judges each window of the replay by the rules of the manifest, and for each moment at
which a retraining could start compares the retrained model with version 1 on the rows
that follow. No server, no operator; two minutes of arithmetic, seconds with
`--windows`. The README's figures are its output.
"""

import json
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import yaml

from driftcheck.arrow.conversion import dataset_from
from driftcheck.arrow.schema import reference_shape, window_shape
from driftcheck.contract import (
    CheckRequest,
    Features,
    LogSource,
    Reference,
    WindowGrid,
)
from driftcheck.dataset import LoadedReference
from driftcheck.judge.verdict import judge
from driftcheck.stats.columns import ColumnKind, Dataset, Order
from driftcheck.windows import Window

from .market import FEATURES, STRETCHES, TRAINING, Row, rows
from .train import fit

WINDOW_ROWS = 100
EVALUATION_ROWS = 100
RATE = 5.0  # rows a second
NOW = datetime(2026, 1, 1, tzinfo=UTC)
Floats = npt.NDArray[np.float64]
Kinds: TypeAlias = Mapping[str, ColumnKind]


def features(some: list[Row]) -> Floats:
    """The features as an array, one row each."""
    return np.array([row.features for row in some])


def labels(some: list[Row]) -> Floats:
    """The labels as an array."""
    return np.array([row.label for row in some], dtype=float)


def request() -> CheckRequest:
    """The check by the rules of the manifest."""
    manifest = Path(__file__).with_name("modeldeployment.yaml").read_text()
    drift = yaml.safe_load(manifest)["spec"]["drift"]
    return CheckRequest(
        name="index-range",
        namespace="story",
        request_fingerprint="rehearsal",
        reference=Reference("reference.parquet"),
        log=LogSource("ml", "log", "at", Features("Columns", FEATURES)),
        window_seconds=20,
        windows=WindowGrid(NOW, 1),
        minimum_rows=drift["minimumRows"],
    )


def dataset(some: Floats, order: Order, kinds: Kinds | None = None) -> Dataset:
    """Rows as the check holds them."""
    table = pa.table(dict(zip(FEATURES, some.T, strict=True)))
    features = Features("Columns", FEATURES)
    shape = (
        window_shape(table.schema, features, kinds)
        if kinds
        else reference_shape(table.schema, features)
    )
    return dataset_from(table, shape, features, order=order)


def interval(differences: Floats, block: int = 10) -> tuple[float, float]:
    """The 95 % interval of a mean, by a bootstrap of blocks of following rows."""
    random = np.random.default_rng(0)
    size = len(differences)
    starts = random.integers(0, size, (2000, -(-size // block)))
    picked = (starts[:, :, None] + np.arange(block)) % size
    means = differences[picked.reshape(2000, -1)[:, :size]].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def windows(past: Floats) -> None:
    """Print the verdicts on all windows of both stretches."""
    reference = dataset(past, Order.REFERENCE)
    kinds = LoadedReference(reference, "").kinds
    window = Window(NOW, NOW + timedelta(seconds=20), counting=True)
    for name, end in (("calm", date(2007, 7, 1)), ("changed", date(2009, 5, 1))):
        chosen = [row for row in rows(STRETCHES[name]) if row.day < end]
        values = features(chosen)
        verdicts = []
        for start in range(0, len(values) - WINDOW_ROWS + 1, 4):
            seen = dataset(values[start : start + WINDOW_ROWS], Order.TIME, kinds)
            verdicts.append(judge(request(), window, reference, seen).verdict)
        counts = Counter(str(found.verdict) for found in verdicts)
        drifted = [found.drifted or 0 for found in verdicts]
        print(
            f"{name}, {chosen[0].day} to {chosen[-1].day}: "
            f"{min(drifted)} to {max(drifted)} of {len(FEATURES)} columns drift, "
            f"{json.dumps(counts)}"
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
    if sys.argv[1:] != ["--windows"]:
        retrainings(past)
    return 0


if __name__ == "__main__":
    sys.exit(main())
