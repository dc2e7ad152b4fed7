"""Requests and tables that several tests of the check use."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from driftcheck.arrow.conversion import dataset_from
from driftcheck.arrow.schema import reference_shape, window_shape
from driftcheck.contract import (
    CheckRequest,
    Features,
    LogSource,
    Reference,
    WindowGrid,
)
from driftcheck.dataset import LoadedReference
from driftcheck.judge.evidence import Judgement
from driftcheck.judge.verdict import judge
from driftcheck.stats.columns import (
    Categories,
    Column,
    ColumnKind,
    Dataset,
    Numbers,
    Order,
)
from driftcheck.windows import Window

ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = Window(ANCHOR, ANCHOR + timedelta(days=1), counting=True)


def request(*names: str, **changes: Any) -> CheckRequest:
    """A request for these columns."""
    base = CheckRequest(
        name="recommendation",
        namespace="ml",
        request_fingerprint="hash",
        reference=Reference("reference.parquet"),
        log=LogSource("ml", "log", "at", Features("Columns", names)),
        window_seconds=86400,
        windows=WindowGrid(ANCHOR, 3),
    )
    return replace(base, **changes)


def reference_dataset(**columns: Any) -> Dataset:
    """A reference of these columns."""
    table = pa.table(columns)
    features = Features("Columns", tuple(columns))
    shape = reference_shape(table.schema, features)
    return dataset_from(table, shape, features, order=Order.REFERENCE)


def reference_of_kinds(kinds: Mapping[str, ColumnKind]) -> LoadedReference:
    """Return a reference without rows, for what only its columns' kinds matter to."""
    columns: dict[str, Column] = {
        name: Categories({}) if kind is ColumnKind.CATEGORY else Numbers(np.empty(0))
        for name, kind in kinds.items()
    }
    return LoadedReference(Dataset(0, columns), "")


def window_dataset(
    reference: Dataset, in_time: bool = False, **columns: Any
) -> Dataset:
    """A window of these columns, held against the reference."""
    table = pa.table(columns)
    features = Features("Columns", tuple(columns))
    kinds = LoadedReference(reference, "").kinds
    shape = window_shape(table.schema, features, kinds)
    order = Order.TIME if in_time else Order.UNKNOWN
    return dataset_from(table, shape, features, order=order)


def judged(before: dict[str, Any], after: dict[str, Any], **changes: Any) -> Judgement:
    """The judgement on columns before and after."""
    reference = reference_dataset(**before)
    current = window_dataset(reference, **after)
    return judge(request(*before, **changes), WINDOW, reference, current)


def normal(seed: int, rows: int, mean: float = 0.0) -> np.ndarray[Any, Any]:
    """A normal sample of unit deviation."""
    return np.random.default_rng(seed).normal(mean, 1.0, rows)
