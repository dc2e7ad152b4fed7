"""The request of a check: what to compare, over which windows, by which rules."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from driftcheck.contract.codec import Document, dumps, loads
from driftcheck.contract.log import LogSource
from driftcheck.contract.performance import PerformanceRule
from driftcheck.contract.rules import (
    Bounds,
    Constant,
    ContractError,
    Name,
    OneOf,
    Positive,
    ShortText,
    below,
)

CONTRACT = "driftcheck.killick.dev/v1"
REQUEST_VARIABLE = "DRIFTCHECK_REQUEST"
DATABASE_VARIABLE = "DATABASE_URL"
MAXIMUM_COUNT = 10
"""Counting windows of one check: so many verdicts always fit into the answer."""
ENGINES = ("Native", "Evidently")


@dataclass(frozen=True)
class Reference(Document):
    """The dataset that the model was trained on.

    `sha256`: what the file's digest must be, in lower-case hex digits; None where any
    file is taken.
    """

    uri: Name
    sha256: Name | None = None

    def __post_init__(self) -> None:
        """Write the digest in lower case: people paste both."""
        if self.sha256:
            object.__setattr__(self, "sha256", self.sha256.lower())


@dataclass(frozen=True)
class ColumnRule(Document):
    """What differs for one column; `threshold` None means the request's default.

    `weight`: how much it counts where the share of drifted columns decides, above 0.
    """

    name: Name
    critical: bool = False
    threshold: float | None = None
    weight: Annotated[float, Bounds(above=0)] = 1.0


@dataclass(frozen=True)
class WindowGrid(Document):
    """Counting windows are laid end to end from `anchor`; the last `count` matter.

    `judged_through`: the end of the last counting window that has a verdict already.
    """

    anchor: datetime
    count: Annotated[int, Bounds(minimum=1, maximum=MAXIMUM_COUNT)]
    judged_through: datetime | None = None


@dataclass(frozen=True)
class SegmentRule(Document):
    """The column whose values are the segments, and how many rows one needs.

    A segment with fewer than `minimum_rows` rows in the window or in the reference
    decides nothing. Only the `maximum` largest segments of the reference are judged.
    """

    column: Name
    minimum_rows: Positive = 100
    maximum: Positive = 20


@dataclass(frozen=True)
class CheckRequest(Document):
    """One check of one model: what to compare, over which windows, by which rules.

    `request_fingerprint` identifies the rules, the grid of windows and the reference;
    the answer repeats it. `significance` is the false discovery rate over columns (0 to
    1); `drifted_columns_percent` the share of drifted columns that makes a drifted
    dataset; thresholds are effect sizes (see `distance`). `profiles`: where the reduced
    reference is kept, a directory or an address. `engine`: whose scores decide.
    `performance`: how predictions with labels are scored, None where they are not.
    `segments`: which are judged beside the whole, None where there are none.

    The defaults of the command line and of the ModelDeployment are taken from here.
    """

    name: Name
    namespace: Name
    request_fingerprint: ShortText
    reference: Reference
    log: LogSource
    windows: WindowGrid
    window_seconds: Positive = 86_400
    minimum_rows: Positive = 100
    significance: Annotated[float, Bounds(above=0, below=1)] = 0.05
    drifted_columns_percent: Annotated[int, Bounds(minimum=1, maximum=100)] = 30
    columns: tuple[ColumnRule, ...] = ()
    default_threshold: float = 0.1
    interim: bool = True
    profiles: Name | None = None
    engine: Annotated[str, OneOf(ENGINES)] = ENGINES[0]
    performance: PerformanceRule | None = None
    segments: SegmentRule | None = None
    contract: Annotated[str, Constant(CONTRACT)] = CONTRACT

    def validate(self, path: str) -> None:
        """Raise ContractError where a rule does not fit the log or the engine."""
        features, prediction = self.log.features, self.log.prediction_column
        for index, rule in enumerate(self.columns):
            if rule.name not in (*features.compared, prediction):
                where = below(path, f"columns[{index}].name")
                raise ContractError(f"{where}: {rule.name!r} is not compared")
        if self.performance is not None:
            for name, column in (
                ("log.labelColumn", self.log.label_column),
                ("log.predictionColumn", self.log.prediction_column),
            ):
                if column is None:
                    raise ContractError(
                        f"{below(path, name)}: is missing, but performance is asked"
                    )
        if self.segments is not None and self.engine != ENGINES[0]:
            where = below(path, "segments")
            raise ContractError(f"{where}: only the engine {ENGINES[0]} judges those")


def encode_request(request: CheckRequest) -> str:
    """Return the request as the text of the environment variable."""
    return dumps(request.to_json())


def decode_request(text: str) -> CheckRequest:
    """Return the request in the environment variable's text, or raise ContractError."""
    return CheckRequest.from_json(loads(text))
