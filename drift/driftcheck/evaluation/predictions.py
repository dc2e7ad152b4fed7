"""Labels and predictions as arrays that can be compared; refuses what it must guess."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from driftcheck.distance import Floats
from driftcheck.evaluation_contract import Metric
from driftcheck.failure import CheckFailure


def read_json(path: Path, reason: str) -> Any:
    """A JSON file's value, or CheckFailure with that reason."""
    try:
        return json.loads(path.read_bytes())
    except OSError:
        raise CheckFailure(reason, f"there is no {path.name}") from None
    except (ValueError, RecursionError):
        raise CheckFailure(reason, f"{path.name} is not JSON") from None


def read_predictions(path: Path, rows: int) -> list[Any]:
    """One plain value per row from the output of ``mlflow models predict``.

    A value may come wrapped: as the only item of a list or of an object.
    """
    value = read_json(path, "ScoresMissing")
    found = value.get("predictions") if isinstance(value, dict) else value
    if not isinstance(found, list):
        raise CheckFailure("ScoresMissing", f"{path.name} holds no predictions")
    if len(found) != rows:
        message = f"{path.name} holds {len(found)} predictions for {rows} rows"
        raise CheckFailure("RowMismatch", message)
    return [_unwrapped(item) for item in found]


def _unwrapped(item: Any) -> Any:
    if isinstance(item, dict) and len(item) == 1:
        return next(iter(item.values()))
    if isinstance(item, list) and len(item) == 1:
        return item[0]
    return item


def aligned(
    metric: Metric, labels: list[Any], predictions: list[Any], name: str
) -> tuple[Floats, Floats]:
    """Labels and predictions as numbers, in the way that the metric needs them."""
    if metric is Metric.ACCURACY and any(isinstance(v, str) for v in labels):
        names = sorted({str(label) for label in labels})
        codes = {name: code for code, name in enumerate(names)}
        return (
            np.array([codes[str(label)] for label in labels], dtype=np.float64),
            np.array([codes.get(str(p), -1) for p in predictions], dtype=np.float64),
        )
    if metric is Metric.ROC_AUC:
        predictions = [_positive_class(item) for item in predictions]
    truth, found = _numbers(labels, "labels"), _numbers(predictions, name)
    if metric is Metric.ROC_AUC:
        values = set(np.unique(truth).tolist())
        if not values <= {0.0, 1.0}:
            raise CheckFailure("LabelsNotBinary", "RocAuc needs labels 0 and 1")
        if len(values) < 2:
            raise CheckFailure("OneClass", "RocAuc needs rows of both labels")
    return truth, found


def _positive_class(item: Any) -> Any:
    """Of two class probabilities the second."""
    return item[1] if isinstance(item, list) and len(item) == 2 else item


def _numbers(values: list[Any], name: str) -> Floats:
    for index, value in enumerate(values):
        if not isinstance(value, int | float) or not math.isfinite(value):
            message = f"{name}: row {index} is not a finite number"
            raise CheckFailure("NotANumber", message)
    return np.array(values, dtype=np.float64)
