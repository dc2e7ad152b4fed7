"""The answer of a check: verdicts of windows, in short keys, never too long."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from driftcheck.contract.fields import (
    CONTRACT,
    ContractError,
    Fields,
    end_of,
    finite,
    format_time,
    parse_object,
    short_text,
)
from driftcheck.contract.performance import Performance, metric_from
from driftcheck.contract.verdict import Kind, Verdict, verdict_from

_REASON = re.compile(r"[A-Z][A-Za-z0-9]{0,23}")


@dataclass(frozen=True)
class CheckError:
    """Why a whole check failed: a CamelCase reason and one sentence."""

    reason: str
    message: str = ""


def error_json(error: CheckError) -> dict[str, str]:
    """As the answers carry it."""
    message = {"message": error.message} if error.message else {}
    return {"reason": error.reason, **message}


def error_from(fields: Fields) -> CheckError:
    """Read from an answer."""
    reason = _reason(fields.text("reason"), fields.path("reason"))
    return CheckError(reason, fields.optional_text("message") or "")


def _share(drifted: int | None, checked: int | None) -> int | None:
    return None if drifted is None or not checked else 100 * drifted // checked


@dataclass(frozen=True)
class WindowVerdict:
    """The verdict on the half-open window from `start` to `end`.

    `rows` were found in the window (None: not counted); `drifted` of `checked` columns
    drifted, `percent` of 100, rounded down; None means not computed, never zero.
    `top_columns` holds the highest scores, most drifted first; `findings` every finding
    as "Reason: column". `sampled`: how many of the rows were compared, chosen at
    random; None where all were. Predictions are not among the checked columns.
    `borderline`: no drift, but thresholds a fifth lower would say otherwise, so an
    earlier drift has not ended for certain.
    """

    start: datetime
    end: datetime
    counting: bool
    verdict: Verdict
    reason: str
    message: str = ""
    rows: int | None = None
    drifted: int | None = None
    checked: int | None = None
    percent: int | None = None
    kinds: tuple[Kind, ...] = ()
    top_columns: tuple[tuple[str, float], ...] = ()
    findings: tuple[str, ...] = ()
    sampled: int | None = None
    borderline: bool = False

    def to_json(self, seconds: float | None = None) -> dict[str, Any]:
        """In short keys, without what a reader would fill in by itself.

        The end is left out where the window is as long as the answer's windows are
        (`seconds`), the percentage where it follows from the counts.
        """
        value: dict[str, Any] = {"s": format_time(self.start)}
        if (self.end - self.start).total_seconds() != seconds:
            value["e"] = format_time(self.end)
        if not self.counting:
            value["interim"] = True
        value |= {"v": self.verdict.value, "r": self.reason, "m": self.message}
        value |= {"n": self.rows, "d": self.drifted, "c": self.checked}
        if self.percent != _share(self.drifted, self.checked):
            value["p"] = self.percent
        value["k"] = [kind.value for kind in self.kinds]
        value["w"] = [[name, round(score, 3)] for name, score in self.top_columns]
        value["f"] = list(self.findings)
        value["sn"] = self.sampled
        value["borderline"] = self.borderline or None
        return {key: item for key, item in value.items() if item not in (None, "", [])}

    @classmethod
    def from_fields(cls, fields: Fields, seconds: float | None) -> Self:
        """Read from an answer; unknown kinds of drift are ignored."""
        start = fields.time("s")
        end = end_of(fields, start, seconds)
        drifted, checked = fields.optional_whole("d"), fields.optional_whole("c")
        known = set(Kind)
        percent = fields.optional_whole("p")
        return cls(
            start=start,
            end=end,
            counting=not fields.flag("interim", default=False),
            verdict=verdict_from(fields),
            reason=_reason(fields.text("r"), fields.path("r")),
            message=fields.optional_text("m") or "",
            rows=fields.optional_whole("n"),
            drifted=drifted,
            checked=checked,
            percent=_share(drifted, checked) if percent is None else percent,
            kinds=tuple(Kind(kind) for kind in fields.texts("k") if kind in known),
            top_columns=tuple(
                _top_columns(item, fields.path("w")) for item in fields.items("w")
            ),
            findings=fields.texts("f"),
            sampled=fields.optional_whole("sn"),
            borderline=fields.flag("borderline", default=False),
        )


@dataclass(frozen=True)
class CheckAnswer:
    """All verdicts of one check; `error` where the whole check failed.

    `reference_sha256` is the digest of what was really read, None if nothing was.
    `report`: where the full verdict, or Evidently's page on it, is kept in MLflow.
    `performance`: how good the answers with labels were, None where nobody asked;
    `performance_windows`: the same of counting windows, where a bound makes them count.
    `truncated`: details were cut to fit; verdicts of counting windows never are.
    """

    spec_hash: str
    reference_sha256: str | None
    judged_at: datetime
    windows: tuple[WindowVerdict, ...] = ()
    truncated: bool = False
    error: CheckError | None = None
    report: str | None = None
    performance: Performance | None = None
    performance_windows: tuple[Performance, ...] = ()
    contract: str = field(default=CONTRACT)

    def to_json(self) -> dict[str, Any]:
        """In short keys; `from_json` reads it back."""
        seconds = self._seconds()
        value: dict[str, Any] = {
            "contract": self.contract,
            "spec": self.spec_hash,
            "ref": self.reference_sha256,
            "at": format_time(self.judged_at),
            "len": seconds,
            "cut": True if self.truncated else None,
            "report": self.report,
            "performance": self.performance.to_json() if self.performance else None,
        }
        if self.performance_windows:
            shared = self.performance_windows[0].metric
            value["qm"] = shared.value
            value["qw"] = [
                performance.to_json(seconds, shared)
                for performance in self.performance_windows
            ]
        if self.error:
            value["error"] = error_json(self.error)
        value["windows"] = [window.to_json(seconds) for window in self.windows]
        return {key: item for key, item in value.items() if item is not None}

    def _seconds(self) -> float | None:
        lengths = [(w.end - w.start).total_seconds() for w in self.windows]
        lengths += [(q.end - q.start).total_seconds() for q in self.performance_windows]
        if not lengths:
            return None
        most = max(lengths, key=lengths.count)
        return int(most) if most.is_integer() else most

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """The answer, or ContractError naming the field that is wrong."""
        fields = Fields(value)
        fields.contract("contract", CONTRACT)
        seconds = fields.optional_number("len")
        error = error_from(fields.child("error")) if fields.has("error") else None
        try:
            windows = tuple(
                WindowVerdict.from_fields(item, seconds)
                for item in fields.children("windows")
            )
            performance_windows = _performance_windows(fields, seconds)
        except OverflowError:
            raise ContractError("windows: a time is out of range") from None
        return cls(
            spec_hash=short_text(fields.text("spec"), "spec"),
            reference_sha256=fields.optional_text("ref"),
            judged_at=fields.time("at"),
            windows=windows,
            truncated=fields.flag("cut", default=False),
            error=error,
            report=fields.optional_text("report"),
            performance=(
                Performance.from_fields(fields.child("performance"))
                if fields.has("performance")
                else None
            ),
            performance_windows=performance_windows,
        )


def _performance_windows(
    fields: Fields, seconds: float | None
) -> tuple[Performance, ...]:
    if not fields.has("qw"):
        return ()
    shared = metric_from(fields, "qm")
    return tuple(
        Performance.from_fields(item, seconds, shared) for item in fields.children("qw")
    )


def decode(data: bytes | str) -> CheckAnswer:
    """The answer from a termination message, or ContractError."""
    return CheckAnswer.from_json(parse_object(data))


def _reason(text: str, where: str) -> str:
    if not _REASON.fullmatch(text):
        raise ContractError(f"{where}: a reason is CamelCase, at most 24 characters")
    return text


def _top_columns(item: Any, where: str) -> tuple[str, float]:
    if not isinstance(item, list) or len(item) != 2 or not isinstance(item[0], str):
        raise ContractError(f"{where}: must hold pairs of column and score")
    return item[0], finite(item[1], where)
