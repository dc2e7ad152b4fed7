"""Step ``rows``: writes the labelled rows that are later than both trainings.

The rows file is what ``mlflow models predict`` takes as JSON, and its bytes are
canonical: the same rows always give the same digest.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from driftcheck.contract import Features, LogSource, format_time
from driftcheck.evaluation_contract import (
    LABELS_FILE,
    META_FILE,
    ROWS_FILE,
    EvaluationRequest,
)
from driftcheck.failure import CheckFailure
from driftcheck.postgres import InferenceLog, open_log, quoted, zone_of


@dataclass(frozen=True)
class LabelledRows:
    """Features, labels and times of the rows, oldest first."""

    columns: tuple[str, ...]
    data: list[list[Any]]
    labels: list[Any]
    times: list[datetime]


def read_rows(request: EvaluationRequest, url: str | None) -> LabelledRows:
    """The latest `maximum_rows` rows with a label, strictly later than `after`."""
    with open_log(url, request.log) as log:
        table = _read(log, request)
    features = request.log.features
    times = [_in_utc(moment, request.log) for moment in table.column(0).to_pylist()]
    labels = [plain(value) for value in table.column(1).to_pylist()]
    data = _vectors(table, features) if features.kind == "Vector" else _columns(table)
    # Rows of one moment have no order in the log: give them one, for the digest.
    ordered = sorted(
        zip(times, data, labels, strict=True),
        key=lambda row: (row[0], json.dumps([row[1], row[2]])),
    )
    return LabelledRows(
        features.names,
        [row[1] for row in ordered],
        [row[2] for row in ordered],
        [row[0] for row in ordered],
    )


def _read(log: InferenceLog, request: EvaluationRequest) -> pa.Table:
    features = request.log.features
    label = request.log.label_column or ""
    names = [features.column or ""] if features.kind == "Vector" else features.names
    with log.snapshot() as cursor:
        schema = log.schema(cursor)
        after = log.moment(schema, request.after)
        wanted = ", ".join(log.readable(schema, name) for name in names)
        truth = log.readable(schema, label)
        # Ties at the cut are broken by the row itself, so that reruns agree.
        select = (
            f"SELECT {log.time}, {truth}, {wanted} FROM {log.table} "  # noqa: S608
            f"WHERE {log.time} > $1 AND {quoted(label)} IS NOT NULL "
            f"ORDER BY 1 DESC, {wanted}, 2 LIMIT {request.maximum_rows:d}"
        )
        cursor.execute(select, (after,))
        return cursor.fetch_arrow_table()


def _in_utc(moment: datetime, source: LogSource) -> datetime:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone_of(source))
    return moment.astimezone(UTC)


def _vectors(table: pa.Table, features: Features) -> list[list[Any]]:
    width = len(features.names)
    data = []
    for vector in table.column(2).to_pylist():
        if vector is None or len(vector) != width:
            message = f"{features.column}: not every labelled row has {width} values"
            raise CheckFailure("RaggedVector", message)
        data.append([plain(value) for value in vector])
    return data


def _columns(table: pa.Table) -> list[list[Any]]:
    columns = [table.column(i).to_pylist() for i in range(2, table.num_columns)]
    return [[plain(v) for v in row] for row in zip(*columns, strict=True)]


def plain(value: Any) -> Any:
    """A value as JSON has it; what is no finite number becomes null, as in the log."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if value is None or isinstance(value, int):
        return value
    return str(value)


def digest_of(rows: bytes, labels: bytes) -> str:
    """SHA-256 over the rows file followed by the labels file."""
    return hashlib.sha256(rows + labels).hexdigest()


def write_rows(request: EvaluationRequest, rows: LabelledRows) -> dict[str, Any]:
    """Writes the three files; returns what the meta file holds."""
    directory = Path(request.directory)
    frame = {"columns": list(rows.columns), "data": rows.data}
    rows_data = _canonical({"dataframe_split": frame})
    labels_data = _canonical(rows.labels)
    meta = {
        "rows": len(rows.data),
        "digest": digest_of(rows_data, labels_data),
        "after": format_time(request.after),
        "until": format_time(rows.times[-1]) if rows.times else None,
    }
    directory.mkdir(parents=True, exist_ok=True)
    (directory / ROWS_FILE).write_bytes(rows_data)
    (directory / LABELS_FILE).write_bytes(labels_data)
    (directory / META_FILE).write_bytes(_canonical(meta))
    return meta


def _canonical(value: Any) -> bytes:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace") + b"\n"
