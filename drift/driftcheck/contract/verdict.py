"""The verdicts, and the kinds of drift behind them."""

from enum import StrEnum


class Verdict(StrEnum):
    """Of one window; the first in this order that applies."""

    ERROR = "Error"
    DATA_QUALITY = "DataQuality"
    INCONCLUSIVE = "Inconclusive"
    DRIFT = "Drift"
    NO_DRIFT = "NoDrift"


class Kind(StrEnum):
    """The kinds of drift that a window shows."""

    COVARIATE = "Covariate"
    NEW_CATEGORY = "NewCategory"
    PREDICTION = "Prediction"
    PERFORMANCE = "Performance"
