"""Step ``rows``: write the labeled rows that are later than both trainings.

The rows file is what ``mlflow models predict`` takes as JSON, and its bytes are
canonical: the same rows always give the same digest.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from driftcheck.arrow.json_values import plain, texts_of, vectors_from
from driftcheck.contract import Features, LogSource, format_time
from driftcheck.contract.evaluation import (
    LABELS_FILE,
    META_FILE,
    ROWS_FILE,
    EvaluationRequest,
)
from driftcheck.contract.reasons import Reason
from driftcheck.errors import CheckFailure
from driftcheck.inference_log.base import zone_of
from driftcheck.inference_log.open import open_log
from driftcheck.stats.columns import Finding


@dataclass(frozen=True)
class LabeledRows:
    """Features, labels and times of the rows, oldest first."""

    columns: tuple[str, ...]
    data: list[list[Any]]
    labels: list[Any]
    times: list[datetime]


def read_rows(
    request: EvaluationRequest, url: str | None, environment: Mapping[str, str]
) -> LabeledRows:
    """Return the latest `maximum_rows` labeled rows, strictly later than `after`."""
    with open_log(url, request.log, environment) as log:
        table = log.labeled(request.after, request.maximum_rows)
    features = request.log.features
    times = [_in_utc(moment, request.log) for moment in table.column(0).to_pylist()]
    labels = [plain(value) for value in table.column(1).to_pylist()]
    data = _features(table, features)
    # Rows of one moment have no order in the log: give them one, for the digest.
    ordered = sorted(
        zip(times, data, labels, strict=True),
        key=lambda row: (row[0], json.dumps([row[1], row[2]])),
    )
    return LabeledRows(
        features.names,
        [row[1] for row in ordered],
        [row[2] for row in ordered],
        [row[0] for row in ordered],
    )


def _in_utc(moment: datetime, source: LogSource) -> datetime:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone_of(source))
    return moment.astimezone(UTC)


def _features(table: pa.Table, features: Features) -> list[list[Any]]:
    if features.kind == "Columns":
        return _columns(table)
    values = table.column(2)
    if features.kind == "Json":
        return _objects(values, features)
    written = values if _is_list(values.type) else vectors_from(values, "")
    if isinstance(written, Finding):
        raise CheckFailure(written.reason, f"{features.column}: {written.detail}")
    return _vectors(written, features)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _objects(values: pa.ChunkedArray, features: Features) -> list[list[Any]]:
    rows = [json.loads(text) if text else {} for text in texts_of(values)]
    if not all(isinstance(row, dict) for row in rows):
        message = f"{features.column}: not every labeled row has a JSON object"
        raise CheckFailure(Reason.RETYPED_COLUMN, message)
    return [[plain(row.get(name)) for name in features.names] for row in rows]


def _vectors(vectors: pa.ChunkedArray, features: Features) -> list[list[Any]]:
    width = len(features.names)
    data = []
    for vector in vectors.to_pylist():
        if vector is None or len(vector) != width:
            message = f"{features.column}: not every labeled row has {width} values"
            raise CheckFailure(Reason.RAGGED_VECTOR, message)
        data.append([plain(value) for value in vector])
    return data


def _columns(table: pa.Table) -> list[list[Any]]:
    columns = [table.column(i).to_pylist() for i in range(2, table.num_columns)]
    return [[plain(v) for v in row] for row in zip(*columns, strict=True)]


def digest_of(rows: bytes, labels: bytes) -> str:
    """Return the SHA-256 of the rows file followed by the labels file."""
    return hashlib.sha256(rows + labels).hexdigest()


def write_rows(request: EvaluationRequest, rows: LabeledRows) -> dict[str, Any]:
    """Write the three files; return the content of the meta file."""
    places = request.directories
    directory, labels = Path(places.rows), Path(places.labels)
    frame = {"columns": list(rows.columns), "data": rows.data}
    rows_data = _canonical({"dataframe_split": frame})
    labels_data = _canonical(rows.labels)
    meta = {
        "rows": len(rows.data),
        "digest": digest_of(rows_data, labels_data),
        "after": format_time(request.after),
        "until": format_time(rows.times[-1]) if rows.times else None,
    }
    for place in (directory, labels):
        place.mkdir(parents=True, exist_ok=True)
    (directory / ROWS_FILE).write_bytes(rows_data)
    (labels / LABELS_FILE).write_bytes(labels_data)
    (labels / META_FILE).write_bytes(_canonical(meta))
    return meta


def _canonical(value: Any) -> bytes:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace") + b"\n"
