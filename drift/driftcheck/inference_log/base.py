"""What every kind of inference log has in common: its times, filters and samples."""

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import pyarrow as pa

from driftcheck.arrow.arrays import plain_type
from driftcheck.contract import Filter, LogSource
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import LabeledPredictions, LoadedReference
from driftcheck.errors import CheckFailure
from driftcheck.stats.columns import Dataset
from driftcheck.windows import Window


class Log(Protocol):
    """An open inference log; every method raises CheckFailure where it cannot read."""

    def window(self, window: Window, reference: LoadedReference) -> Dataset:
        """Return a window's rows, as the reference's kinds require.

        They are in the order of time where the log knows it; of more than MAXIMUM_ROWS
        rows they are a random sample.
        """
        ...

    def only(self, condition: Filter) -> "Log":
        """Return the same log with one more filter, such as for a segment."""
        ...

    def labeled_predictions(self, window: Window, max_rows: int) -> LabeledPredictions:
        """Return a window's labels and predictions, see `LabeledPredictions`."""
        ...


class EvaluationLog(Log, Protocol):
    """A log that also provides the rows on which an evaluation scores models."""

    def labeled(self, after: datetime, max_rows: int) -> pa.Table:
        """Return the latest labeled rows: time, label, then the feature columns."""
        ...


def seed_of(window: Window) -> int:
    """Return one seed per window, below 1000: the same rows give the same verdict."""
    return int(window.start.timestamp()) % 1000


def holders(source: LogSource) -> tuple[str, ...]:
    """Return the columns that hold the features."""
    features = source.features
    whole = features.column if features.kind != "Columns" else None
    return (whole,) if whole else features.names


def label_columns(source: LogSource) -> tuple[str, str]:
    """Return the columns of the label and of the prediction."""
    if not source.label_column or not source.prediction_column:
        raise CheckFailure(
            Reason.BAD_REQUEST, "performance needs a label and a prediction"
        )
    return source.label_column, source.prediction_column


def require_columns(schema: pa.Schema, names: Iterable[str]) -> None:
    """Raise CheckFailure MissingColumn for the first name that the schema lacks."""
    for name in names:
        if name not in schema.names:
            raise CheckFailure(Reason.MISSING_COLUMN, f"there is no column {name}")


def zone_of(source: LogSource) -> tzinfo:
    """Return the zone of naive timestamps."""
    if source.time_zone.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(source.time_zone)
    except (ValueError, OSError, KeyError):
        raise CheckFailure(
            Reason.BAD_REQUEST, f"no time zone {source.time_zone}"
        ) from None


def moment_in(source: LogSource, schema: pa.Schema, moment: datetime) -> datetime:
    """Return a time as the timestamp column holds it: in UTC, or naive in its zone."""
    name = source.timestamp_column
    if name not in schema.names:
        raise CheckFailure(
            Reason.MISSING_COLUMN, f"there is no timestamp column {name}"
        )
    kind = schema.field(name).type
    if not pa.types.is_timestamp(kind):
        raise CheckFailure(Reason.NOT_A_TIMESTAMP, f"column {name} holds {kind}")
    if kind.tz:
        return moment.astimezone(UTC)
    return moment.astimezone(zone_of(source)).replace(tzinfo=None)


def filter_value(schema: pa.Schema, asked: Filter) -> Any:
    """Return the value that a filter compares with, in its column's type or as text."""
    if asked.column not in schema.names:
        raise CheckFailure(Reason.MISSING_COLUMN, f"there is no column {asked.column}")
    kind = plain_type(schema.field(asked.column).type)
    plain = pa.types.is_integer(kind) or pa.types.is_boolean(kind)
    if not plain:
        return asked.equals
    try:
        return pa.scalar(asked.equals).cast(kind).as_py()
    except pa.ArrowException:
        message = f"column {asked.column} holds {kind}, and no {asked.equals!r}"
        raise CheckFailure(Reason.FILTER_MISMATCH, message) from None
