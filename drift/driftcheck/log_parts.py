"""What every kind of inference log has in common: its times, filters and samples."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

import pyarrow as pa

from driftcheck.arrays import plain_type
from driftcheck.columns import ColumnKind, Dataset
from driftcheck.contract import Filter, LogSource
from driftcheck.failure import CheckFailure
from driftcheck.labelled import Outcomes
from driftcheck.windows import Window

SAMPLE_ROWS = 100_000


class Log(Protocol):
    """An open inference log; CheckFailure where it cannot be read."""

    def window(self, window: Window, kinds: Mapping[str, ColumnKind]) -> Dataset:
        """A window's rows in the order of time, above SAMPLE_ROWS a sample of them."""
        ...

    def only(self, one: Filter) -> "Log":
        """The same log with one filter more."""
        ...

    def labelled(self, after: datetime, most: int) -> pa.Table:
        """The latest rows with a label: time, label, then what holds the features."""
        ...

    def outcomes(self, window: Window, most: int) -> Outcomes:
        """A window's labels and predictions, see `Outcomes`."""
        ...


def seed_of(window: Window) -> int:
    """One seed per window, below 1000: the same rows give the same verdict."""
    return int(window.start.timestamp()) % 1000


def holders(source: LogSource) -> tuple[str, ...]:
    """The columns that hold the features."""
    features = source.features
    whole = features.column if features.kind != "Columns" else None
    return (whole,) if whole else features.names


def outcome_columns(source: LogSource) -> tuple[str, str]:
    """The columns of the label and of the prediction."""
    if not source.label_column or not source.prediction_column:
        raise CheckFailure("BadRequest", "quality needs a label and a prediction")
    return source.label_column, source.prediction_column


def require_columns(schema: pa.Schema, names: Iterable[str]) -> None:
    """CheckFailure MissingColumn for the first name that the schema lacks."""
    for name in names:
        if name not in schema.names:
            raise CheckFailure("MissingColumn", f"there is no column {name}")


def zone_of(source: LogSource) -> tzinfo:
    """The zone of naive timestamps."""
    if source.time_zone.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(source.time_zone)
    except (ValueError, OSError, KeyError):
        raise CheckFailure("BadRequest", f"no time zone {source.time_zone}") from None


def moment_in(source: LogSource, schema: pa.Schema, moment: datetime) -> datetime:
    """A time as the timestamp column holds it: in UTC, or naive in its zone."""
    name = source.timestamp_column
    if name not in schema.names:
        raise CheckFailure("MissingColumn", f"there is no timestamp column {name}")
    kind = schema.field(name).type
    if not pa.types.is_timestamp(kind):
        raise CheckFailure("NotATimestamp", f"column {name} holds {kind}")
    if kind.tz:
        return moment.astimezone(UTC)
    return moment.astimezone(zone_of(source)).replace(tzinfo=None)


def quoted(identifier: str) -> str:
    """An identifier as SQL takes it, whatever it contains."""
    if "\0" in identifier or not identifier:
        raise CheckFailure("BadRequest", "an identifier is empty or holds a NUL")
    return '"' + identifier.replace('"', '""') + '"'


class Where(NamedTuple):
    """A condition with places, and the values that are bound to them."""

    condition: str
    values: tuple[Any, ...]


def filter_value(schema: pa.Schema, asked: Filter) -> Any:
    """What a filter compares with, as its column holds it; a text for odd types."""
    if asked.column not in schema.names:
        raise CheckFailure("MissingColumn", f"there is no column {asked.column}")
    kind = plain_type(schema.field(asked.column).type)
    plain = pa.types.is_integer(kind) or pa.types.is_boolean(kind)
    if not plain:
        return asked.equals
    try:
        return pa.scalar(asked.equals).cast(kind).as_py()
    except pa.ArrowException:
        message = f"column {asked.column} holds {kind}, and no {asked.equals!r}"
        raise CheckFailure("FilterMismatch", message) from None


def conditions(
    source: LogSource, schema: pa.Schema, times: str, *bounds: datetime
) -> Where:
    """The condition on the time, with `$1` and so on, and on the filters, as SQL."""
    parts, values = [times], list[Any](bounds)
    for one in source.filters:
        values.append(filter_value(schema, one))
        # What is bound as a text is compared as one, whatever the column's type.
        text = "::text" if isinstance(values[-1], str) else ""
        parts.append(f"{quoted(one.column)}{text} = ${len(values)}")
    return Where("WHERE " + " AND ".join(parts), tuple(values))


class OutcomesQuery(NamedTuple):
    """The SQL that counts a window's rows and the labelled ones, and that of its
    outcomes; one binding serves both.
    """

    counting: str
    outcomes: str
    values: tuple[Any, ...]


def outcomes_query(
    source: LogSource,
    schema: pa.Schema,
    window: Window,
    most: int,
    readable: Callable[[pa.Schema, str], str] | None = None,
) -> OutcomesQuery:
    """The SQL of `Log.outcomes`; `readable` writes a column as the driver reads it."""
    time = quoted(source.timestamp_column)
    table = f"{quoted(source.schema)}.{quoted(source.table)}"
    names = outcome_columns(source)
    require_columns(schema, names)
    where, values = conditions(
        source,
        schema,
        f"{time} >= $1 AND {time} < $2",
        moment_in(source, schema, window.start),
        moment_in(source, schema, window.end),
    )
    label, prediction = (
        readable(schema, name) if readable else quoted(name) for name in names
    )
    present = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in names)
    latest = (
        f"SELECT {time} AS t, {label} AS l, {prediction} AS p FROM {table} "  # noqa: S608
        f"{where} AND {present} ORDER BY 1 DESC LIMIT {most:d}"
    )
    return OutcomesQuery(
        f"SELECT count(*), count(*) FILTER (WHERE {present}) FROM {table} {where}",  # noqa: S608
        f"SELECT l, p FROM ({latest}) AS latest ORDER BY t",  # noqa: S608
        values,
    )


def counts(table: pa.Table) -> tuple[int, int]:
    """The two numbers of a counting query's only row."""
    first, second = (int(column[0].as_py()) for column in table.columns)
    return first, second
