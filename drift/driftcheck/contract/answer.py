"""The answer of a check: a verdict of each window, and how well predictions did."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from driftcheck.contract.codec import Document, loads
from driftcheck.contract.performance import Performance
from driftcheck.contract.request import CONTRACT
from driftcheck.contract.rules import (
    Constant,
    Count,
    Name,
    ReasonText,
    Rounded,
    ShortText,
    SkipUnknown,
)
from driftcheck.contract.verdict import Kind, Verdict


@dataclass(frozen=True)
class CheckError(Document):
    """Why a whole check failed: a CamelCase reason and one sentence."""

    reason: ReasonText
    message: str = ""


@dataclass(frozen=True)
class WindowVerdict(Document):
    """The verdict on the half-open window from `start` to `end`.

    `rows`: in the window (None: not counted); `drifted` of `checked` columns drifted,
    `percent` of 100, rounded down; None means not computed, never zero. `top_columns`
    holds the largest effect sizes, most drifted first; `findings` every finding as
    "Reason: column". `sampled`: how many of the rows were compared, chosen at random;
    None where all were. Predictions are not among the checked columns. `borderline`:
    no drift, but thresholds a fifth lower would say otherwise, so an earlier drift has
    not ended for certain. Kinds of drift that a reader does not know are skipped.
    """

    start: datetime
    end: datetime
    counting: bool
    verdict: Verdict
    reason: ReasonText
    message: str = ""
    rows: Count | None = None
    drifted: Count | None = None
    checked: Count | None = None
    percent: Count | None = None
    kinds: Annotated[tuple[Kind, ...], SkipUnknown()] = ()
    top_columns: tuple[tuple[str, Annotated[float, Rounded(".3f")]], ...] = ()
    findings: tuple[Name, ...] = ()
    sampled: Count | None = None
    borderline: bool = False


@dataclass(frozen=True)
class CheckAnswer(Document):
    """All verdicts of one check; `error` where the whole check failed.

    `request_fingerprint` is that of the request. `reference_sha256` is the digest of
    what was really read, None if nothing was. `report`: where the full verdict, or
    Evidently's page on it, is kept in MLflow. `performance`: how well predictions agree
    with their labels, None where that was not asked; `performance_windows`: the same of
    counting windows, where a bound makes them count. `truncated`: details were cut to
    fit; verdicts of counting windows never are.
    """

    request_fingerprint: ShortText
    reference_sha256: Name | None
    judged_at: datetime
    windows: tuple[WindowVerdict, ...] = ()
    truncated: bool = False
    error: CheckError | None = None
    report: Name | None = None
    performance: Performance | None = None
    performance_windows: tuple[Performance, ...] = ()
    contract: Annotated[str, Constant(CONTRACT)] = CONTRACT


def decode(data: bytes | str) -> CheckAnswer:
    """Return the answer in a termination message, or raise ContractError."""
    return CheckAnswer.from_json(loads(data))
