"""What Killick asks a drift check, and what the check answers; standard library only.

The request travels as JSON in the environment (``DRIFTCHECK_REQUEST``), the answer
as JSON in the pod's termination message, of which Kubernetes keeps little: `truncation`
shortens an answer and never loses what a decision needs. Both sides ignore fields that
they do not know; a change that is not additive gets a new version. `codec` reads and
writes all of it by the type hints of the dataclasses. The operator imports this package
``contract.evaluation`` and ``contract.reasons``, and nothing else of the worker.
"""

from driftcheck.contract.addresses import MLFLOW_ADDRESSES
from driftcheck.contract.answer import (
    CheckAnswer,
    CheckError,
    WindowVerdict,
    decode,
)
from driftcheck.contract.codec import from_json, to_json
from driftcheck.contract.log import TIMESTAMP_COLUMN, Features, Filter, LogSource
from driftcheck.contract.metric import Metric
from driftcheck.contract.performance import Performance, PerformanceRule
from driftcheck.contract.reading import parse_time
from driftcheck.contract.reflection import camel
from driftcheck.contract.request import (
    CONTRACT,
    MAXIMUM_COUNT,
    REQUEST_VARIABLE,
    CheckRequest,
    ColumnRule,
    Reference,
    SegmentRule,
    WindowGrid,
    decode_request,
    encode_request,
)
from driftcheck.contract.rules import ContractError
from driftcheck.contract.truncation import ANSWER_LIMIT, encode
from driftcheck.contract.verdict import Kind, Verdict
from driftcheck.contract.writing import Style, duration_text, format_time

__all__ = [
    "ANSWER_LIMIT",
    "CONTRACT",
    "MAXIMUM_COUNT",
    "MLFLOW_ADDRESSES",
    "REQUEST_VARIABLE",
    "TIMESTAMP_COLUMN",
    "CheckAnswer",
    "CheckError",
    "CheckRequest",
    "ColumnRule",
    "ContractError",
    "Features",
    "Filter",
    "Kind",
    "LogSource",
    "Metric",
    "Performance",
    "PerformanceRule",
    "Reference",
    "SegmentRule",
    "Style",
    "Verdict",
    "WindowGrid",
    "WindowVerdict",
    "camel",
    "decode",
    "decode_request",
    "duration_text",
    "encode",
    "encode_request",
    "format_time",
    "from_json",
    "parse_time",
    "to_json",
]
