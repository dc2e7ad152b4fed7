"""Where an inference log is, how its rows hold features, and which rows are its own."""

from dataclasses import dataclass, replace
from typing import Annotated, Self

from driftcheck.contract.codec import Document
from driftcheck.contract.rules import ContractError, Count, Name, OneOf, below

FEATURE_KINDS = ("Vector", "Columns", "Json")
LOG_TYPES = ("Postgres", "Files", "DuckDB")
TIMESTAMP_COLUMN = "predicted_at"
"""The default of everyone who names a log's timestamp column."""


@dataclass(frozen=True)
class Features(Document):
    """Where a row's features are: one array column (Vector), columns of their own
    (Columns), or the fields of one column of JSON objects (Json).

    `names` are the reference's column names, in the array's order for a Vector.
    `exclude` names columns, of the log or of the reference, that are not features: they
    are neither compared nor reported.
    """

    kind: Annotated[str, OneOf(FEATURE_KINDS)]
    names: tuple[Name, ...]
    column: Name | None = None
    exclude: tuple[Name, ...] = ()

    @property
    def compared(self) -> tuple[str, ...]:
        """The names of the features that a check compares with the reference."""
        return tuple(name for name in self.names if name not in self.exclude)

    def validate(self, path: str) -> None:
        """Raise ContractError for no or repeated names, or a missing column."""
        if not self.names or len(set(self.names)) != len(self.names):
            raise ContractError(
                f"{below(path, 'names')}: must hold at least one name, none twice"
            )
        if not self.compared:
            raise ContractError(f"{below(path, 'exclude')}: must leave one name")
        if self.kind != "Columns" and self.column is None:
            raise ContractError(f"{below(path, 'column')}: is missing")


@dataclass(frozen=True)
class Filter(Document):
    """Only rows whose column has that value, written as text, belong to the log."""

    column: Name
    equals: Name


@dataclass(frozen=True)
class LogSource(Document):
    """A table of inferences. Naive timestamps are read as of `time_zone`.

    `lag_seconds`: how long a row may take to arrive; younger times are not judged.
    `type` says what holds the table: PostgreSQL, parquet files or a DuckDB file, the
    latter two at `uri`; files have neither schema nor table, which are then empty.
    """

    schema: str
    table: str
    timestamp_column: Name
    features: Features
    time_zone: Name = "UTC"
    lag_seconds: Count = 300
    prediction_column: Name | None = None
    label_column: Name | None = None
    filters: tuple[Filter, ...] = ()
    type: Annotated[str, OneOf(LOG_TYPES)] = LOG_TYPES[0]
    uri: Name | None = None

    def only(self, added: Filter) -> Self:
        """Return the source with one filter more."""
        return replace(self, filters=(*self.filters, added))

    def validate(self, path: str) -> None:
        """Raise ContractError where the type's own part is missing."""
        needed = {"Postgres": ("schema", "table"), "Files": ("uri",)}
        for name in needed.get(self.type, ("uri", "schema", "table")):
            if not getattr(self, name):
                raise ContractError(f"{below(path, name)}: is missing")
