"""How good the answers were, as far as their labels have come: asked and answered."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from driftcheck.wire import ContractError, Fields, format_time


class Metric(StrEnum):
    """How predictions are scored against labels."""

    ROC_AUC = "RocAuc"
    ACCURACY = "Accuracy"
    MEAN_ABSOLUTE_ERROR = "MeanAbsoluteError"
    ROOT_MEAN_SQUARED_ERROR = "RootMeanSquaredError"

    @property
    def higher_is_better(self) -> bool:
        """True for scores, False for errors."""
        return self in (Metric.ROC_AUC, Metric.ACCURACY)


def metric_from(fields: Fields) -> Metric:
    """The field `metric`, or ContractError naming those that there are."""
    text = fields.text("metric")
    try:
        return Metric(text)
    except ValueError:
        raise ContractError(
            f"{fields.path('metric')}: {text!r} is not one of {', '.join(Metric)}"
        ) from None


@dataclass(frozen=True)
class QualityRule:
    """By which metric answers are scored, and when their labels have come.

    `delay_seconds`: rows are looked at once they are that old. `minimum_rows`: with
    fewer labelled ones there is no score.
    """

    metric: Metric
    minimum_rows: int = 100
    delay_seconds: int = 0

    def to_json(self) -> dict[str, Any]:
        """As the request carries it."""
        return {
            "metric": self.metric.value,
            "minimum_rows": self.minimum_rows,
            "delay_seconds": self.delay_seconds,
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read from a request."""
        return cls(
            metric_from(fields),
            fields.whole("minimum_rows", 1),
            fields.whole("delay_seconds"),
        )


@dataclass(frozen=True)
class Quality:
    """The score of the labelled rows from `start` to before `end`.

    `rows` were found there, `labelled` of them have both label and prediction. `score`
    is in the metric's unit, `lower` to `upper` its 95 % interval. None means not
    computed, never zero: `reason` then says why, in one CamelCase word.
    """

    start: datetime
    end: datetime
    metric: Metric
    rows: int | None = None
    labelled: int | None = None
    score: float | None = None
    lower: float | None = None
    upper: float | None = None
    reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As the answer carries it, numbers to six digits; None is left out."""
        value = {
            "s": format_time(self.start),
            "e": format_time(self.end),
            "metric": self.metric.value,
            "n": self.rows,
            "l": self.labelled,
            "q": _short(self.score),
            "lo": _short(self.lower),
            "up": _short(self.upper),
            "r": self.reason,
        }
        return {key: item for key, item in value.items() if item is not None}

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read from an answer."""
        return cls(
            start=fields.time("s"),
            end=fields.time("e"),
            metric=metric_from(fields),
            rows=fields.optional_whole("n"),
            labelled=fields.optional_whole("l"),
            score=fields.optional_number("q"),
            lower=fields.optional_number("lo"),
            upper=fields.optional_number("up"),
            reason=fields.optional_text("r"),
        )


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")
