"""The request of a check: what to compare, over which windows, by which rules."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from driftcheck.contract.fields import (
    CONTRACT,
    ContractError,
    Fields,
    compact,
    format_time,
    parse_object,
    short_text,
)
from driftcheck.contract.log import LogSource
from driftcheck.contract.performance import PerformanceRule
from driftcheck.contract.segments import SegmentRule

REQUEST_VARIABLE = "DRIFTCHECK_REQUEST"
DATABASE_VARIABLE = "DATABASE_URL"
MAXIMUM_COUNT = 10
ENGINES = ("Native", "Evidently")


@dataclass(frozen=True)
class Reference:
    """The dataset that the model was trained on; `sha256` pins it where known."""

    uri: str
    sha256: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As the request carries it."""
        return {"uri": self.uri, "sha256": self.sha256}

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read from a request."""
        sha256 = fields.optional_text("sha256")
        return cls(fields.text("uri"), sha256.lower() if sha256 else None)


@dataclass(frozen=True)
class ColumnRule:
    """What differs for one column; `threshold` None means the request's default.

    `weight`: how much it counts where the share of drifted columns decides, above 0.
    """

    name: str
    critical: bool = False
    threshold: float | None = None
    weight: float = 1.0

    def to_json(self) -> dict[str, Any]:
        """As the request carries it."""
        return {
            "name": self.name,
            "critical": self.critical,
            "threshold": self.threshold,
            "weight": self.weight,
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read from a request."""
        weight = fields.optional_number("weight")
        if weight is not None and weight <= 0:
            raise ContractError(f"{fields.path('weight')}: must be above 0")
        return cls(
            fields.text("name"),
            fields.flag("critical", default=False),
            fields.optional_number("threshold"),
            1.0 if weight is None else weight,
        )


@dataclass(frozen=True)
class WindowGrid:
    """Counting windows are laid end to end from `anchor`; the last `count` matter.

    `judged_through`: the end of the last counting window that has a verdict already.
    """

    anchor: datetime
    count: int
    judged_through: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """As the request carries it."""
        through = self.judged_through
        return {
            "anchor": format_time(self.anchor),
            "count": self.count,
            "judged_through": format_time(through) if through else None,
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read from a request."""
        count = fields.whole("count", 1)
        if count > MAXIMUM_COUNT:
            raise ContractError(
                f"{fields.path('count')}: must be at most {MAXIMUM_COUNT}"
            )
        return cls(fields.time("anchor"), count, fields.optional_time("judged_through"))


@dataclass(frozen=True)
class CheckRequest:
    """One check of one model: what to compare, over which windows, by which rules.

    `significance` is the false discovery rate over columns (0 to 1);
    `drifted_columns_percent` the share of drifted columns that makes a drifted
    dataset; thresholds are effect sizes (see `distance`). `profiles`: where the reduced
    reference is kept, a directory or an address. `engine`: whose scores decide.
    `performance`: how answers with labels are scored, None where they are not.
    `segments`: which are judged beside the whole, None where none are.
    """

    name: str
    namespace: str
    spec_hash: str
    reference: Reference
    log: LogSource
    window_seconds: int
    windows: WindowGrid
    minimum_rows: int = 100
    significance: float = 0.05
    drifted_columns_percent: int = 30
    columns: tuple[ColumnRule, ...] = ()
    default_threshold: float = 0.1
    interim: bool = True
    profiles: str | None = None
    engine: str = ENGINES[0]
    performance: PerformanceRule | None = None
    segments: SegmentRule | None = None
    contract: str = CONTRACT

    def to_json(self) -> dict[str, Any]:
        """A value that `json.dumps` takes; `from_json` reads it back equal."""
        return {
            "contract": self.contract,
            "name": self.name,
            "namespace": self.namespace,
            "spec_hash": self.spec_hash,
            "reference": self.reference.to_json(),
            "log": self.log.to_json(),
            "window_seconds": self.window_seconds,
            "windows": self.windows.to_json(),
            "minimum_rows": self.minimum_rows,
            "significance": self.significance,
            "drifted_columns_percent": self.drifted_columns_percent,
            "columns": [rule.to_json() for rule in self.columns],
            "default_threshold": self.default_threshold,
            "interim": self.interim,
            "profiles": self.profiles,
            "engine": self.engine,
            **({"performance": self.performance.to_json()} if self.performance else {}),
            **({"segments": self.segments.to_json()} if self.segments else {}),
        }

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """The request, or ContractError naming the field that is wrong."""
        fields = Fields(value)
        fields.contract("contract", CONTRACT)
        significance = fields.number("significance")
        percent = fields.whole("drifted_columns_percent", 1)
        if not 0 < significance < 1:
            raise ContractError("significance: must lie between 0 and 1")
        if percent > 100:
            raise ContractError("drifted_columns_percent: must be at most 100")
        engine = fields.optional_text("engine") or ENGINES[0]
        if engine not in ENGINES:
            raise ContractError(f"engine: must be one of {', '.join(ENGINES)}")
        return cls(
            name=fields.text("name"),
            namespace=fields.text("namespace"),
            spec_hash=short_text(fields.text("spec_hash"), "spec_hash"),
            reference=Reference.from_fields(fields.child("reference")),
            log=LogSource.from_fields(fields.child("log")),
            window_seconds=fields.whole("window_seconds", 1),
            windows=WindowGrid.from_fields(fields.child("windows")),
            minimum_rows=fields.whole("minimum_rows", 1),
            significance=significance,
            drifted_columns_percent=percent,
            columns=tuple(
                ColumnRule.from_fields(c) for c in fields.children("columns")
            ),
            default_threshold=(
                fields.number("default_threshold")
                if fields.has("default_threshold")
                else 0.1
            ),
            interim=fields.flag("interim", default=True),
            profiles=fields.optional_text("profiles"),
            engine=engine,
            performance=_performance(fields),
            segments=_segments(fields, engine),
        )


def _performance(fields: Fields) -> PerformanceRule | None:
    if not fields.has("performance"):
        return None
    log = fields.child("log")
    for name in ("label_column", "prediction_column"):
        if not log.optional_text(name):
            raise ContractError(
                f"{log.path(name)}: is missing, but performance is asked"
            )
    return PerformanceRule.from_fields(fields.child("performance"))


def _segments(fields: Fields, engine: str) -> SegmentRule | None:
    if not fields.has("segments"):
        return None
    if engine != ENGINES[0]:
        raise ContractError(f"segments: only the engine {ENGINES[0]} judges those")
    return SegmentRule.from_fields(fields.child("segments"))


def encode_request(request: CheckRequest) -> str:
    """The request as the text of the environment variable."""
    return compact(request.to_json())


def decode_request(text: str) -> CheckRequest:
    """The request from the environment variable's text, or ContractError."""
    return CheckRequest.from_json(parse_object(text))
