"""A reference's profile, made where the reference is.

Two questions a column of numbers: approximate quantiles, which become the bins' edges,
then exact counts and sums by those edges. So where an edge lies is approximate; what is
counted is not.
"""

import hashlib

import numpy as np
from ibis.expr import types as ir

from driftcheck.arrow.schema import reference_shape
from driftcheck.contract import Features
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import LoadedReference
from driftcheck.reference.profile_format import Profile
from driftcheck.stats.columns import (
    Column,
    ColumnKind,
    Dataset,
    Finding,
    ReferenceHistogram,
)
from driftcheck.stats.distance import (
    CLIP_QUANTILES,
    CONSTANT_TOLERANCE,
    HUGE,
    Floats,
    distinct,
)
from driftcheck.stats.histogram import equal_range
from driftcheck.stats.reduction import COARSE_BINS, COARSE_TAIL_BINS, spread_shares
from driftcheck.warehouse import queries as sql
from driftcheck.warehouse.connection import Warehouse
from driftcheck.warehouse.counts import (
    NO_BINS,
    Counts,
    broken_vector,
    categories_of,
    placed_columns,
)

DECILES = tuple(np.arange(1, 10) / 10)
"""Shares of rows below each decile, 0.1 to 0.9."""


def warehouse_profile(
    warehouse: Warehouse,
    table: ir.Table,
    features: Features,
    prediction: str | None = None,
) -> Profile:
    """Return the profile of a table; its digest is that of the counts, not the rows."""
    shape = reference_shape(table.schema().to_pyarrow(), features, prediction)
    findings = list(shape.findings)
    broken = broken_vector(warehouse, table, shape, features)
    findings += broken
    columns: dict[str, Column] = {}
    for name, kind, place in placed_columns(shape, features, skip_vector=bool(broken)):
        column: Column | Finding
        if kind is ColumnKind.CATEGORY:
            column = categories_of(warehouse, table, name)
        else:
            source = name if place is None else str(shape.vector)
            column = binned_there(warehouse, sql.floats(table, source, place), name)
        if isinstance(column, Finding):
            findings.append(column)
        else:
            columns[name] = column
    rows = int(warehouse.answer(table.count()))
    dataset = Dataset(rows, columns, tuple(findings))
    names = tuple(table.columns)
    reference = LoadedReference(dataset, _digest(dataset), names)
    return Profile(reference, features, prediction)


def binned_there(
    warehouse: Warehouse, values: ir.FloatingValue, name: str
) -> ReferenceHistogram | Finding:
    """Return a column's bins, counted by the warehouse."""
    shares = spread_shares(COARSE_BINS, COARSE_TAIL_BINS)
    asked = [*CLIP_QUANTILES, *DECILES, 0.5, *distinct(np.sort(shares)).tolist()]
    answer = warehouse.answer(sql.quantiles(values, asked))
    if not answer or answer[0] is None:
        return Finding(Reason.UNCHECKED, name, "it has no values", data_quality=False)
    quantiles = np.array(answer, dtype=np.float64)
    (low, high), deciles = quantiles[:2].tolist(), distinct(np.sort(quantiles[2:11]))
    centre, scale = (
        float(quantiles[11]),
        max(abs(float(quantiles[0])), abs(float(quantiles[1]))),
    )
    if np.max(np.abs(quantiles)) > HUGE or 0 < scale < 1 / HUGE:
        return Finding(Reason.UNCHECKED, name, NO_BINS, data_quality=False)
    edges = np.array([*quantiles, *equal_range(centre), np.nextafter(low, -np.inf)])
    return _binned(warehouse, values, edges, (low, high, centre), deciles)


def _binned(
    warehouse: Warehouse,
    values: ir.FloatingValue,
    edges: Floats,
    marks: tuple[float, float, float],
    deciles: Floats,
) -> ReferenceHistogram:
    low, high, centre = marks
    edges = distinct(np.sort(edges))
    counted = Counts.of(warehouse, values, edges, (low, high))
    rows, sums = counted.rows, counted.sums
    if rows[-1]:
        # The largest quantile was not quite the largest value.
        edges = np.append(edges, counted.largest)
    else:
        rows, sums = rows[:-1], sums[:-1]
    mean = float(counted.sums.sum()) / counted.present
    variance = max(0.0, float(counted.squares.sum()) / counted.present - mean**2)
    deviation = float(np.sqrt(variance))
    scale = max(abs(low), abs(high))
    constant = deviation * (high - low) <= CONSTANT_TOLERANCE * scale
    return ReferenceHistogram(
        edges=edges,
        counts=rows,
        sums=sums,
        deciles=deciles,
        low=low,
        high=high,
        deviation=deviation,
        below=counted.up_to(float(np.nextafter(low, -np.inf))),
        above=counted.present - counted.up_to(high),
        nulls=counted.nulls,
        infinite=counted.infinite,
        centre=centre if constant else None,
    )


def _digest(dataset: Dataset) -> str:
    """Return a digest of the counts: a warehouse has none of a table's bytes."""
    digest = hashlib.sha256(f"{dataset.rows}".encode())
    for name, column in dataset.columns.items():
        digest.update(name.encode())
        if isinstance(column, ReferenceHistogram):
            digest.update(column.edges.tobytes() + column.counts.tobytes())
        else:
            digest.update(repr(column).encode())
    return digest.hexdigest()
