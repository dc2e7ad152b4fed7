"""The request of an evaluation pod, and its answer; standard library only.

``rows`` (init container) writes the labeled rows and ends with exit code 3 and an
answer of its own where there are too few; one ``score`` container per version runs
``mlflow models predict`` from ROWS_FILE to CHAMPION_FILE or CANDIDATE_FILE;
``compare`` answers with both scores and their paired difference. The answer holds
facts only: the operator decides what they mean for a promotion.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from driftcheck.contract.answer import CheckError
from driftcheck.contract.codec import COMPACT, Document, dumps, loads, to_json
from driftcheck.contract.log import LogSource
from driftcheck.contract.metric import Metric
from driftcheck.contract.rules import (
    Bounds,
    Constant,
    ContractError,
    Count,
    Name,
    Positive,
    ShortText,
    below,
)

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
    "EvaluationDirectories",
    "EvaluationRequest",
    "Metric",
    "RowsMeta",
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
More rows cost time and memory in proportion. Models of any kind score this many rows
within the timeout of an evaluation.
"""
EVALUATION_ANSWER_LIMIT = 1536
"""Bytes of the answer: an evaluation's pod has four containers, and with as many that
others inject the kubelet keeps 12,288 / 8 bytes of each one's termination message."""
MESSAGE_LIMIT = 400  # characters of an error's message, before bytes are counted

# Files in the request's directories.
ROWS_FILE = "rows.json"
LABELS_FILE = "labels.json"
META_FILE = "rows-meta.json"
CHAMPION_FILE = "champion.json"
CANDIDATE_FILE = "candidate.json"


@dataclass(frozen=True)
class EvaluationDirectories(Document):
    """Where the pod's containers find what they share; each is a volume of its own.

    ``rows`` writes ROWS_FILE to `rows`, LABELS_FILE and META_FILE to `labels`. A
    scoring container reads `rows`, writes the directory of its own version, and sees
    no other: the labels and the other version's predictions are out of its reach.
    ``compare`` reads all four.
    """

    rows: Name = "/evaluation/rows"
    labels: Name = "/evaluation/labels"
    champion: Name = "/evaluation/champion"
    candidate: Name = "/evaluation/candidate"


@dataclass(frozen=True)
class EvaluationRequest(Document):
    """Which rows to score, and how.

    `after`: rows must be strictly later, so that neither version was trained on
    them. `champion`: whether there is one to compare with. `maximum_rows`: only the
    latest of them are taken. The log needs a label column.
    """

    id: ShortText
    log: LogSource
    after: datetime
    metric: Metric
    champion: bool = False
    minimum_rows: Positive = 100
    maximum_rows: Annotated[int, Bounds(minimum=1, maximum=MAXIMUM_ROWS)] = MAXIMUM_ROWS
    directories: EvaluationDirectories = EvaluationDirectories()
    contract: Annotated[str, Constant(EVALUATION_CONTRACT)] = EVALUATION_CONTRACT

    def validate(self, path: str) -> None:
        """Raise ContractError for a log without labels or bounds that cross."""
        if not self.log.label_column:
            raise ContractError(f"{below(path, 'log.labelColumn')}: is missing")
        if self.minimum_rows > self.maximum_rows:
            raise ContractError(
                f"{below(path, 'maximumRows')}: must be at least minimumRows"
            )


@dataclass(frozen=True)
class RowsMeta(Document):
    """What ``rows`` wrote: META_FILE, by which ``compare`` proves the rows unchanged.

    `rows` labeled rows from strictly after `after` up to and including `until`;
    `digest` is the SHA-256 of the rows file followed by the labels file.
    """

    rows: Count
    digest: Name
    after: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class EvaluationAnswer(Document):
    """The facts of one evaluation; None means not computed, never zero.

    `rows`, `digest`, `after` and `until` as in `RowsMeta`. `improvement` is positive
    where the candidate is better, whatever the metric's direction, and `lower` to
    `upper` its 95 % interval (None where resamples have no score); all three are in the
    metric's unit.
    """

    id: ShortText
    rows: Count | None = None
    digest: Name | None = None
    after: datetime | None = None
    until: datetime | None = None
    metric: Metric | None = None
    champion_score: float | None = None
    candidate_score: float | None = None
    improvement: float | None = None
    lower: float | None = None
    upper: float | None = None
    error: CheckError | None = None
    contract: Annotated[str, Constant(EVALUATION_CONTRACT)] = EVALUATION_CONTRACT


def encode_evaluation_request(request: EvaluationRequest) -> str:
    """Return the request as the text of the environment variable."""
    return dumps(request.to_json())


def decode_evaluation_request(text: str) -> EvaluationRequest:
    """Return the request in the environment variable's text, or raise ContractError."""
    return EvaluationRequest.from_json(loads(text))


def encode_evaluation(answer: EvaluationAnswer) -> bytes:
    """Return the answer's JSON in at most EVALUATION_ANSWER_LIMIT bytes.

    Only the error's message is cut. Raises ContractError where that is not enough.
    """
    limit = MESSAGE_LIMIT
    while True:
        shown = answer.error
        if shown:
            shown = replace(shown, message=shown.message[:limit])
        value = to_json(replace(answer, error=shown), COMPACT)
        text = dumps(value).encode("utf-8", "replace")
        if len(text) <= EVALUATION_ANSWER_LIMIT:
            return text
        if limit == 0:
            raise ContractError(
                f"the answer does not fit in {EVALUATION_ANSWER_LIMIT} bytes"
            )
        limit //= 2


def decode_evaluation(data: bytes | str) -> EvaluationAnswer:
    """Return the answer in a termination message, or raise ContractError."""
    return EvaluationAnswer.from_json(loads(data))
