"""Labels and predictions of two versions."""

from typing import Any

import numpy as np


def errors(seed: int, rows: int, bias: float) -> tuple[Any, Any, Any]:
    """Labels, a champion's predictions and those of a candidate better by `bias`."""
    rng = np.random.default_rng(seed)
    labels = rng.normal(size=rows)
    noise = rng.normal(size=rows)
    return labels, labels + noise + bias, labels + noise
