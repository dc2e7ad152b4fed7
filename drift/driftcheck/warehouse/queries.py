"""The queries that a warehouse runs: pure expressions, one for each column.

Written with Ibis, which says them in the SQL of each backend. Every answer is an
aggregate of at most a few hundred rows, however many the table has.
"""

from collections.abc import Sequence
from typing import Any

import ibis
import numpy as np
from ibis.expr import types as ir

from driftcheck.stats.columns import ReferenceHistogram
from driftcheck.stats.distance import Floats, distinct
from driftcheck.stats.histogram import widened_range

NULL, INFINITE = -1, -2
"""Bins of null and infinite values; the bins of numbers count from 0."""

MAXIMUM_CATEGORIES = 10_000
"""Categories of a column that a query returns at most.

A column with more is not compared: it is an identifier, or its rows are too many for an
answer.
"""


def floats(table: ir.Table, column: str, place: int | None = None) -> ir.FloatingValue:
    """Return a column of numbers, or one place of a column of arrays, as floats."""
    values: Any = table[column]
    if place is not None:
        values = values[place]
    numbers: ir.FloatingValue = values.cast("float64")
    return numbers


def quantiles(values: ir.FloatingValue, shares: Sequence[float]) -> ir.Expr:
    """Return approximate quantiles of finite values, as good as the warehouse's are."""
    finite: Any = values.notnull() & ~values.isnan() & ~values.isinf()
    return values.approx_quantile(list(shares), where=finite)


def fine_edges(reference: ReferenceHistogram) -> Floats:
    """Return the reference's edges, and where what lies outside of it begins."""
    low, high = widened_range(reference)
    first = float(reference.edges[0])
    more = [np.nextafter(low, -np.inf), high, np.nextafter(first, -np.inf)]
    return distinct(np.sort(np.concatenate([reference.edges, more])))


def counts(
    values: ir.FloatingValue, edges: Floats, inner: tuple[float, float]
) -> ir.Table:
    """Return rows by bin (or NULL, INFINITE), and the sums of values and of squares.

    A value's bin is the number of edges below it. Sums are in units of the inner range,
    clipped to it, so that they cannot overflow.
    """
    low, high = inner
    cases: Any = ibis.cases(
        (values.isnull() | values.isnan(), NULL),
        (values.isinf(), INFINITE),
        else_=_bin(values, edges.tolist(), 0, edges.size),
    )
    unit: Any = ((values - low) / ((high - low) or 1.0)).clip(0.0, 1.0)
    rows = values.as_table().select(bin=cases.cast("int32"), value=values, unit=unit)
    grouped: ir.Table = rows.group_by("bin").aggregate(
        rows=rows.count(),
        total=rows.unit.sum(),
        squares=(rows.unit * rows.unit).sum(),
        least=rows.value.min(),
        largest=rows.value.max(),
    )
    return grouped


def _bin(
    values: ir.FloatingValue, edges: list[float], first: int, last: int
) -> ir.IntegerValue:
    """Return a binary search: a dozen comparisons a value, not one for each edge."""
    if first == last:
        place: ir.IntegerValue = ibis.literal(first, "int32")
        return place
    middle = (first + last) // 2
    lower = _bin(values, edges, first, middle)
    upper = _bin(values, edges, middle + 1, last)
    chosen: ir.IntegerValue = ibis.ifelse(values <= edges[middle], lower, upper)
    return chosen


def categories(table: ir.Table, column: str) -> ir.Table:
    """Return rows by category, the most frequent first; nulls are one of them."""
    rows = table.select(category=table[column].cast("string"))
    grouped: ir.Table = (
        rows.group_by("category")
        .aggregate(rows=rows.count())
        .order_by([ibis.desc("rows"), "category"])
        .limit(MAXIMUM_CATEGORIES + 2)
    )
    return grouped


def lengths(table: ir.Table, column: str) -> ir.Table:
    """Return the number of rows by the length of their arrays."""
    rows = table.select(length=table[column].length())
    grouped: ir.Table = rows.group_by("length").aggregate(rows=rows.count()).limit(100)
    return grouped
