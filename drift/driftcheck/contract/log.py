"""Where an inference log is, how its rows hold features, and which rows are its own."""

from dataclasses import dataclass, replace
from typing import Any, Self

from driftcheck.contract.fields import ContractError, Fields

FEATURE_KINDS = ("Vector", "Columns", "Json")
LOG_TYPES = ("Postgres", "Files", "DuckDB")


@dataclass(frozen=True)
class Features:
    """Where a row's features are: one array column (Vector), columns of their own
    (Columns), or the fields of one column of JSON objects (Json).

    `names` are the reference's column names, in the array's order for a Vector.
    """

    kind: str
    names: tuple[str, ...]
    column: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As the request carries it."""
        return {"kind": self.kind, "column": self.column, "names": list(self.names)}

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read from a request."""
        kind = fields.text("kind")
        if kind not in FEATURE_KINDS:
            allowed = ", ".join(FEATURE_KINDS)
            raise ContractError(f"{fields.path('kind')}: must be one of {allowed}")
        names = fields.texts("names")
        if not names or len(set(names)) != len(names):
            raise ContractError(
                f"{fields.path('names')}: must hold at least one name, none twice"
            )
        column = fields.text("column") if kind != "Columns" else None
        return cls(kind, names, column)


@dataclass(frozen=True)
class Filter:
    """Only rows whose column has that value, written as text, belong to the log."""

    column: str
    equals: str

    def to_json(self) -> dict[str, Any]:
        """As the request carries it."""
        return {"column": self.column, "equals": self.equals}

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read from a request."""
        return cls(fields.text("column"), fields.text("equals"))


@dataclass(frozen=True)
class LogSource:
    """A table of inferences. Naive timestamps are read as of `time_zone`.

    `lag_seconds`: how long a row may take to arrive; younger times are not judged.
    `type` says what holds the table: PostgreSQL, parquet files or a DuckDB file, the
    latter two at `uri`; files have neither schema nor table.
    """

    schema: str
    table: str
    timestamp_column: str
    features: Features
    time_zone: str = "UTC"
    lag_seconds: int = 300
    prediction_column: str | None = None
    label_column: str | None = None
    filters: tuple[Filter, ...] = ()
    type: str = "Postgres"
    uri: str | None = None

    def only(self, one: Filter) -> Self:
        """The source with one filter more."""
        return replace(self, filters=(*self.filters, one))

    def to_json(self) -> dict[str, Any]:
        """As the request carries it."""
        return {
            "type": self.type,
            "uri": self.uri,
            "filters": [one.to_json() for one in self.filters],
            "schema": self.schema,
            "table": self.table,
            "timestamp_column": self.timestamp_column,
            "time_zone": self.time_zone,
            "lag_seconds": self.lag_seconds,
            "features": self.features.to_json(),
            "prediction_column": self.prediction_column,
            "label_column": self.label_column,
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read from a request."""
        kind = fields.optional_text("type") or "Postgres"
        if kind not in LOG_TYPES:
            allowed = ", ".join(LOG_TYPES)
            raise ContractError(f"{fields.path('type')}: must be one of {allowed}")
        files = kind == "Files"
        return cls(
            type=kind,
            uri=fields.text("uri") if kind != "Postgres" else None,
            filters=tuple(Filter.from_fields(f) for f in fields.children("filters")),
            schema="" if files else fields.text("schema"),
            table="" if files else fields.text("table"),
            timestamp_column=fields.text("timestamp_column"),
            features=Features.from_fields(fields.child("features")),
            time_zone=fields.optional_text("time_zone") or "UTC",
            lag_seconds=fields.whole("lag_seconds"),
            prediction_column=fields.optional_text("prediction_column"),
            label_column=fields.optional_text("label_column"),
        )
