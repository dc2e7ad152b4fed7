"""The predictions of each version, read from the files of its container."""

import json
from pathlib import Path
from typing import Any

from driftcheck.contract.reasons import Reason
from driftcheck.errors import CheckFailure


def read_json(path: Path, reason: Reason) -> Any:
    """Return a JSON file's value; CheckFailure with that reason."""
    try:
        return json.loads(path.read_bytes())
    except OSError:
        raise CheckFailure(reason, f"there is no {path.name}") from None
    except (ValueError, RecursionError):
        raise CheckFailure(reason, f"{path.name} is not JSON") from None


def read_predictions(path: Path, rows: int) -> list[Any]:
    """Return one plain value per row from the output of ``mlflow models predict``.

    A value may come wrapped: as the only item of a list or of an object.
    """
    value = read_json(path, Reason.SCORES_MISSING)
    predictions = value.get("predictions") if isinstance(value, dict) else value
    if not isinstance(predictions, list):
        raise CheckFailure(Reason.SCORES_MISSING, f"{path.name} holds no predictions")
    if len(predictions) != rows:
        message = f"{path.name} holds {len(predictions)} predictions for {rows} rows"
        raise CheckFailure(Reason.ROW_MISMATCH, message)
    return [_unwrapped(item) for item in predictions]


def _unwrapped(item: Any) -> Any:
    if isinstance(item, dict) and len(item) == 1:
        return next(iter(item.values()))
    if isinstance(item, list) and len(item) == 1:
        return item[0]
    return item
