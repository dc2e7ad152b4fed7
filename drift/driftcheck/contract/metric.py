"""The metrics that score predictions against labels, and which way is better.

`stats.metrics` holds the formula of each. The operator and the CRD know the names and
the direction only.
"""

from enum import StrEnum


class Metric(StrEnum):
    """How predictions are scored against labels."""

    ROC_AUC = "RocAuc"
    ACCURACY = "Accuracy"
    F1 = "F1"
    MEAN_ABSOLUTE_ERROR = "MeanAbsoluteError"
    ROOT_MEAN_SQUARED_ERROR = "RootMeanSquaredError"

    @property
    def higher_is_better(self) -> bool:
        """True for scores from 0 to 1, False for errors in the label's unit."""
        return not self.endswith("Error")
