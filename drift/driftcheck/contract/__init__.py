"""What Killick asks a drift check, and what the check answers; standard library only.

The request travels as JSON in the environment (``DRIFTCHECK_REQUEST``), the answer
as JSON in the pod's termination message, which all containers of a pod share: hence
its limit of 1,536 bytes, its short keys, and a way to cut it that never loses what a
decision needs. Both sides ignore fields that they do not know; a change that is not
additive gets a new version. The operator imports this and ``evaluation_contract``.
"""

from driftcheck.contract.addresses import MLFLOW_ADDRESSES
from driftcheck.contract.answer import (
    CheckAnswer,
    CheckError,
    WindowVerdict,
    decode,
)
from driftcheck.contract.fields import (
    CONTRACT,
    ContractError,
    format_time,
    parse_time,
)
from driftcheck.contract.log import Features, Filter, LogSource
from driftcheck.contract.performance import Metric, Performance, PerformanceRule
from driftcheck.contract.request import (
    MAXIMUM_COUNT,
    REQUEST_VARIABLE,
    CheckRequest,
    ColumnRule,
    Reference,
    WindowGrid,
    decode_request,
    encode_request,
)
from driftcheck.contract.segments import SegmentRule
from driftcheck.contract.truncation import ANSWER_LIMIT, encode
from driftcheck.contract.verdict import Kind, Verdict

__all__ = [
    "ANSWER_LIMIT",
    "CONTRACT",
    "MAXIMUM_COUNT",
    "MLFLOW_ADDRESSES",
    "REQUEST_VARIABLE",
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
    "Verdict",
    "WindowGrid",
    "WindowVerdict",
    "decode",
    "decode_request",
    "encode",
    "encode_request",
    "format_time",
    "parse_time",
]
