"""How good the answers were, as far as their labels have come: asked and answered."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from driftcheck.contract.fields import ContractError, Fields, end_of, format_time
from driftcheck.contract.verdict import Verdict, verdict_from


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


def metric_from(fields: Fields, name: str = "metric") -> Metric:
    """The field of that name, or ContractError naming the metrics that there are."""
    text = fields.text(name)
    try:
        return Metric(text)
    except ValueError:
        raise ContractError(
            f"{fields.path(name)}: {text!r} is not one of {', '.join(Metric)}"
        ) from None


@dataclass(frozen=True)
class PerformanceRule:
    """By which metric answers are scored, and when their labels have come.

    `delay_seconds`: rows are looked at once they are that old. `minimum_rows`: with
    fewer labelled ones there is no score. `minimum` of a score or `maximum` of an
    error, in the metric's unit: what lies beyond it is drift of kind Performance; None
    where performance is only reported. `judged_through`: the end of the last counting
    window whose performance is known already.
    """

    metric: Metric
    minimum_rows: int = 100
    delay_seconds: int = 0
    minimum: float | None = None
    maximum: float | None = None
    judged_through: datetime | None = None

    @property
    def bound(self) -> float | None:
        """The declared minimum or maximum."""
        return self.minimum if self.metric.higher_is_better else self.maximum

    def to_json(self) -> dict[str, Any]:
        """As the request carries it; None is left out."""
        through = self.judged_through
        value = {
            "metric": self.metric.value,
            "minimum_rows": self.minimum_rows,
            "delay_seconds": self.delay_seconds,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "judged_through": format_time(through) if through else None,
        }
        return {key: item for key, item in value.items() if item is not None}

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read from a request; ContractError for a bound that the metric has not."""
        metric = metric_from(fields)
        other = "maximum" if metric.higher_is_better else "minimum"
        if fields.has(other):
            raise ContractError(f"{fields.path(other)}: {metric} has no {other}")
        return cls(
            metric,
            fields.whole("minimum_rows", 1),
            fields.whole("delay_seconds"),
            fields.optional_number("minimum"),
            fields.optional_number("maximum"),
            fields.optional_time("judged_through"),
        )


@dataclass(frozen=True)
class Performance:
    """The score of the labelled rows from `start` to before `end`.

    `rows` were found there, `labelled` of them have both label and prediction, and
    those that were scored tell as much as `effective` independent ones. `score` is in
    the metric's unit, `lower` to `upper` its 95 % interval. None means not computed,
    never zero: `reason` then says why, in one CamelCase word.

    `verdict`: against the declared bound, None where there is none. Drift is of kind
    Performance: the whole interval lies beyond the bound. `borderline`: no drift, but
    the     interval holds the bound, so that a drift before has not passed for certain.
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
    effective: int | None = None
    verdict: Verdict | None = None
    borderline: bool = False

    def to_json(
        self, seconds: float | None = None, shared: Metric | None = None
    ) -> dict[str, Any]:
        """As the answer carries it, numbers to six digits; None is left out.

        So are the end of a stretch of `seconds` and the metric that all share.
        """
        timed = (self.end - self.start).total_seconds() == seconds
        value = {
            "s": format_time(self.start),
            "e": None if timed else format_time(self.end),
            "metric": None if self.metric == shared else self.metric.value,
            "n": self.rows,
            "l": self.labelled,
            "ef": self.effective,
            "q": _short(self.score),
            "lo": _short(self.lower),
            "up": _short(self.upper),
            "r": self.reason,
            "v": self.verdict,
            "borderline": self.borderline or None,
        }
        return {key: item for key, item in value.items() if item is not None}

    @classmethod
    def from_fields(
        cls,
        fields: Fields,
        seconds: float | None = None,
        shared: Metric | None = None,
    ) -> Self:
        """Read from an answer; `seconds` and `shared` as it was written with them."""
        start = fields.time("s")
        if shared is None or fields.has("metric"):
            shared = metric_from(fields)
        return cls(
            start=start,
            end=end_of(fields, start, seconds),
            metric=shared,
            rows=fields.optional_whole("n"),
            labelled=fields.optional_whole("l"),
            effective=fields.optional_whole("ef"),
            score=fields.optional_number("q"),
            lower=fields.optional_number("lo"),
            upper=fields.optional_number("up"),
            reason=fields.optional_text("r"),
            verdict=verdict_from(fields) if fields.has("v") else None,
            borderline=fields.flag("borderline", default=False),
        )

    def describe(self, rule: PerformanceRule) -> str:
        """What was found, in a sentence: score, interval, bound and rows."""
        covered = ""
        if self.rows is not None and self.labelled is not None:
            covered = f"; {self.labelled} of {self.rows} rows have labels"
        if self.rows and self.labelled is not None:
            covered += f" ({self.labelled / self.rows:.0%})"
        if self.score is None:
            return f"{self.metric} not computed ({self.reason}){covered}"
        text = f"{self.metric} {self.score:.4g}"
        if self.lower is None or self.upper is None:
            text += f", no interval ({self.reason})"
        else:
            text += f", 95 % interval {self.lower:.4g} to {self.upper:.4g}"
        if self.verdict is not None and rule.bound is not None:
            text += f", {self._against(rule)} {rule.bound:g}"
        return text + covered

    def _against(self, rule: PerformanceRule) -> str:
        side = "minimum" if rule.metric.higher_is_better else "maximum"
        if self.verdict is Verdict.DRIFT:
            return f"{'below' if side == 'minimum' else 'above'} the {side}"
        if self.verdict is Verdict.NO_DRIFT:
            return (
                f"not surely beyond the {side}"
                if self.borderline
                else f"within the {side}"
            )
        return f"not judged ({self.reason}) against the {side}"


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")
