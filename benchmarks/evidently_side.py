"""Evidently's drift of two files; run in its environment by `benchmarks.cost`."""

import json
import sys
from pathlib import Path

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.metrics import DriftedColumnsCount
from evidently.presets import DataDriftPreset


def main(form: str) -> None:
    """Compute the preset, or only the count, with the test that is the verdict."""
    reference = pd.read_parquet("reference.parquet")
    current = pd.read_parquet("current.parquet")
    definition = DataDefinition(
        numerical_columns=[name for name in reference if name.startswith("n")],
        categorical_columns=[name for name in reference if name.startswith("c")],
    )
    metric = DataDriftPreset() if form == "preset" else DriftedColumnsCount()
    snapshot = Report([metric], include_tests=True).run(
        Dataset.from_pandas(current, definition),
        Dataset.from_pandas(reference, definition),
    )
    found = snapshot.dict()
    print(found["metrics"][0]["value"], found["tests"][0]["status"])
    scores = {
        metric["config"]["column"]: float(metric["value"])
        for metric in found["metrics"]
        if "column" in metric["config"]
    }
    if scores and len(reference) > 1000:
        # Up to there its scores are p-values.
        Path("evidently.json").write_text(json.dumps(scores))


if __name__ == "__main__":
    main(sys.argv[1])
