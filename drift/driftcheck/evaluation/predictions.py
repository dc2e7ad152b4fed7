"""Labels and predictions as arrays that can be compared; refuses what it must guess."""

import json
from pathlib import Path
from typing import Any

from driftcheck.contract.reasons import Reason
from driftcheck.errors import CheckFailure


def read_json(path: Path, reason: Reason) -> Any:
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
    value = read_json(path, Reason.SCORES_MISSING)
    found = value.get("predictions") if isinstance(value, dict) else value
    if not isinstance(found, list):
        raise CheckFailure(Reason.SCORES_MISSING, f"{path.name} holds no predictions")
    if len(found) != rows:
        message = f"{path.name} holds {len(found)} predictions for {rows} rows"
        raise CheckFailure(Reason.ROW_MISMATCH, message)
    return [_unwrapped(item) for item in found]


def _unwrapped(item: Any) -> Any:
    if isinstance(item, dict) and len(item) == 1:
        return next(iter(item.values()))
    if isinstance(item, list) and len(item) == 1:
        return item[0]
    return item
