"""How well predictions agree with their labels: the rule, and what was measured."""

from dataclasses import dataclass
from datetime import datetime

from driftcheck.contract.codec import Document
from driftcheck.contract.metric import Metric
from driftcheck.contract.rules import ContractError, Count, Name, Positive, Score, below
from driftcheck.contract.verdict import Verdict


@dataclass(frozen=True)
class PerformanceRule(Document):
    """The metric that scores predictions, and when their labels are complete.

    `delay_seconds`: rows are scored once they are that old. `minimum_rows`: with fewer
    labeled rows there is no score. `minimum` of a score or `maximum` of an error, in
    the metric's unit: a performance beyond it is drift of kind Performance; None where
    performance is only reported. `judged_through`: the end of the last counting window
    whose performance is known already.
    """

    metric: Metric
    minimum_rows: Positive = 100
    delay_seconds: Count = 0
    minimum: float | None = None
    maximum: float | None = None
    judged_through: datetime | None = None

    @property
    def bound(self) -> float | None:
        """The declared minimum or maximum."""
        return self.minimum if self.metric.higher_is_better else self.maximum

    def validate(self, path: str) -> None:
        """Raise ContractError for the bound that the metric does not have."""
        other = "maximum" if self.metric.higher_is_better else "minimum"
        if getattr(self, other) is not None:
            raise ContractError(f"{below(path, other)}: {self.metric} has no {other}")


@dataclass(frozen=True)
class Performance(Document):
    """The score of the labeled rows from `start` to before `end`.

    The log holds `rows` there; `labeled` of them have both label and prediction, and
    the scored ones carry as much information as `effective` independent rows. `score`
    is in the metric's unit, `lower` to `upper` its 95 % interval. None means not
    computed, never zero: `reason` then says why, in one CamelCase word.

    `verdict`: against the declared bound, None where there is none. Drift is of kind
    Performance: the whole interval lies beyond the bound. `borderline`: no drift, but
    the interval contains the bound, so an earlier drift has not ended for certain.
    """

    start: datetime
    end: datetime
    metric: Metric
    rows: Count | None = None
    labeled: Count | None = None
    score: Score | None = None
    lower: Score | None = None
    upper: Score | None = None
    reason: Name | None = None
    effective: Count | None = None
    verdict: Verdict | None = None
    borderline: bool = False

    def describe(self, rule: PerformanceRule) -> str:
        """Return a sentence with score, interval, bound and rows."""
        covered = ""
        if self.rows is not None and self.labeled is not None:
            covered = f"; {self.labeled} of {self.rows} rows have labels"
        if self.rows and self.labeled is not None:
            covered += f" ({self.labeled / self.rows:.0%})"
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
