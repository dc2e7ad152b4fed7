"""Evidently's own scores of two parquet files; run in Evidently's environment.

    python evidently_oracle.py REFERENCE CURRENT ANSWER

The answer is JSON: column, then method, then the score. Columns of numbers are
declared numerical, the others categorical: nothing is left to be inferred.
"""

import json
import sys
from pathlib import Path

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.metrics import ValueDrift

NUMERICAL = ("wasserstein", "ks", "psi", "jensenshannon")
CATEGORICAL = ("jensenshannon", "psi")


def main(reference_path: str, current_path: str, answer_path: str) -> None:
    """Write the scores of every column by every method that fits it."""
    reference, current = pd.read_parquet(reference_path), pd.read_parquet(current_path)
    numerical = [n for n in reference if pd.api.types.is_float_dtype(reference[n])]
    categorical = [name for name in reference if name not in numerical]
    definition = DataDefinition(
        numerical_columns=numerical, categorical_columns=categorical
    )
    asked = [(name, method) for name in numerical for method in NUMERICAL]
    asked += [(name, method) for name in categorical for method in CATEGORICAL]
    report = Report([ValueDrift(column=name, method=method) for name, method in asked])
    snapshot = report.run(
        Dataset.from_pandas(current, definition),
        Dataset.from_pandas(reference, definition),
    )
    found = snapshot.dict()["metrics"]
    answer: dict[str, dict[str, float]] = {}
    for (name, method), metric in zip(asked, found, strict=True):
        if metric["config"]["column"] != name:
            sys.exit(f"Evidently answered for {metric['config']} instead of {name}")
        answer.setdefault(str(name), {})[method] = float(metric["value"])
    Path(answer_path).write_text(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
