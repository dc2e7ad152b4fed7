"""`spec.inferenceLog` as frozen values: where the log is and what its rows hold."""

from __future__ import annotations

from dataclasses import dataclass

from driftcheck.contract import TIMESTAMP_COLUMN, LogSource, duration_text
from killick.errors import InvalidSpec


@dataclass(frozen=True)
class SecretKeyRef:
    """One key of a Secret in the object's own namespace."""

    name: str
    key: str


@dataclass(frozen=True)
class Postgres:
    """A table in PostgreSQL; the Secret's key holds a connection URL."""

    secret_key_ref: SecretKeyRef
    table: str
    schema: str = "public"


@dataclass(frozen=True)
class Files:
    """Parquet files: one, a folder of them, or a Delta table."""

    uri: str


@dataclass(frozen=True)
class DuckDB:
    """A table in a DuckDB database file."""

    uri: str
    table: str
    schema: str = "main"


@dataclass(frozen=True)
class Filter:
    """Only rows whose column has that value belong to the log."""

    column: str
    equals: str


@dataclass(frozen=True)
class VectorFeatures:
    """Features in one array column, named by position."""

    names: tuple[str, ...]
    column: str = "feature_vector"


@dataclass(frozen=True)
class ColumnFeatures:
    """Features in columns of their own."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class JsonFeatures:
    """Features that are fields of one column of JSON objects."""

    names: tuple[str, ...]
    column: str = "features"


@dataclass(frozen=True)
class Features:
    """How the log holds the features: one array (`Vector`), `Columns`, or `Json`."""

    type: str
    vector: VectorFeatures | None = None
    columns: ColumnFeatures | None = None
    json: JsonFeatures | None = None

    @property
    def column(self) -> str | None:
        """The one column that holds them all, None for `Columns`."""
        chosen = {"Vector": self.vector, "Json": self.json}.get(self.type)
        return chosen.column if chosen else None

    @property
    def names(self) -> tuple[str, ...]:
        """The features in order."""
        parts = {"Vector": self.vector, "Columns": self.columns, "Json": self.json}
        chosen = parts.get(self.type)
        if chosen is None:
            raise InvalidSpec(
                f"inferenceLog.features.type is {self.type}: "
                f"declare features.{self.type.lower()} with its names"
            )
        return chosen.names


@dataclass(frozen=True)
class InferenceLog:
    """The rows that the model got in production, and its predictions."""

    type: str
    features: Features
    postgres: Postgres | None = None
    files: Files | None = None
    duckdb: DuckDB | None = None
    filters: tuple[Filter, ...] = ()
    timestamp_column: str = TIMESTAMP_COLUMN
    time_zone: str = LogSource.time_zone
    lag: str = duration_text(LogSource.lag_seconds)
    prediction_column: str | None = None
    label_column: str | None = None
    label_delay: str | None = None

    @property
    def store(self) -> Postgres | Files | DuckDB:
        """The part that the type calls for."""
        parts = {"Postgres": self.postgres, "Files": self.files, "DuckDB": self.duckdb}
        chosen = parts.get(self.type)
        if chosen is None:
            raise InvalidSpec(
                f"inferenceLog.type is {self.type}: "
                f"declare inferenceLog.{self.type.lower()}"
            )
        return chosen
