"""What Killick asks an evaluation pod, and the facts it answers; standard library only.

``rows`` (init container) writes the labelled rows and ends with exit code 3 and an
answer of its own where there are too few; one ``score`` container per version runs
``mlflow models predict`` from ROWS_FILE to CHAMPION_FILE or CANDIDATE_FILE;
``compare`` answers with both scores and their paired difference. The answer holds
facts only: what they mean for a promotion, the operator decides.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from driftcheck.contract.answer import CheckError, error_from, error_json
from driftcheck.contract.fields import (
    ContractError,
    Fields,
    compact,
    format_time,
    parse_object,
    short_text,
)
from driftcheck.contract.log import LogSource
from driftcheck.contract.performance import Metric, metric_from

__all__ = [
    "CANDIDATE_FILE",
    "CHAMPION_FILE",
    "EVALUATION_CONTRACT",
    "EVALUATION_VARIABLE",
    "EXIT_TOO_FEW_ROWS",
    "LABELS_FILE",
    "META_FILE",
    "ROWS_FILE",
    "CheckError",
    "ContractError",
    "EvaluationAnswer",
    "EvaluationRequest",
    "Metric",
    "decode_evaluation",
    "decode_evaluation_request",
    "encode_evaluation",
    "encode_evaluation_request",
]

EVALUATION_CONTRACT = "evaluation.killick.dev/v1"
EVALUATION_VARIABLE = "DRIFTCHECK_EVALUATION"
EXIT_TOO_FEW_ROWS = 3
MAXIMUM_ROWS = 100_000
"""Rows that are read at most: of a window, a reference, or rows to evaluate.

A sample of 100,000 of a million rows gives a Wasserstein distance to within 0.003
standard deviations (0.009 with 10,000 rows), far below the default threshold of 0.1.
More rows cost time and memory in proportion.
"""
MESSAGE_LIMIT = 400

# Files in the request's directory, shared by the pod's containers.
ROWS_FILE = "rows.json"
LABELS_FILE = "labels.json"
META_FILE = "rows-meta.json"
CHAMPION_FILE = "champion.json"
CANDIDATE_FILE = "candidate.json"


@dataclass(frozen=True)
class EvaluationRequest:
    """Which rows to score and how.

    `after`: rows must be strictly later, so that neither version was trained on
    them. `champion`: whether there is one to compare with. `maximum_rows`: the
    latest so many are taken. The log needs a label column.
    """

    id: str
    log: LogSource
    after: datetime
    metric: Metric
    champion: bool
    minimum_rows: int = 100
    maximum_rows: int = MAXIMUM_ROWS
    directory: str = "/work"
    contract: str = EVALUATION_CONTRACT

    def to_json(self) -> dict[str, Any]:
        """A value that `json.dumps` takes; `from_json` reads it back equal."""
        return {
            "contract": self.contract,
            "id": self.id,
            "log": self.log.to_json(),
            "after": format_time(self.after),
            "metric": self.metric.value,
            "champion": self.champion,
            "minimum_rows": self.minimum_rows,
            "maximum_rows": self.maximum_rows,
            "directory": self.directory,
        }

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """The request, or ContractError naming the field that is wrong."""
        fields = Fields(value)
        fields.contract("contract", EVALUATION_CONTRACT)
        log = LogSource.from_fields(fields.child("log"))
        if not log.label_column:
            raise ContractError("log.label_column: is missing")
        minimum = fields.whole("minimum_rows", 1)
        maximum = (
            fields.whole("maximum_rows", 1)
            if fields.has("maximum_rows")
            else MAXIMUM_ROWS
        )
        if not minimum <= maximum <= MAXIMUM_ROWS:
            raise ContractError(
                f"maximum_rows: must lie between minimum_rows and {MAXIMUM_ROWS}"
            )
        return cls(
            id=short_text(fields.text("id"), "id"),
            log=log,
            after=fields.time("after"),
            metric=metric_from(fields),
            champion=fields.flag("champion", default=False),
            minimum_rows=minimum,
            maximum_rows=maximum,
            directory=fields.optional_text("directory") or "/work",
        )


@dataclass(frozen=True)
class EvaluationAnswer:
    """The facts of one evaluation; None means not computed, never zero.

    `rows` labelled rows from strictly after `after` up to and including `until`;
    `digest` is the SHA-256 of the rows file followed by the labels file.
    `improvement` is positive where the candidate is better, whatever the metric's
    direction, and `lower` to `upper` its 95 % interval (None where resamples have no
    score); all three are in the metric's unit.
    """

    id: str
    rows: int | None = None
    digest: str | None = None
    after: datetime | None = None
    until: datetime | None = None
    metric: Metric | None = None
    champion_score: float | None = None
    candidate_score: float | None = None
    improvement: float | None = None
    lower: float | None = None
    upper: float | None = None
    error: CheckError | None = None
    contract: str = EVALUATION_CONTRACT

    def to_json(self) -> dict[str, Any]:
        """Without the fields that are None; `from_json` reads it back."""
        value = {
            "contract": self.contract,
            "id": self.id,
            "rows": self.rows,
            "digest": self.digest,
            "after": format_time(self.after) if self.after else None,
            "until": format_time(self.until) if self.until else None,
            "metric": self.metric.value if self.metric else None,
            "champion_score": self.champion_score,
            "candidate_score": self.candidate_score,
            "improvement": self.improvement,
            "lower": self.lower,
            "upper": self.upper,
            "error": error_json(self.error) if self.error else None,
        }
        return {key: item for key, item in value.items() if item is not None}

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """The answer, or ContractError naming the field that is wrong."""
        fields = Fields(value)
        fields.contract("contract", EVALUATION_CONTRACT)
        return cls(
            id=short_text(fields.text("id"), "id"),
            rows=fields.optional_whole("rows"),
            digest=fields.optional_text("digest"),
            after=fields.optional_time("after"),
            until=fields.optional_time("until"),
            metric=metric_from(fields) if fields.has("metric") else None,
            champion_score=fields.optional_number("champion_score"),
            candidate_score=fields.optional_number("candidate_score"),
            improvement=fields.optional_number("improvement"),
            lower=fields.optional_number("lower"),
            upper=fields.optional_number("upper"),
            error=error_from(fields.child("error")) if fields.has("error") else None,
        )


def encode_evaluation_request(request: EvaluationRequest) -> str:
    """The request as the text of the environment variable."""
    return compact(request.to_json())


def decode_evaluation_request(text: str) -> EvaluationRequest:
    """The request from the environment variable's text, or ContractError."""
    return EvaluationRequest.from_json(parse_object(text))


def encode_evaluation(answer: EvaluationAnswer) -> bytes:
    """The answer for a termination message, at most 1,536 bytes."""
    value = answer.to_json()
    if answer.error:
        clipped = CheckError(answer.error.reason, answer.error.message[:MESSAGE_LIMIT])
        value["error"] = error_json(clipped)
    return compact(value).encode("utf-8", "replace")


def decode_evaluation(data: bytes | str) -> EvaluationAnswer:
    """The answer from a termination message, or ContractError."""
    return EvaluationAnswer.from_json(parse_object(data))
